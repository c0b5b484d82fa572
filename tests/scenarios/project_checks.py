"""What must be so in stories about investment projects; what happens in them is in :mod:`project_steps`."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from pytest_bdd import parsers, then, when

from tests.scenarios.driver import Story
from tests.scenarios.project_steps import by_name, item, project
from tests.scenarios.steps import at, rows
from yingshang import timekeeping
from yingshang.accounts import calendar
from yingshang.accounts.models import Person
from yingshang.activities.models import Activity
from yingshang.cases.models import Task
from yingshang.projects import actions, finding, plan, standing
from yingshang.projects.models import Paper
from yingshang.projects.state import Standing
from yingshang.registry.models import Record


def _days(start: date | None, end: date | None) -> int:
    assert start is not None and end is not None
    return (end - start).days


@then(parsers.parse('从签合同到领施工许可证用了"{days:d}"天'))
def _permit(story: Story, days: int) -> None:
    one = project(story)
    assert one.days_to_permit == days == _days(one.contract_on, one.permit_on)


@then("签合同、领证、开工在同一天")
def _same_day(story: Story) -> None:
    one = project(story)
    assert one.contract_on == one.permit_on == one.start_on is not None


@then(parsers.parse('从上传到取得"{name}"用了"{days:d}"天,只到现场"{visits:d}"次'))
def _accepted(story: Story, name: str, days: int, visits: int) -> None:
    one = item(story, by_name(story, name))
    day = standing.day_of
    assert _days(day(one.started_at), day(one.finished_at)) == days
    assert Task.objects.filter(case=one.case, step="visit").count() == visits
    assert project(story).acceptance_on == day(one.finished_at)


@then(parsers.parse('同一天拿到"{names}"'))
def _together(story: Story, names: str) -> None:
    got = Paper.objects.filter(project=project(story), name__in=names.split("、"))
    assert got.count() == len(names.split("、"))
    assert len({standing.day_of(p.given_at) for p in got}) == 1
    assert len({p.item.case_id for p in got}) == 1
    assert {standing.day_of(p.item.started_at) for p in got} == {standing.day_of(p.given_at) for p in got}


@then(parsers.parse('现场只去了"{n:d}"次'))
def _visits(story: Story, n: int) -> None:
    assert Activity.objects.filter(kind=Activity.Kind.VISIT, data__project=project(story).number).count() == n


@then(parsers.parse('立项备案在提出后"{days:d}"天内完成'))
def _filed(story: Story, days: int) -> None:
    asked = standing.day_of(story.case.opened_at)
    assert 0 <= _days(asked, project(story).filing_on) <= days


@then(parsers.parse('项目从登记到验收用了"{months:d}"个月'))
def _months(story: Story, months: int) -> None:
    one = project(story)
    start, end = standing.day_of(one.opened_at), one.acceptance_on
    assert end is not None
    whole = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    assert whole == months


@then("企业交的材料没有一份要过第二次")
def _asked_once(story: Story) -> None:
    one = project(story)
    assert not one.asks.exists() and not one.requests.exists()
    given = one.papers.filter(item__isnull=True)
    assert given.count() == given.values("kind").distinct().count() > 0


@then("各单位的占用时间加上企业自己的正好是全部")
def _shares(story: Story) -> None:
    seen = standing.overview(project(story))
    assert sum(s.percent for s in seen.shares) == 100
    assert abs(sum(s.days for s in seen.shares) - seen.elapsed) <= Decimal("0.01") * len(seen.shares)


@then(parsers.parse('选基坑先行比整套许可提前开工"{least:d}"天以上'))
def _earlier(story: Story, least: int) -> None:
    one = Standing(project(story))
    whole = plan.Ways(frozenset(), one.ways.committed, one.ways.deferred)
    codes = [c for c in one.items if not one.listed.items[c].stands_for]
    begin = standing.day_of(one.project.opened_at)
    kept = calendar.load()
    without = plan.assemble(one.listed, codes, begin, kept, ways=whole, facts=one.project.facts)
    with_it = plan.assemble(one.listed, list(one.items), begin, kept, ways=one.ways, facts=one.project.facts)
    gained = (
        without.steps["construction_start"].timing.early_start - with_it.steps["construction_start"].timing.early_start
    )
    assert gained >= least


@then("办件是部门主动发起的,企业没有提出过")
def _proactive(story: Story) -> None:
    opened = story.case.events.get(kind="opened")
    assert opened.actor is not None and opened.actor.is_official
    before = story.case.events.exclude(kind__in=("confirmed", "rated"))
    assert not any(e.actor and not e.actor.is_official for e in before.select_related("actor"))


@when(parsers.parse('企业问路"{aim}"'))
def _ask_way(story: Story, aim: str) -> None:
    story.way = finding.find(aim)


@then("路径里有这些事项:")
def _way(story: Story, datatable: list[list[str]]) -> None:
    for row in rows(datatable):
        steps = {s.spec.name.zh: s for s in story.way.plan.steps.values()}
        step = steps[row["事项"]]
        assert (step.spec.unit, "、".join(str(story.way.listed.documents[d].name.zh) for d in step.spec.inputs)) == (
            row["单位"], row["材料"],
        )  # fmt: skip


@then(parsers.parse('路径说明"{fact}"是从"{word}"读出来的'))
def _read_from(story: Story, fact: str, word: str) -> None:
    assert any(r.fact == fact and r.word == word and r.source == "read" for r in story.way.readings)


@then("按路径登记的项目正是这些事项")
def _as_found(story: Story) -> None:
    assert set(project(story).items.values_list("code", flat=True)) == set(story.way.plan.steps)


@when(parsers.parse('企业照路径登记项目"{name}",总投资"{amount}"元'))
def _open_found(story: Story, name: str, amount: str) -> None:
    business = story.businesses[-1]
    known = {k: v for k, v in story.way.facts.items() if k != "kind"}
    actions.open_project(
        Person.objects.get(pk=story.handler(business).pk), business=business, name=name, kind="new_land", facts=known,
        investment=Decimal(amount),
    )  # fmt: skip


@then(parsers.parse('从提出到答复在"{low}"和"{high}"之间'))
def _between(story: Story, low: str, high: str) -> None:
    assert at(low) - timedelta(days=1) < story.case.opened_at < at(low) + timedelta(days=31)
    assert at(high) <= story.case.closed_at < at(high) + timedelta(days=31)


@then(parsers.parse('核定的地价是最低限价的"{percent:d}"%'))
def _price(story: Story, percent: int) -> None:
    data = story.case.data
    assert float(data["price"]) * 100 == float(data["floor"]) * percent


@then(parsers.parse('企业一共跑了"{n:d}"次'))
def _runs(story: Story, n: int) -> None:
    assert story.case.data["runs"] == n
    own = story.case.events.filter(kind__in=("step_done", "supplemented"), actor__kind=Person.Kind.ENTERPRISE)
    assert own.count() == n


@then(parsers.parse('登记了"{type}",其中"{field}"是"{value}"'))
def _recorded(story: Story, type: str, field: str, value: str) -> None:
    assert Record.objects.filter(type=type, **{f"data__{field}": value}).count() == 1


@then(parsers.parse('现在是"{day}"之后'))
def _now(story: Story, day: str) -> None:
    assert timekeeping.now() >= at(day)
