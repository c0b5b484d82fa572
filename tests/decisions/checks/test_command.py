"""``yingshang dmn check``."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from tests.decisions.checks.test_types import MODEL
from yingshang.decisions.cli import app


def run(*arguments: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(app, ["check", *arguments])
    return result.exit_code, result.output.splitlines()


def model(folder: Path, text: str) -> str:
    path = folder / "m.dmn"
    path.write_text(text)
    return str(path)


def test_findings_are_lines_and_errors_an_exit_code(tmp_path: Path) -> None:
    code, lines = run(model(tmp_path, MODEL))
    assert code == 1
    assert lines[2] == "✗ 分级.级: 空缺：税＝10 没有规则 / gap: no rule for 税 = 10"


def test_findings_as_json(tmp_path: Path) -> None:
    code, lines = run(model(tmp_path, MODEL), "--json")
    findings = [json.loads(line) for line in lines]
    assert code == 1
    assert findings[2] == {
        "code": "gap", "severity": "error", "table": "分级.级", "rules": [], "input": "", "example": {"税": "10"},
        "zh": "空缺：税＝10 没有规则", "en": "gap: no rule for 税 = 10",
    }  # fmt: skip


def test_a_sound_model_passes(tmp_path: Path) -> None:
    sound = (
        MODEL.replace("&gt; 10", "&gt;= 10").replace(" + 收入x", "").replace(" + 收入<", "<").replace("没有", "string")
    )
    code, lines = run(model(tmp_path, sound))
    assert (code, lines) == (0, ["✓ m.dmn: 没有发现问题 / no findings"])


def test_what_cannot_be_read_is_an_error_with_its_place(tmp_path: Path) -> None:
    code, lines = run(model(tmp_path, MODEL.replace("&lt; 10", "&lt; (10")), "--json")
    assert code == 1
    (finding,) = [json.loads(line) for line in lines]
    assert finding["element"] == "t5"
    assert finding["position"] is not None
