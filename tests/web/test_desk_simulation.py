"""A version on the whole population: figures, sliders, winners and losers, the list of near misses; runs and their report."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.world import World, uscc
from tests.web import policies
from tests.web.test_desk_policies import act, at, in_force
from yingshang.policies.models import Clause
from yingshang.registry.facts import FactRow, copy_facts
from yingshang.registry.models import Business
from yingshang.rules import runs
from yingshang.rules.models import PopulationRun

As = Callable[[str], Client]
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def clause(world: World, settings: object, tmp_path: Path) -> Clause:
    """Ten firms: research takes 0, 1, … 9 % of their revenue, and costs a million yuan each; two of them are not asked."""
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    firms = Business.objects.bulk_create(
        Business(
            uscc=uscc(f"91330114MA9R000{n:02}"), name=f"研发{n}号有限公司", name_key=f"y{n}", kind="enterprise",
            industry_code="C2614" if n % 2 else "I6510", street=world.units["street.xiasha"], founded=date(2016, 3, 1),
            synthetic=True,
        )
        for n in range(12)
    )  # fmt: skip
    copy_facts(
        FactRow(firm.pk, key, "2022", value, "测试")
        for n, firm in enumerate(firms[:10])
        for key, value in (("rd_share", f"{n}.00"), ("rd_expense", "1000000.00"))
    )
    held = policies.policy(world)
    policies.budget(world, held)
    clause = policies.clause(world, held)
    in_force(world, clause)
    return clause


def shown(client: Client, clause: Clause, query: str = "") -> dict[str, object]:
    answer = client.get(at("policy_simulation", clause) + query, **HTMX)
    assert answer.status_code == 200
    return answer.context


def test_the_page_says_so_when_nothing_was_gathered(clause: Clause, sign_in: As) -> None:
    client, url = sign_in("officer"), at("policy_simulation", clause)
    # The page is there at once, and asks for what takes long, saying so.
    page = client.get(f"{url}?v=1").content.decode()
    assert f'hx-get="{url}?v=1"' in page and "<progress" in page and "先到“全区测算”" not in page
    assert "先到“全区测算”里算一次" in client.get(url, **HTMX).content.decode()


def test_who_gets_it_and_what_it_costs(clause: Clause, sign_in: As) -> None:
    runs.run()
    client = sign_in("economy_officer")
    page = shown(client, clause)
    sim = page["sim"]
    # 3 % to 9 %: seven firms, 100,000 yuan each; 0 to 2 % lack the share alone; nothing is known of the others.
    assert (sim.number, sim.amount, sim.near) == (7, Decimal(700_000), 3)
    assert sim.unknown == sim.businesses - 10
    assert (page["rest"], page["over"], page["against"]) == (Decimal(300_000), False, None)
    assert [(n["number"], n["lack"]) for n in page["near"]] == [(3, "研发费用占比要不低于 3%")]
    groups = {g["id"]: g for g in page["groups"]}
    assert sum(r["number"] for r in groups["by-industry"]["rows"]) == 7
    assert [r["number"] for r in groups["by-amount"]["rows"]] == [7]


def test_a_slider_is_moved(clause: Clause, sign_in: As) -> None:
    runs.run()
    client = sign_in("economy_officer")
    page = client.get(at("policy_simulation", clause))
    names = {h.title: h.name for h in page.context["handles"]}
    handle = next(h for h in page.context["handles"] if h.slider.test == ">= 3")
    assert (handle.value, handle.most, handle.where) == ("3", "9", "门槛 >= 3")
    # Each has a name of its own.
    assert len(names) == len(page.context["handles"]) > 2
    assert handle.title.endswith(" · 第 1 条规则")
    lower = shown(client, clause, f"?{handle.name}=1")
    assert (lower["sim"].number, lower["number_change"], lower["amount_change"]) == (9, 2, Decimal(200_000))
    assert [(s["number"], s["sum"]) for s in lower["sides"]] == [(2, Decimal(200_000)), (0, 0)]
    assert {r.name for r in lower["sides"][0]["rows"]} == {"研发1号有限公司", "研发2号有限公司"}
    assert lower["near"][0]["lack"] == "研发费用占比要不低于 1%"
    rate = next(h for h in page.context["handles"] if h.value == "0.1")
    dearer = shown(client, clause, f"?{rate.name}=0.2")
    assert (dearer["sim"].amount, dearer["rest"], dearer["over"]) == (Decimal(1_400_000), Decimal(-400_000), True)
    for wrong in ("abc", "-5", "1e99", "NaN"):
        assert shown(client, clause, f"?{rate.name}={wrong}")["sim"].amount == 700_000


def test_a_draft_beside_the_version_in_force(clause: Clause, sign_in: As) -> None:
    runs.run()
    client = sign_in("economy_officer")
    act(client, clause, "start")
    act(client, clause, "save", xml=policies.RULE.replace("&gt;= 3", "&gt;= 6"))
    page = shown(client, clause)
    assert (page["sim"].number, page["against"].number, page["number_change"]) == (4, 7, -3)
    assert [s["number"] for s in page["sides"]] == [0, 3]
    act(client, clause, "save", xml="<broken")
    assert "这一版还算不了" in client.get(at("policy_simulation", clause), **HTMX).content.decode()
    assert client.get(at("policy_near", clause)).status_code == 409


def test_the_near_misses_are_exported(clause: Clause, sign_in: As) -> None:
    Business.objects.filter(name="研发2号有限公司").update(name="=研发2号")
    runs.run()
    answer = sign_in("economy_officer").get(at("policy_near", clause))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {r["企业"] for r in rows} == {"研发0号有限公司", "研发1号有限公司", "'=研发2号"}
    assert {r["差什么"] for r in rows} == {"研发费用占比要不低于 3%"}
    assert {Decimal(r["现在"]) for r in rows} == {0, 1, 2}


def test_a_run_is_asked_for_and_reported(clause: Clause, sign_in: As) -> None:
    url = reverse("desk:policy_runs")
    assert sign_in("auditor").post(url).status_code == 403
    client = sign_in("economy_officer")
    first = client.post(url)["Location"]
    record = PopulationRun.objects.get()
    assert first == reverse("desk:policy_run", args=[record.pk])
    assert client.post(url)["Location"] == first  # one waits already
    poll = client.get(first, **HTMX)
    assert "HX-Refresh" not in poll
    assert "<progress" in poll.content.decode()
    runs.run(record=record)
    assert client.get(first, **HTMX)["HX-Refresh"] == "true"
    report = client.get(first).context["report"]
    assert [(r["result"].eligible, r["clause"].code) for r in report["rows"] if r["clause"]] == [(7, "C01")]
    listed = client.get(reverse("desk:policies")).context["groups"]
    line = next(x for g in listed for x in g["lines"] if g["policy"].code == "research_2023")
    assert (line["counts"].eligible, line["counts"].amount) == (7, Decimal(700_000))


def test_pages_ask_the_database_little(
    clause: Clause, sign_in: As, django_assert_max_num_queries: Callable[..., object]
) -> None:
    runs.run()
    client = sign_in("economy_officer")
    for url, most in ((at("policy_simulation", clause), 11), (reverse("desk:policy_runs"), 10)):
        client.get(url)
        with django_assert_max_num_queries(most):
            client.get(url)
