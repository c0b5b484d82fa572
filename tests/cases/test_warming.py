"""Nobody waits for what a process has to learn first."""

from __future__ import annotations

import pytest

from tests.support.world import World
from yingshang.cases import catalog, engine, routing, warming


def test_everything_is_there_before_the_first_demand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    routing.forget()
    monkeypatch.setattr(engine, "_decision_cache", {})
    warming.warm()
    assert routing._learned is not None
    known = {(spec.id, stem) for spec in catalog.every() for stem in spec.decisions}
    assert known
    assert engine._decision_cache.keys() == known


def test_a_failure_harms_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise RuntimeError("no database")

    monkeypatch.setattr(warming, "warm", broken)
    warming.warm_in_background().join(10)
    assert "warming up failed" in caplog.text
