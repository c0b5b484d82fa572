"""FEEL as plain tables: every line of ``tables/*.txt`` is an expression and what it gives, as FEEL writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from yingshang.decisions import ParseError, feel
from yingshang.decisions.feel.builtins.conversion import text_of

FILES = sorted((Path(__file__).parent / "tables").glob("*.txt"))


def lines(path: Path) -> list[tuple[str, str]]:
    text = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("  ⟹  ") for line in text if line.strip() and not line.startswith("#")]
    return [(expression, expected) for expression, expected in pairs]


CASES = [pytest.param(*case, id=f"{path.stem}: {case[0]}") for path in FILES for case in lines(path)]


def test_the_tables_are_there() -> None:
    assert len(FILES) >= 8
    assert len(CASES) > 500


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_expression(expression: str, expected: str) -> None:
    if expected == "ERROR":
        with pytest.raises(ParseError):
            feel.compile(expression)
    else:
        assert text_of(feel.compile(expression).execute({}), True) == expected
