"""Folders become specs: everything found by name, schemas read when asked for, one more folder needs no code."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from yingshang.cases import catalog
from yingshang.indicators import catalog as indicators
from yingshang.scenarios import checker, loader

ISSUE = {
    "qifu_express", "service_officer", "escalation_coordination", "issue_closed_loop", "big_visit_campaign",
    "bottom_line_handling", "listening_meeting", "qinqing_through_train", "breakfast_meeting",
    "night_market_coordination", "title_history_solver",
}  # fmt: skip


def test_the_scenarios_are_registered_when_the_application_starts() -> None:
    assert {s.id for s in catalog.every()} >= ISSUE
    assert {i.scenario for i in indicators.every()} >= ISSUE


def test_a_spec_holds_what_the_folder_says() -> None:
    spec = loader.read(loader.ROOT / "qifu_express")
    assert spec.services["demand"].procedure == "demand"
    assert set(spec.procedures) == {"demand"} and set(spec.decisions) == {"routing"}
    policy = next(p for p in spec.promises if p.category == "policy")
    assert (policy.code, policy.amount, policy.basis) == ("resolve", Decimal(1), "working_hours")
    assert "平均" in policy.source
    assert spec.hook("on_overdue") is not None and spec.hook("ladder") is None


def test_times_that_the_source_does_not_state_say_so() -> None:
    for spec in catalog.every():
        for promise in spec.promises:
            assert "本区自定" in promise.source or "原文为平均值" in promise.source, (spec.id, promise.code)


def test_schemas_are_read_when_first_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"title": "甲"}', encoding="utf-8")
    (tmp_path / "b.json").write_text("not json", encoding="utf-8")
    schemas = loader.Schemas(tmp_path)
    assert set(schemas) == {"a", "b"} and "c" not in schemas
    assert schemas["a"]["title"] == "甲"
    with pytest.raises(ValueError):
        schemas["b"]
    with pytest.raises(KeyError):
        schemas["c"]


def test_one_more_scenario_is_one_more_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(loader.ROOT, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(tmp_path / "bottom_line_handling", tmp_path / "commercial_zone")
    manifest = tmp_path / "commercial_zone" / "scenario.toml"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("bottom_line_handling", "commercial_zone"), encoding="utf-8"
    )
    assert checker.check(tmp_path / "commercial_zone") == []
    monkeypatch.setattr(catalog, "_scenarios", {})
    monkeypatch.setattr(indicators, "_indicators", {})
    loader.register_all(tmp_path)
    assert catalog.get("commercial_zone").services["request"].name.zh == "反映“办不成的事”"
