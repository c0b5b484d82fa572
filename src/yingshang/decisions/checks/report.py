"""What ``yingshang dmn check`` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from yingshang.decisions.checks.checking import check
from yingshang.decisions.checks.findings import Finding
from yingshang.decisions.errors import DecisionError
from yingshang.decisions.reading import load

_SIGNS = {"error": "✗", "warning": "!", "info": "·"}


def lines(path: Path, as_json: bool) -> Iterator[tuple[str, str]]:
    """Severity and line of each finding; a document that cannot be read is one finding, an error."""
    try:
        findings = check(load(path))
    except DecisionError as error:
        if as_json:
            place = {"element": error.element, "position": error.position}
            yield (
                "error",
                json.dumps(
                    {"code": "unreadable", "severity": "error", "en": error.message, **place}, ensure_ascii=False
                ),
            )
        else:
            yield "error", f"{_SIGNS['error']} {error}"
        return
    for finding in findings:
        yield finding.severity, json.dumps(finding.as_dict(), ensure_ascii=False) if as_json else _line(finding)
    if not findings and not as_json:
        yield "info", f"✓ {path.name}: 没有发现问题 / no findings"


def _line(finding: Finding) -> str:
    return f"{_SIGNS[finding.severity]} {finding.table}: {finding.zh} / {finding.en}"
