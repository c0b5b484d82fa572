"""What a run says about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Report:
    """How a decision was evaluated over a population.

    Attributes:
        rows: rows read.
        seconds: from the first to the last.
        reasons: by decision or table, why the scalar engine had to evaluate it, row by distinct row.
        evaluations: by decision, how often the scalar engine was asked; a batch asks once for every distinct row.
        errors: evaluations that went beyond the limits, and gave null.
        texts: by column, why numbers are written as text.
        engine: columnar, python or spark.
    """

    engine: str = "columnar"
    rows: int = 0
    seconds: float = 0.0
    reasons: dict[str, str] = field(default_factory=dict)
    evaluations: dict[str, int] = field(default_factory=dict)
    errors: int = 0
    texts: dict[str, str] = field(default_factory=dict)

    def slow(self, name: str, reason: str) -> None:
        """Note once why a decision or table is left to the scalar engine."""
        self.reasons.setdefault(name, reason)

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "engine": self.engine,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "row_by_row": dict(self.reasons),
            "evaluations": dict(self.evaluations),
            "errors": self.errors,
            "texts": dict(self.texts),
        }

    def lines(self) -> list[str]:
        """As text for a terminal."""
        rate = f", {self.rows / self.seconds:,.0f} a second" if self.seconds > 0 else ""
        said = [f"{self.rows:,} rows in {self.seconds:.2f} s{rate}"]
        said += [f"row by row: {name}: {reason}" for name, reason in self.reasons.items()]
        said += [f"as text: {name}: {reason}" for name, reason in self.texts.items()]
        if self.errors:
            said.append(f"{self.errors:,} evaluations went beyond the limits; their results are null")
        return said
