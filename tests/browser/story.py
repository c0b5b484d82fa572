"""A story acted through the pages: the enterprise at its computer, the service officer at a phone, the units in offices.

What no page does (the records that a scenario keeps beside its cases) is done as in the other driver. Where the API
would refuse, the page does not offer: that counts as refused, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from tests.browser import policy_desk as desk
from tests.browser.house import House
from tests.browser.visitor import Visitor, said
from tests.scenarios.driver import ACCOUNT, Refused, Story
from yingshang.accounts.models import Person, Unit
from yingshang.activities.models import Activity
from yingshang.cases.models import Case, Status, Task
from yingshang.policies.models import Claim, Clause, Policy
from yingshang.policies.people import Beneficiary
from yingshang.registry.models import Business

#: In place of a status: the page does not offer what was wanted.
NOT_OFFERED = 0


class PageStory(Story):
    def __init__(self, house: House, visitor: Callable[..., Visitor]) -> None:
        super().__init__()
        self.house, self._visitor = house, visitor
        self._visitors: dict[str, Visitor] = {}
        self._there: dict[str, int] = {}

    def go_to(self, when: datetime) -> None:
        self.house.go_to(when)

    def at_browser(self, person: Person) -> Visitor:
        """The person at a browser: service officers at a phone. Colleagues take turns at one office computer."""
        if not person.is_official:
            place = f"firm {person.pk}"
        else:
            place = "phone" if person.service_assignments.exists() else "office"
        if place not in self._visitors:
            self._visitors[place] = self._visitor(self.house, phone=place == "phone")
        if self._there.get(place) != person.pk:
            self._there[place] = person.pk
            self._visitors[place].come_in(person)
        return self._visitors[place]

    # --- the enterprise ---------------------------------------------------------------------------------------------------

    def open(
        self, business: Business | None, scenario: str, service: str, title: str, category: str, data: dict[str, Any]
    ) -> Case:
        asker = self.handler(business) if business else self.alone
        assert asker is not None
        firm = self.at_browser(asker)
        ask = scenario == "qifu_express"
        page = firm.go("/portal/ask/" if ask else f"/portal/services/{scenario}/{service}/")
        page.get_by_label("什么事 *").fill(title)
        if category:
            page.locator(f"#category-{category}").check()
        fill(page.locator("main form"), data)
        firm.press("提交")
        case = Case.objects.get(number=re.search(r"编号 ([\w-]+)", firm.notices()).group(1))  # type: ignore[union-attr]
        self.cases.append(case)
        return case

    def _answer_of_enterprise(self, person: Person, case: Case, solved: bool, comment: str) -> None:
        firm = self.at_browser(person)
        firm.go(f"/portal/cases/{case.number}/").locator("#confirm-comment").fill(comment)
        firm.press("解决了" if solved else "没解决,继续办")

    # --- officials --------------------------------------------------------------------------------------------------------

    def act(self, person: Person, action: str, case: Case | None = None, **body: Any) -> Any:
        case = case or self.case
        if action == "confirm":
            return self._answer_of_enterprise(person, case, body["solved"], body.get("comment", ""))
        page = self.at_browser(person).go(f"/desk/cases/{case.number}/")
        form = page.locator(f"form[action$='/do/{action}/']")
        if not form.count():
            raise Refused(409, {"detail": f"{action} is not offered"})
        # The API names units by code, the people who use the pages by name.
        named = {k: _names(v) if k in ("lead", "units") else v for k, v in body.items()}
        fill(form, named, prefix="")
        if action == "dispatch" and "assisting" not in body:
            # The page proposes who assists; here nobody is to.
            proposed = form.locator("[name=assisting]:checked").evaluate_all("es => es.map(e => e.value)")
            for value in proposed:
                form.locator(f"[name=assisting][value='{value}']").uncheck()
        return _send(page, form)

    def do_step(self, person: Person, task: Task, outcome: str, note: str, data: dict[str, Any]) -> Any:
        page = self.at_browser(person).go(f"/desk/cases/{task.case.number}/")
        form = page.locator(f"form[action$='/tasks/{task.pk}/']")
        fill(form, _with_names(data))
        form.locator("[name=note]").fill(note)
        if (choice := form.locator(f"[name=outcome][type=radio][value={outcome}]")).count():
            choice.check()
        return _send(page, form)

    def finish(self, person: Person, task: Task, result: str) -> Any:
        page = self.at_browser(person).go(f"/desk/cases/{task.case.number}/")
        form = page.locator(f"form[action$='/tasks/{task.pk}/']")
        form.locator("[name=result]").fill(result)
        return _send(page, form)

    def meet(self, actor: Person, title: str, units: list[Unit], decision: str, owner: Unit, due: date) -> None:
        host = self.at_browser(actor)
        page = host.go("/desk/meetings/plan/")
        form = page.locator("form.card")
        form.locator("[name=scenario]").select_option(self.case.scenario)
        fill(form, {"title": title, "units": [str(u.label) for u in units]}, prefix="")
        form.locator("[name=day]").fill(f"{self.house.now:%Y-%m-%d}")
        form.locator("[name=at]").fill(f"{self.house.now:%H:%M}")
        form.locator("[name=businesses]").fill(self.case.business.name)
        _send(page, form)
        agenda = page.locator("form[action$='/agenda/']")
        fill(agenda, {"number": self.case.number}, prefix="")
        _send(page, agenda)
        decide = page.locator("form[action$='/decide/']")
        fill(decide, {"decision": decision, "owner_unit": str(owner.label), "due": due.isoformat()}, prefix="")
        _send(page, decide)
        hold = page.locator("form[action$='/hold/']")
        fill(hold, {"minutes": f"听取企业汇报;{decision}"}, prefix="")
        _send(page, hold)
        assert Activity.objects.get(title=title).state == Activity.State.HELD

    def plan_meeting(
        self,
        host: Person,
        scenario: str,
        title: str,
        starts_at: datetime,
        *,
        guest: Person,
        units: list[Unit],
        cases: list[Case],
    ) -> None:
        page = self.at_browser(host).go("/desk/meetings/plan/")
        form = page.locator("form.card")
        form.locator("[name=scenario]").select_option(scenario)
        given = {"title": title, "people": [str(guest)], "units": [str(u.label) for u in units]}
        fill(form, given, prefix="")
        form.locator("[name=day]").fill(f"{starts_at:%Y-%m-%d}")
        form.locator("[name=at]").fill(f"{starts_at:%H:%M}")
        form.locator("[name=businesses]").fill("\n".join(b.name for b in self.businesses))
        _send(page, form)
        # The cases that wait for a meeting are offered there: all of them at once.
        agenda = page.locator("form[action$='/agenda/']")
        fill(agenda, {"cases": [f"{c.title} · {c.business}" for c in cases]}, prefix="")
        _send(page, agenda)

    def hold_meeting(self, host: Person, meeting: Activity, minutes: str) -> None:
        page = self.at_browser(host).go(f"/desk/meetings/{meeting.pk}/")
        hold = page.locator("form[action$='/hold/']")
        fill(hold, {"minutes": minutes}, prefix="")
        _send(page, hold)

    def visit(self, actor: Person, minutes: str) -> None:
        page = self.at_browser(actor).go("/desk/visits/plan/")
        form = page.locator("form.card")
        form.locator("[name=business]").fill(self.case.business.name)
        with page.expect_navigation():
            form.get_by_role("button", name=said("我已在现场,直接记录")).click()
        page.get_by_label("走访记录").fill(minutes)
        page.get_by_label("见了谁").fill("总经理")
        page.get_by_role("group", name="生产经营").get_by_label("平稳").check()
        _send(page, page.locator("main form", has_text="走访记录"))

    # --- claims -------------------------------------------------------------------------------------------------------------

    def allot(self, policy: Policy, year: int, amount: Decimal) -> None:
        desk.allot(self.at_browser(self.official("dept.finance")), policy, str(amount), year)

    def claim(self, clause: Clause, declared: dict[str, Any], person: Beneficiary | None) -> Claim:
        firm = self._apply(clause, declared, person)
        number = firm.page.url.rstrip("/").rsplit("/", 1)[1]
        assert number in firm.notices()
        return Claim.objects.select_related("case").get(number=number)

    def claim_in_vain(self, clause: Clause, declared: dict[str, Any], person: Beneficiary | None, words: str) -> None:
        before = Claim.objects.count()
        with pytest.raises(Refused) as error:
            self._apply(clause, declared, person)
        assert error.value.status == NOT_OFFERED or words in str(error.value.problem)
        assert Claim.objects.count() == before

    def _apply(self, clause: Clause, declared: dict[str, Any], person: Beneficiary | None) -> Visitor:
        """Look the clause up, fill in what is asked, hand it in.

        Raises:
            Refused: the page does not offer the clause, or says why it cannot be had.
        """
        firm = self.at_browser(self.handler(self.businesses[-1]))
        page = firm.go(f"/portal/policies/{clause.policy.code}/{clause.code}/apply/")
        if not page.url.rstrip("/").endswith("/apply"):
            raise Refused(NOT_OFFERED, {"detail": page.locator("main").inner_text()})
        form = page.locator("main form[data-once]")
        answers = {f"fact_{name}": str(v).lower() if isinstance(v, bool) else v for name, v in declared.items()}
        answers |= {"payee_name": ACCOUNT.name, "payee_account": ACCOUNT.account, "payee_bank": ACCOUNT.bank}
        if person is not None:
            answers |= {"person_name": person.name, "person_id": person.id_number}
        fill(form, answers, prefix="")
        with page.expect_navigation() as answer:
            form.get_by_role("button", name=said("提交申报")).click()
        if answer.value.status >= 400:
            raise Refused(
                answer.value.status, {"detail": page.locator(".alert-danger, .invalid-feedback").all_inner_texts()}
            )
        return firm

    def pass_claim(self, claim: Claim, official: Person) -> None:
        desk.review_claim(self.at_browser(official), claim.number)

    def pay(self, claim: Claim, maker: Person, checker: Person, result: str) -> None:
        batch = desk.make_batch(self.at_browser(maker))
        with TemporaryDirectory() as folder:
            desk.pay_out(self.at_browser(checker), batch, Path(folder), result)

    def receipt(self, claim: Claim) -> bytes:
        """As the enterprise downloads it."""
        firm = self.at_browser(self.handler(self.businesses[-1]))
        page = firm.go(f"/portal/claims/{claim.number}/")
        with page.expect_download() as taken:
            page.get_by_role("link", name=said("下载凭证")).click()
        return taken.value.path().read_bytes()

    # --- what is ------------------------------------------------------------------------------------------------------------

    def read(self, person: Person) -> Any:
        """What the API says of the case, after a look whether the person's page says the same."""
        said = super().read(person)
        side = "desk" if person.is_official else "portal"
        words = self.at_browser(person).go(f"/{side}/cases/{self.case.number}/").locator("main").inner_text()
        assert str(Status(said["status"]).label) in words
        if said["status"] in (Status.ANSWERED, Status.CLOSED):
            assert said["answer"] in words
        return said

    def get(self, person: Person, path: str) -> Any:
        said = super().get(person, path)
        if path.endswith("/timeline"):
            page = self.at_browser(person).go(f"/portal/cases/{self.case.number}/")
            shown = page.locator(".ys-timeline").inner_text()
            assert all(line["text"] in shown and line["detail"] in shown for line in said)
        return said


def _names(codes: Any) -> Any:
    if isinstance(codes, list):
        return [_names(c) for c in codes]
    return str(Unit.objects.get(code=codes).label)


def _with_names(data: dict[str, Any]) -> dict[str, Any]:
    """The data of a form with units by name instead of code."""

    def name(value: Any) -> Any:
        if isinstance(value, list):
            return [name(v) for v in value]
        if isinstance(value, dict):
            return {k: name(v) for k, v in value.items()}
        unit = Unit.objects.filter(code=value).first()
        return str(unit.label) if unit else value

    return {k: name(v) for k, v in data.items()}


def _send(page: Page, form: Locator) -> None:
    """Press the form's own button; refused, what the page says is raised."""
    with page.expect_navigation() as answer:
        form.locator("button.btn-primary, button.btn").last.click()
    response = answer.value
    if response.status >= 400:
        raise Refused(response.status, {"detail": page.locator("#messages, .invalid-feedback").all_inner_texts()})


def fill(form: Locator, data: dict[str, Any], prefix: str = "f_") -> None:
    """Fill a form's fields by name, each as its kind is filled; what is folded away is opened first."""
    form.evaluate(
        "f => { f.closest('details')?.setAttribute('open', ''); f.querySelectorAll('details').forEach(d => d.open = true) }"
    )
    for name, value in data.items():
        field = form.locator(f"[name='{prefix}{name}']")
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for row, cells in enumerate(value):
                for cell, text in cells.items():
                    form.locator(f"[name='{prefix}{name}_{row}_{cell}']").fill(text)
        elif isinstance(value, list) and field.count() and field.first.get_attribute("type") == "checkbox":
            for label in value:
                form.get_by_label(label, exact=True).check()
        elif field.first.get_attribute("type") == "radio":
            form.locator(f"[name='{prefix}{name}'][value='{value}']").check()
        elif field.evaluate("f => f.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill("\n".join(value) if isinstance(value, list) else str(value))
