"""From a draft to a rule in force, and what the database refuses by itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import Error, transaction

from tests.rules.documents import model_of
from tests.support.world import World
from yingshang.accounts.models import AuditEntry
from yingshang.rules import publishing
from yingshang.rules.errors import RuleRefused
from yingshang.rules.models import RuleModel, RuleVersion

MODEL = model_of({"纳税额": "number"}, [([">= 1000000"], "10000")])
OTHER = model_of({"纳税额": "number"}, [([">= 2000000"], "10000")])
FIGURE = """<decision id="f" name="起点"><variable id="fv" name="起点" typeRef="number"/>
<literalExpression id="fl"><text>null</text></literalExpression></decision>"""
UNFILLED = model_of(
    {"纳税额": "number"}, [([">= 起点"], "10000")], figures=FIGURE,
    needs='<informationRequirement id="rf"><requiredDecision href="#f"/></informationRequirement>',
)  # fmt: skip
Y2023, Y2024 = date(2023, 1, 1), date(2024, 1, 1)


@pytest.fixture
def rule(world: World) -> RuleModel:
    return publishing.make_model("test.tax", title="纳税奖励", owner_unit=world.units["dept.economy"])


def published(rule: RuleModel, world: World, document: str, valid_from: date, until: date | None = None) -> RuleVersion:
    version = publishing.draft(rule, document, world.economy_officer)
    publishing.submit(version, world.economy_officer)
    publishing.review(version, world.officer, True)
    return publishing.publish(version, world.economy_officer, valid_from, until)


def test_a_rule_is_written_reviewed_by_another_and_published(rule: RuleModel, world: World) -> None:
    version = published(rule, world, MODEL, Y2023)
    assert (version.state, version.number, version.author, version.reviewer) == (
        "published", 1, world.economy_officer, world.officer,
    )  # fmt: skip
    assert publishing.version_on(rule, Y2023) == version
    assert publishing.version_on(rule, date(2022, 12, 31)) is None
    assert publishing.engine(version).outcome({"纳税额": Decimal(1_000_000)}).amount == 10_000
    done = list(AuditEntry.objects.filter(object_type="rule_version").order_by("id").values_list("action", flat=True))
    assert done == ["rule.draft", "rule.submit", "rule.review", "rule.publish"]


def test_old_days_keep_the_old_rule(rule: RuleModel, world: World) -> None:
    first = published(rule, world, MODEL, Y2023)
    second = published(rule, world, OTHER, Y2024)
    assert publishing.version_on(rule, date(2023, 12, 31)) == first
    assert publishing.version_on(rule, Y2024) == second
    first.refresh_from_db()
    assert first.valid_until == date(2023, 12, 31)
    third = publishing.withdraw(second, world.reform, date(2024, 6, 1), "市里另有规定")
    assert publishing.version_on(rule, date(2024, 5, 31)) == third
    assert publishing.version_on(rule, date(2024, 6, 1)) is None
    published(rule, world, MODEL, date(2024, 6, 1))


def test_a_version_that_was_withdrawn_before_its_first_day_leaves_room(rule: RuleModel, world: World) -> None:
    publishing.withdraw(published(rule, world, MODEL, Y2024), world.reform, Y2023, "写错了")
    assert publishing.version_on(rule, Y2024) is None
    assert publishing.version_on(rule, published(rule, world, OTHER, Y2024).valid_from).number == 2


def test_two_versions_are_never_in_force_on_one_day(rule: RuleModel, world: World) -> None:
    published(rule, world, MODEL, Y2024)
    version = publishing.draft(rule, OTHER, world.economy_officer)
    publishing.review(publishing.submit(version, world.economy_officer), world.officer, True)
    with pytest.raises(RuleRefused, match="已有另一个已发布的版本"):
        publishing.publish(version, world.economy_officer, Y2023)
    publishing.publish(version, world.economy_officer, Y2023, date(2023, 12, 31))


def test_nobody_reviews_what_they_wrote(rule: RuleModel, world: World) -> None:
    version = publishing.submit(publishing.draft(rule, MODEL, world.economy_officer), world.economy_officer)
    with pytest.raises(RuleRefused, match="另一位同事"):
        publishing.review(version, world.economy_officer, True)
    with pytest.raises(RuleRefused, match="理由"):
        publishing.review(version, world.officer, False)
    returned = publishing.review(version, world.officer, False, "起点太低")
    assert (returned.state, returned.review_note) == ("draft", "起点太低")
    again = publishing.draft(rule, OTHER, world.economy_officer)
    assert (again.pk, again.number, again.reviewer) == (version.pk, 1, None)


def test_what_was_not_approved_is_not_published(rule: RuleModel, world: World) -> None:
    version = publishing.submit(publishing.draft(rule, MODEL, world.economy_officer), world.economy_officer)
    with pytest.raises(RuleRefused, match="审核通过"):
        publishing.publish(version, world.economy_officer, Y2023)


def test_a_model_with_errors_stays_a_draft(rule: RuleModel, world: World) -> None:
    wrong = model_of({"不存在的事实": "number"}, [([">= 1"], "1")])
    version = publishing.draft(rule, wrong, world.economy_officer)
    with pytest.raises(RuleRefused, match="词汇表里没有事实") as refused:
        publishing.submit(version, world.economy_officer)
    assert [f.code for f in refused.value.findings] == ["unknown_fact"]


def test_figures_that_the_source_does_not_state_are_filled_in_first(rule: RuleModel, world: World) -> None:
    version = publishing.draft(rule, UNFILLED, world.economy_officer)
    publishing.review(publishing.submit(version, world.economy_officer), world.officer, True)
    with pytest.raises(RuleRefused, match="起点"):
        publishing.publish(version, world.economy_officer, Y2023)
    publishing.review(version, world.officer, False, "先填起点")
    with pytest.raises(RuleRefused, match="依据"):
        publishing.fill(version, world.economy_officer, {"起点": (Decimal(5), " ")})
    filled = publishing.fill(version, world.economy_officer, {"起点": (Decimal("1500000.50"), "区办〔示例〕1号")})
    assert filled.digest == publishing.digest(filled.xml) != publishing.digest(UNFILLED)
    assert RuleVersion.objects.get(pk=filled.pk).values == {
        "起点": {"value": "1500000.50", "source": "区办〔示例〕1号"}
    }
    publishing.review(publishing.submit(filled, world.economy_officer), world.officer, True)
    engine = publishing.engine(publishing.publish(filled, world.economy_officer, Y2023))
    assert engine.outcome({"纳税额": Decimal("1500000.50")}).state == "eligible"
    assert engine.outcome({"纳税额": Decimal("1500000.49")}).state == "not_eligible"
    assert engine.outcome({}).state == "unknown"


def test_a_folder_s_model_is_installed_once_and_never_over_an_official_s(rule: RuleModel, world: World) -> None:
    first = publishing.install(rule, MODEL, Y2023)
    assert first is not None and first.state == "published"
    assert publishing.install(rule, MODEL, Y2023) == first
    mine = published(rule, world, OTHER, Y2024)
    newer = model_of({"纳税额": "number"}, [([">= 3000000"], "10000")])
    assert publishing.install(rule, newer, date(2025, 1, 1)) == mine
    assert publishing.install(publishing.make_model("test.open", title="待填"), UNFILLED, Y2023) is None
    assert RuleVersion.objects.get(model__key="test.open").state == "draft"


@pytest.mark.parametrize(
    "change",
    [{"xml": "<other/>"}, {"digest": "0" * 64}, {"values": {"a": 1}}, {"valid_from": Y2024}, {"state": "draft"},
     {"valid_until": date(2030, 1, 1)}, {"reviewer": None}],
    ids=lambda c: next(iter(c)),
)  # fmt: skip
def test_a_published_version_does_not_change(rule: RuleModel, world: World, change: dict[str, object]) -> None:
    version = published(rule, world, MODEL, Y2023, date(2023, 12, 31))
    with pytest.raises(Error), transaction.atomic():
        RuleVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(Error), transaction.atomic():
        RuleVersion.objects.filter(pk=version.pk).delete()


def test_the_database_wants_a_review_before_publication(rule: RuleModel, world: World) -> None:
    version = publishing.draft(rule, MODEL, world.economy_officer)
    wanted = {"state": "published", "valid_from": Y2023, "published_at": version.created_at, "approved": True,
              "reviewed_at": version.created_at}  # fmt: skip
    with pytest.raises(Error, match="after its review"), transaction.atomic():
        RuleVersion.objects.filter(pk=version.pk).update(**wanted)
    with pytest.raises(Error, match="rule_reviewed_by_another"), transaction.atomic():
        RuleVersion.objects.filter(pk=version.pk).update(reviewer=world.economy_officer)


def test_drafts_are_among_officials(rule: RuleModel, world: World) -> None:
    publishing.draft(rule, MODEL, world.economy_officer)
    assert RuleVersion.objects.visible_to(world.officer).count() == 1
    assert RuleVersion.objects.visible_to(world.firm1).count() == 0
