"""Reasons are stored so that each reader has them in their own language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import translation

from yingshang.policies import actions, reasons
from yingshang.policies.models import LedgerEntry, Payment
from yingshang.registry.facts import FactError, correct_fact, record_fact

if TYPE_CHECKING:
    from tests.policies.house import House


def both(of: object, name: str) -> tuple[str, str]:
    with translation.override("zh-hans"):
        zh = getattr(of, name)
    with translation.override("en"):
        return zh, getattr(of, name)


def test_what_the_bank_did_not_say(house: House) -> None:
    w = house.world
    claim = house.passed()
    batch = actions.make_batch(w.finance_officer, w.units["dept.finance"], [claim])
    actions.approve_batch(batch, w.finance_officer2)
    actions.export_batch(batch, w.finance_officer)
    payment = Payment.objects.get()
    with translation.override("en"):
        content = f"reference,result,reason\n{payment.reference},failed,\n".encode()
        actions.reconcile(batch, w.finance_officer, name="r.csv", content=content)
    payment.refresh_from_db()
    assert both(payment, "said") == ("银行未说明原因", "The bank gave no reason")
    payment.reason = "账号不存在"
    assert both(payment, "said") == ("账号不存在", "账号不存在")


def test_a_withdrawn_claim_in_the_ledger(house: House) -> None:
    claim = house.claim()
    actions.review(claim, house.world.economy_officer2, outcome="pass")
    with translation.override("en"):
        actions.withdraw_claim(claim, house.world.firm1, reason="not any more")
    entry = LedgerEntry.objects.get(kind="release")
    assert both(entry, "said") == ("申报已撤回", "The claim was withdrawn")


@pytest.mark.parametrize("stored", ["公示期间异议成立：重复申报", reasons.upheld("重复申报")])
def test_an_upheld_objection_as_it_was_stored_before_and_is_now(stored: str) -> None:
    with translation.override("zh-hans"):
        assert reasons.told(stored) == "公示期间异议成立：重复申报"
    with translation.override("en"):
        assert reasons.told(stored).endswith("重复申报")
        assert "公示" not in reasons.told(stored)


def test_why_a_fact_is_not_recorded_in_the_readers_language(house: House) -> None:
    with pytest.raises(FactError) as wrong:
        record_fact(house.business, "employees", 7, source="人社", period="2022")
    assert "employees(2022)" in str(wrong.value).replace("（", "(").replace("）", ")")
    with translation.override("en"):
        assert "employees (2022)" in str(wrong.value)
        assert "correct it and say why" in str(wrong.value)
    with pytest.raises(FactError) as wrong:
        correct_fact(house.business, "patents", 7, source="x", reason="y", by=None)
    with translation.override("en"):
        assert "patents to correct" in str(wrong.value)


def test_what_was_stored_before_is_told_in_the_readers_language(house: House) -> None:
    from importlib import import_module

    from django.db import connection

    from yingshang.cases.models import Clock
    from yingshang.policies.actions.correcting import request_correction

    sql = import_module("yingshang.policies.migrations.0006_told_to_each_reader").SQL
    w, claim = house.world, house.passed()
    actions.make_batch(w.finance_officer, w.units["dept.finance"], [claim])
    Payment.objects.update(reason="The bank gave no reason")
    claim.refusal = "An objection during the public notice was upheld: 重复申报"
    claim.save(update_fields=["refusal"])
    case = request_correction(w.firm1, house.business, "国家高新技术企业", False, reason="证书过期")
    Clock.objects.update(name="审核并拨付", name_en="Reviewed and paid")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)
    claim.refresh_from_db()
    assert both(Payment.objects.get(), "said") == ("银行未说明原因", "The bank gave no reason")
    assert both(claim, "refused_because")[0] == "公示期间异议成立：重复申报"
    names = dict(Clock.objects.filter(code="resolve").values_list("case", "name"))
    assert names == {case.pk: "核实并更正", claim.case_id: "审核并拨付"}
