"""The enterprise's policies: what qualifies and for how much, what is missing, claiming, the money, the receipt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from yingshang import timekeeping

if TYPE_CHECKING:
    from tests.policies.house import House

PAGE = "/portal/policies/"
PAYEE = {"payee_name": "示例机电有限公司", "payee_account": "6222 0201 1111 2222 333", "payee_bank": "示例银行钱塘支行"}
FACTS = {
    "fact_药械上市许可持有人": "true",
    "fact_委托本市企业生产所持药械": "true",
    "fact_与受托企业有投资关联": "false",
    "fact_销售税收结算在杭州": "true",
    "fact_年度新增委托生产合同金额": "2000000.40",
}


@pytest.fixture
def house(db: None) -> Iterator[House]:
    from tests.policies.house import build_house
    from tests.support.world import MORNING, build
    from yingshang import timekeeping

    with timekeeping.travel(MORNING):
        yield build_house(build())


@pytest.fixture
def firm(house: House, client: Client) -> Client:
    client.force_login(house.world.firm1)
    return client


def text_of(client: Client, path: str, status: int = 200) -> str:
    page = client.get(path)
    assert page.status_code == status
    return page.content.decode()


def test_the_page_says_at_once_what_and_how_much(house: House, firm: Client) -> None:
    page = text_of(firm, PAGE)
    assert "有 2 项现在就能办" in page and "其中 1 项免申即享" in page
    assert '<p class="ys-total"><small>合计</small> 5 万元</p>' in page
    assert "只差这些信息" in page and "药械上市许可持有人" in page
    assert "人社" in page  # the source of a fact that is held


def test_few_queries_however_many_clauses(
    house: House, firm: Client, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    from tests.policies.house import GRANT, clause

    text_of(firm, PAGE)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        three = text_of(firm, PAGE)
    for n in range(4, 41):
        clause(house.world, house.policy, f"C{n:02}", GRANT, order=n, kind="automatic")
    text_of(firm, PAGE)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        forty = text_of(firm, PAGE)
    assert (three.count('class="ys-benefit"'), forty.count('class="ys-benefit"')) == (3, 40)
    assert "190 万元" in forty  # 38 grants of 50,000 yuan


def test_the_home_page_fetches_what_the_firm_may_have(
    house: House, firm: Client, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    home = text_of(firm, "/portal/")
    assert 'hx-get="/portal/policies/summary/"' in home
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        told = text_of(firm, "/portal/policies/summary/")
    assert "5 万元" in told
    assert "有 2 项现在就能办" in told
    assert PAGE in told


def test_the_reason_shows_text_facts_and_conditions(house: House, firm: Client) -> None:
    page = text_of(firm, f"{PAGE}sample/C02/")
    assert "第一条 给予奖励。第二条 <mark" in page and ">给予补助。</mark>" in page
    assert "您符合,可得 5 万元" in page or "您符合，可得 5 万元" in page
    assert "2 项条件，满足 2 项" in page
    assert "不低于 20 人" in page and "120 人" in page and "人社" in page
    assert "旧数据" not in page
    # Two years on, figures of 2022 still count; the firm sees that they are old, where they count and on top.
    with timekeeping.travel(datetime(2025, 3, 3, 9, 0, tzinfo=timekeeping.SHANGHAI)):
        firm.force_login(house.world.firm1)
        old = text_of(firm, f"{PAGE}sample/C02/")
        assert "这些不是最近一年的数据" in old and old.count("2022 年的旧数据，缺 2024 年的") == 2
        assert "2022 年的旧数据" in text_of(firm, f"{PAGE}facts/")


def test_one_fact_short_says_how_far(house: House, firm: Client) -> None:
    from yingshang.registry.facts import correct_fact

    correct_fact(house.business, "employees", 18, source="人社", period="2022", reason="核实", by=None)
    page = text_of(firm, PAGE)
    assert "从业人员现在 18 人，要达到 20 人，还差 2 人" in page
    assert "就差一项，做到了可得 5 万元" in text_of(firm, f"{PAGE}sample/C02/")


def test_only_what_is_not_held_is_asked(house: House, firm: Client) -> None:
    form = text_of(firm, f"{PAGE}sample/C01/apply/")
    assert all(f'name="{name}"' in form for name in [*FACTS, *PAYEE])
    assert 'name="fact_从业人员"' not in form
    assert firm.post(f"{PAGE}sample/C01/apply/", {"key": "a"}).status_code == 422
    sent = firm.post(f"{PAGE}sample/C01/apply/", {"key": "b", **FACTS, **PAYEE}, follow=True)
    assert "100,000.02 元" in sent.content.decode()
    assert firm.post(f"{PAGE}sample/C01/apply/", {"key": "b", **FACTS, **PAYEE}).status_code == 302
    from yingshang.policies.models import Claim

    claim = Claim.objects.get()
    assert (claim.amount, claim.state) == (Decimal("100000.02"), "review")
    assert claim.declared["年度新增委托生产合同金额"] == "2000000.40"


def test_without_a_budget_every_page_says_what_the_refusal_would(house: House, firm: Client) -> None:
    from yingshang.cases.errors import Conflict
    from yingshang.policies import actions, ledger
    from yingshang.policies.models import Budget
    from yingshang.web.translations import typeset

    assert "预算未下达" not in text_of(firm, PAGE) + text_of(firm, f"{PAGE}sample/C01/apply/")
    Budget.objects.all().delete()
    words = typeset(ledger.unfunded(house.policy, 2023))
    assert words.startswith("「示例政策」2023 年的预算未下达，暂不能申报")
    overview = text_of(firm, PAGE)
    # The grant waits, the recognition without money does not; nothing is summed up as if it could be had.
    assert overview.count(words) == 2 and "够条件，等预算下达" in overview
    assert "确认领取" not in overview and "合计" not in overview.split("找政策")[0]
    for code in ("C01", "C02"):
        page = text_of(firm, f"{PAGE}sample/{code}/")
        assert words in page and "确认领取" not in page and "去申报" not in page
    assert "您符合，可得 5 万元；等预算下达。" in text_of(firm, f"{PAGE}sample/C02/")
    assert firm.get(f"{PAGE}sample/C01/apply/").url == f"{PAGE}sample/C01/"  # type: ignore[attr-defined]
    refused = firm.post(f"{PAGE}sample/C02/confirm/", {"key": "x"})
    assert refused.status_code == 409 and words in refused.content.decode()
    assert "有 1 项现在就能办" in text_of(firm, f"{PAGE}summary/")
    actions.withdraw_clause(None, house.title, reason="示例")
    assert "有 1 项您够条件，等预算下达就能办" in text_of(firm, f"{PAGE}summary/")
    with pytest.raises(Conflict, match="预算未下达"):
        actions.submit_claim(house.world.firm1, house.reward, house.business)


def test_while_it_is_filled_in_the_sum_is_told(house: House, firm: Client) -> None:
    told = firm.post(f"{PAGE}sample/C01/preview/", FACTS).content.decode()
    assert "您符合，可得 100,000.02 元" in told
    told = firm.post(f"{PAGE}sample/C01/preview/", FACTS | {"fact_与受托企业有投资关联": "true"}).content.decode()
    assert "就差一项" in told


def test_an_automatic_grant_is_one_press(house: House, firm: Client) -> None:
    from yingshang.policies.models import Claim

    # The first time there is no account to pay to: that is asked for, and nothing else.
    asked = firm.post(f"{PAGE}sample/C02/confirm/", {"key": "a"})
    assert asked.status_code == 302 and asked["Location"] == f"{PAGE}sample/C02/apply/"
    form = text_of(firm, asked["Location"])
    assert form.count('name="fact_') == 0 and 'name="payee_account"' in form
    house.claim()
    done = firm.post(f"{PAGE}sample/C02/confirm/", {"key": "b"}, follow=True).content.decode()
    assert "已确认" in done and "5 万元" in done
    claim = Claim.objects.get(clause=house.grant)
    assert (claim.automatic, claim.state) == (True, "payable")
    assert firm.post(f"{PAGE}sample/C02/confirm/", {"key": "c"}).status_code == 409
    # What is claimed is no longer in the sum of what can be had.
    assert "现在就能办" in text_of(firm, PAGE) and "ZC" in text_of(firm, PAGE)


def test_the_money_and_the_receipt(house: House, firm: Client) -> None:
    from tests.policies.test_claims import settled
    from yingshang.policies.replay import verify

    claim = house.confirmed()
    page = f"/portal/claims/{claim.number}/"
    assert "旧数据" not in text_of(firm, page)
    assert firm.get(f"{page}receipt/").status_code == 409
    assert "下载凭证" not in text_of(firm, page)
    settled(house, claim)
    shown = text_of(firm, page)
    assert "5 万元 已到账" in shown and "已送银行" in shown and "尾号 2333" in shown
    answer = firm.get(f"{page}receipt/")
    assert answer["Content-Disposition"] == f'attachment; filename="{claim.number}.json"'
    assert all(c.ok for c in verify(answer.content))
    changed = json.loads(answer.content)
    changed["facts"]["从业人员"]["value"] = "121"
    assert not all(c.ok for c in verify(json.dumps(changed).encode()))
    assert "已到账" in text_of(firm, "/portal/claims/")
    assert "今年已到账 5 万元" in text_of(firm, PAGE)


def test_a_bounced_payment_is_told_and_the_account_put_right(house: House, firm: Client) -> None:
    from tests.policies.test_claims import answer, sent
    from yingshang.policies import actions

    claim = house.passed()
    page = f"/portal/claims/{claim.number}/"
    assert "请改收款账户" not in text_of(firm, page) + text_of(firm, "/portal/")
    # Before anything went wrong it can be changed as well, folded away.
    assert '<details class="card mb-3" id="payee">' in text_of(firm, page)
    batch = sent(house, claim)
    assert 'name="payee_account"' not in text_of(firm, page)
    actions.reconcile(
        batch, house.world.finance_officer, name="r.csv", content=answer(batch, "失败", reason="账号已销户")
    )
    # Home, the list of claims and the notice lead there; the page says what the bank said and what comes next.
    for where in ("/portal/", f"{PAGE}told/"):
        assert f'href="{page}#payee"' in text_of(firm, where)
    assert "请改收款账户" in text_of(firm, "/portal/claims/")
    shown = text_of(firm, page)
    assert "账号已销户" in shown and "6222****2333" in shown
    assert all(f'name="{name}"' in shown for name in PAYEE)
    assert f"{house.reward.owner_unit}核对新账户" in shown and f"{house.reward.finance_unit}再核对一次" in shown
    wrong = firm.post(f"{page}payee/", {"key": "a", **PAYEE, "payee_account": "12"})
    assert wrong.status_code == 422 and "8 到 40 位数字" in wrong.content.decode()
    same = firm.post(f"{page}payee/", {"key": "b", **PAYEE})
    assert same.status_code == 422 and "银行没能付到这个账户" in same.content.decode()
    other = Client()
    other.force_login(house.world.firm2)
    good = {"key": "c", **PAYEE, "payee_account": "6222 0299 8888 7777 666", "payee_bank": "示例银行下沙支行"}
    assert other.post(f"{page}payee/", good).status_code == 404
    for _again in range(2):
        done = firm.post(f"{page}payee/", good, follow=True).content.decode()
    assert "收款账户已改为示例银行下沙支行，尾号 7666" in done and "收款账户改过，正在重新核对" in done
    assert "更改了收款账户，重新审核" in done and "请改收款账户" not in done
    claim.refresh_from_db()
    assert (claim.state, claim.payee_account) == ("review", "6222029988887777666")
    assert claim.case.events.filter(kind="payee_changed").count() == 1
    assert f'href="{page}#payee"' not in text_of(firm, "/portal/")


def test_what_keeps_the_account_as_it_is_is_said_before_it_is_tried(
    house: House, firm: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = house.passed()
    page = f"/portal/claims/{claim.number}/"
    monkeypatch.setattr("yingshang.policies.process.PAYEE", "一个旧图里没有的消息")
    shown = text_of(firm, page)
    assert "此申报按较早的流程办理" in shown and 'name="payee_account"' not in shown and "撤回申报" in shown
    refused = firm.post(f"{page}payee/", {"key": "a", **PAYEE, "payee_bank": "别的银行"})
    assert refused.status_code == 409 and "请撤回后重新申报" in refused.content.decode()


def test_a_claim_can_be_withdrawn_before_it_is_paid(house: House, firm: Client) -> None:
    claim = house.claim()
    page = f"/portal/claims/{claim.number}/"
    assert "撤回申报" in text_of(firm, page)
    firm.post(f"{page}withdraw/", {"key": "w", "reason": "填错了"})
    claim.refresh_from_db()
    assert claim.state == "withdrawn"
    assert "撤回申报" not in text_of(firm, page)


def test_words_that_people_use_find_it(house: House, firm: Client) -> None:
    house.grant.__class__.objects.filter(pk=house.grant.pk).update(words=["招工补贴", "用工"])
    found = text_of(firm, f"{PAGE}?q=用工补贴")
    assert "“用工补贴”找到 1 条" in found
    assert "没找到" in text_of(firm, f"{PAGE}?q=宠物医院")


def test_a_fact_of_ones_own_is_told_and_counts_at_once(house: House, firm: Client) -> None:
    from yingshang.registry.models import Fact

    told = firm.post(f"{PAGE}facts/药械上市许可持有人/", {"key": "f", "fact_药械上市许可持有人": "false"})
    assert told.status_code == 302
    assert Fact.objects.get(key="mah_holder").source == "企业申报"
    assert "药械上市许可持有人现在为“否”，要求“是”" in text_of(firm, f"{PAGE}sample/C01/")
    firm.post(f"{PAGE}facts/药械上市许可持有人/", {"key": "g", "fact_药械上市许可持有人": "true"})
    assert list(Fact.objects.filter(key="mah_holder").order_by("id").values_list("value", flat=True)) == [False, True]


def test_a_registered_fact_is_corrected_by_the_unit_that_registers_it(house: House, firm: Client) -> None:
    from yingshang.cases.actions import complete_task
    from yingshang.cases.models import Case, Status, Task
    from yingshang.registry.models import Fact

    address = f"{PAGE}facts/国家高新技术企业/"
    assert "区经信科技局登记" in text_of(firm, address)
    same = firm.post(address, {"key": "a", "fact_国家高新技术企业": "true", "reason": "核对"})
    assert same.status_code == 422 and "与登记的相同" in same.content.decode()
    firm.post(address, {"key": "b", "fact_国家高新技术企业": "false", "reason": "证书已过期"})
    case = Case.objects.get()
    assert (case.lead_unit, case.number[:2]) == (house.world.units["dept.economy"], "GZ")
    task = Task.objects.get(case=case, step="check")
    complete_task(task, house.world.economy_officer, outcome="agree", note="证书已过期")
    case.refresh_from_db()
    assert case.status == Status.CLOSED
    now = Fact.objects.get(key="high_tech", superseded_at__isnull=True)
    assert now.value is False and case.number in now.source
    assert "国家高新技术企业现在为“否”" in text_of(firm, PAGE)


def test_a_refused_correction_says_why_and_changes_nothing(house: House, firm: Client) -> None:
    from yingshang.cases.actions import complete_task
    from yingshang.cases.errors import Invalid
    from yingshang.cases.models import Case, Task
    from yingshang.registry.models import Fact

    # The small district has no bureau of human resources: nobody could check it, and the page says so.
    nobody = firm.post(f"{PAGE}facts/从业人员/", {"key": "n", "fact_从业人员": "10", "reason": "人走了"})
    assert nobody.status_code == 422 and "没有登记这一项的单位" in nobody.content.decode()
    firm.post(f"{PAGE}facts/国家高新技术企业/", {"key": "a", "fact_国家高新技术企业": "false", "reason": "证书过期"})
    task = Task.objects.get(case=Case.objects.get(), step="check")
    desk = Client()
    with timekeeping.travel(datetime(2025, 3, 3, 9, 0, tzinfo=timekeeping.SHANGHAI)):
        desk.force_login(house.world.economy_officer)
        assert "要更正的是 2022 年的旧数据，缺 2024 年的。" in text_of(desk, f"/desk/cases/{task.case.number}/")
    with pytest.raises(Invalid):
        complete_task(task, house.world.economy_officer, outcome="refuse")
    complete_task(task, house.world.economy_officer, outcome="refuse", note="证书有效期到明年")
    assert Fact.objects.get(key="high_tech").value is True
    assert "证书有效期到明年" in text_of(firm, f"/portal/cases/{task.case.number}/")


def test_subscriptions_and_what_was_told(house: House, firm: Client) -> None:
    from yingshang.policies.models import PolicyNotice, Subscription

    firm.post(f"{PAGE}told/subscribe/", {"firm": house.business.uscc})
    firm.post(f"{PAGE}told/subscribe/", {"words": "出口"})
    assert Subscription.objects.filter(person=house.world.firm1).count() == 2
    PolicyNotice.objects.create(
        person=house.world.firm1, kind="amount", clause=house.grant, business=house.business, amount=50000, before=30000,
        key="k",
    )  # fmt: skip
    page = text_of(firm, f"{PAGE}told/")
    assert "3 万元 → 5 万元" in page and "未读" in page
    assert "未读" not in text_of(firm, f"{PAGE}told/")
    mine = Subscription.objects.filter(words="出口").get()
    other = Client()
    other.force_login(house.world.firm2)
    assert other.post(f"{PAGE}told/{mine.pk}/unsubscribe/").status_code == 404
    firm.post(f"{PAGE}told/{mine.pk}/unsubscribe/")
    assert not Subscription.objects.filter(words="出口").exists()


def test_others_see_nothing(house: House, firm: Client) -> None:
    claim = house.claim()
    other = Client()
    other.force_login(house.world.firm2)
    for path in ("", "receipt/"):
        assert other.get(f"/portal/claims/{claim.number}/{path}").status_code == 404
    assert other.post(f"/portal/claims/{claim.number}/withdraw/").status_code == 404
    assert claim.number not in other.get("/portal/claims/").content.decode()
    assert other.get(f"{PAGE}?firm={house.business.uscc}").status_code == 404
    other.force_login(house.world.officer)
    assert other.get(PAGE).status_code == 403


def test_texts_are_shown_as_texts(house: House, firm: Client) -> None:
    from tests.policies.house import clause

    clause(
        house.world, house.policy, "C31", None, grade="N", kind="text", money="none", finance_unit=None,
        missing="条件和金额", route="向主管单位咨询",
    )  # fmt: skip
    page = text_of(firm, PAGE)
    assert "标准还没公布的 1 条，先看条文" in page
    reason = text_of(firm, f"{PAGE}sample/C31/")
    assert "这一条只有条文" in reason and "原文未载：" in reason and "条件和金额" in reason and "去申报" not in reason


def test_nobody_is_told_to_move_for_a_bonus(house: House, firm: Client) -> None:
    from tests.policies.house import clause
    from tests.rules.documents import model_of

    xml = model_of({"街道": "string", "从业人员": "number"}, [(['"白杨街道"', ">= 10"], "3000")], amount="资格.元")
    clause(house.world, house.policy, "C04", xml, order=4)
    page = text_of(firm, f"{PAGE}sample/C04/")
    assert "目前不符合" in page and "街道现在为“下沙街道”，要求“白杨街道”" in page
    assert "不符合的 1 条" in text_of(firm, PAGE)


def test_what_is_for_people_has_a_place_of_its_own(house: House, firm: Client) -> None:
    from tests.policies.house import clause
    from tests.rules.documents import model_of
    from yingshang.policies.models import Claim
    from yingshang.rules import publishing

    xml = model_of({"学历": "string"}, [(['"硕士研究生","博士研究生"'], "3000")], amount="资格.元")
    rule = publishing.make_model("test.people", title="引才", subject="person")
    publishing.install(rule, xml, date(2022, 1, 1))
    clause(house.world, house.policy, "C05", None, rule=rule, order=5, subject="person", ask=["学历"])
    assert "替员工、求职者申报的" in text_of(firm, PAGE)
    address = f"{PAGE}sample/C05/apply/"
    told = PAYEE | {"key": "p", "fact_学历": "硕士研究生", "person_name": "王小明", "person_id": "11010519491231002X"}
    wrong = firm.post(address, told | {"person_id": "110105194912310021"})
    assert wrong.status_code == 422 and "居民身份证号有误" in wrong.content.decode()
    assert firm.post(address, told).status_code == 302
    claim = Claim.objects.get()
    assert (claim.person_name, claim.person_tail, claim.amount) == ("王小明", "002X", Decimal(3000))
    assert "11010519491231002X" not in str(claim.__dict__)
