"""Lists of whom a clause reaches, as files: asked for on the runs page, watched, fetched by whoever asked."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from tests.support.world import World
from tests.web import policies
from tests.web.test_desk_policies import in_force
from yingshang.policies.models import Clause
from yingshang.registry.facts import FactRow, copy_facts
from yingshang.registry.models import Business
from yingshang.rules import exporting, runs
from yingshang.rules.models import ResultExport

As = Callable[[str], Client]


@pytest.fixture
def clause(world: World, settings: object, tmp_path: Path) -> Clause:
    """One firm qualifies for 200,000 yuan; of the others nothing is known."""
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    clause = policies.clause(world, policies.policy(world))
    in_force(world, clause)
    copy_facts(FactRow(world.business.pk, key, "2022", value, "年报") for key, value in policies.FACTS.items())
    return clause


def given(clause: Clause, **more: str) -> dict[str, str]:
    return {"clause": clause.ref, "whom": "eligible", "street": "", "format": "xlsx", **more}


def test_nothing_to_export_before_the_first_run(clause: Clause, sign_in: As) -> None:
    client, url = sign_in("officer"), reverse("desk:policy_exports")
    assert "还没有测算结果" in client.get(url).content.decode()
    assert client.post(url, given(clause)).status_code == 422
    assert not ResultExport.objects.exists()


def test_asked_for_watched_and_fetched(world: World, clause: Clause, sign_in: As) -> None:
    runs.run()
    client, url = sign_in("officer"), reverse("desk:policy_exports")
    assert clause.ref in client.get(reverse("desk:policy_runs")).content.decode()
    assert client.post(url, given(clause, whom="nobody")).status_code == 422
    assert client.post(url, given(clause)).status_code == 302
    export = ResultExport.objects.get()
    line, file = (reverse(f"desk:{n}", args=[export.pk]) for n in ("policy_export", "policy_export_file"))
    assert 'hx-trigger="every 2s"' in client.get(line).content.decode()
    assert client.get(file)["Location"] == url  # not written yet
    exporting.work(export)
    assert "hx-trigger" not in client.get(line).content.decode()
    answer = client.get(file)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    rows = list(load_workbook(io.BytesIO(answer.getvalue())).active.values)
    assert [r[1] for r in rows[1:]] == ["示例机电有限公司"]
    # A file is for whoever asked for it.
    other = sign_in("officer2")
    assert other.get(line).status_code == other.get(file).status_code == 404
    assert "研发费用补助" not in other.get(url).content.decode().partition("我要过的文件")[2]


def test_all_businesses_of_a_street_as_parquet(world: World, clause: Clause, sign_in: As) -> None:
    runs.run()
    client = sign_in("economy_officer")
    street = world.business.street.name
    asked = given(clause, whom="all", street=street, format="parquet")
    assert client.post(reverse("desk:policy_exports"), asked).status_code == 302
    export = ResultExport.objects.get()
    exporting.work(export)
    table = pq.read_table(io.BytesIO(client.get(reverse("desk:policy_export_file", args=[export.pk])).getvalue()))
    assert set(table["街道"].to_pylist()) == {street}
    assert table.num_rows == Business.objects.filter(street=world.business.street).count()
