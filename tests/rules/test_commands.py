"""``yingshang rules run`` and ``rules check``."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.rules.people import populate
from tests.rules.test_runs import ON, TAX
from tests.support.world import MORNING, World
from yingshang import timekeeping
from yingshang.rules import publishing
from yingshang.rules.models import PopulationRun


def said(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_rules_are_run_from_the_shell(world: World, settings: object, tmp_path: Path) -> None:
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    with timekeeping.travel(MORNING):
        populate(world, 20)
        publishing.install(publishing.make_model("a.tax", title="纳税奖励"), TAX, ON)
        told = said("run_rules", "--all")
        assert "a.tax v1: 符合" in told and "22 户, 1 条规则" in told
        assert PopulationRun.objects.get().state == "done"
        assert "没有变动" in said("run_rules", "--changed")
        with pytest.raises(CommandError, match=r"no\.rule"):
            said("run_rules", "--only", "no.rule")
        with pytest.raises(CommandError, match=r"a\.tax"):
            said("run_rules", "--only", "a.tax", "--on", "2023-04-25")


def test_a_model_is_checked_from_the_shell(tmp_path: Path) -> None:
    file = tmp_path / "rule.dmn"
    file.write_text(TAX, "utf-8")
    assert said("check_rule", str(file)) == ""
    file.write_text(TAX.replace("纳税额", "缴税额"), "utf-8")
    with pytest.raises(SystemExit):
        said("check_rule", str(file))
    with pytest.raises(CommandError):
        said("check_rule", str(tmp_path / "nothing.dmn"))
