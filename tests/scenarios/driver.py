"""Acting out a story: the people named in it, their requests to the REST API, and a clock that can be moved.

``tests.browser.story`` acts the same stories through the pages.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.support.world import uscc
from yingshang import timekeeping
from yingshang.accounts.models import Membership, Person, Role, Unit
from yingshang.activities import actions as activities
from yingshang.activities.models import Activity
from yingshang.cases import sweep
from yingshang.cases.errors import ActionError
from yingshang.cases.models import Case, Task
from yingshang.exchange import auth
from yingshang.policies import actions as policies
from yingshang.policies import receipts
from yingshang.policies.models import Claim, Clause, Policy
from yingshang.policies.people import Beneficiary
from yingshang.registry.models import Business, Handler, ServiceAssignment

LONG_AGO = date(2015, 1, 1)
#: Where a claim's money goes.
ACCOUNT = policies.Payee("示例收款人", "6222 0201 1111 2222 333", "示例银行钱塘支行")


class Refused(AssertionError):
    """The API refused; carries status and problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status}: {json.dumps(problem, ensure_ascii=False)}")
        self.status, self.problem = status, problem


class Story:
    """What a story has so far: its businesses, its cases, who plays whom."""

    def __init__(self) -> None:
        self.client = Client()
        self.tokens: dict[int, str] = {}
        self.businesses: list[Business] = []
        self.cases: list[Case] = []
        self.officer_unit = ""
        self.alone: Person | None = None
        self.figures: dict[str, Any] = {}
        #: What the last claim declared.
        self.declared: dict[str, Any] = {}
        #: The way that was last asked for.
        self.way: Any = None

    # --- time ---------------------------------------------------------------------------------------------------------

    def go_to(self, when: datetime) -> None:
        """Let time pass up to ``when``; the sweeper does what falls due on the way."""
        timekeeping.advance(when - timekeeping.now())
        sweep.sweep()

    def wait(self, by: timedelta) -> None:
        self.go_to(timekeeping.now() + by)

    # --- people -------------------------------------------------------------------------------------------------------

    def person(self, username: str, kind: str = Person.Kind.OFFICIAL) -> Person:
        """The person of this role, made when first named."""
        found = Person.objects.filter(username=username).first()
        return found or Person.objects.create_user(username=username, kind=kind, name=username)

    def official(self, unit: str, role: str = Role.OFFICER) -> Person:
        """Somebody who holds ``role`` in a unit."""
        person = self.person(f"{unit}.{role}")
        Membership.objects.get_or_create(
            person=person, unit=Unit.objects.get(code=unit), role=role, until=None, defaults={"since": LONG_AGO}
        )
        return person

    def staffed(self, unit: str) -> Person:
        """An officer of the unit, which has a head too."""
        area = Unit.objects.get(code=unit).kind in (Unit.Kind.STREET, Unit.Kind.PLATFORM)
        self.official(unit, Role.AREA_LEAD if area else Role.UNIT_LEAD)
        return self.official(unit)

    def business(self, name: str, founded: str, street: str, platform: str = "") -> Business:
        """A business with a handler who signs in for it."""
        n = Business.objects.count() + 1
        made = Business.objects.create(
            uscc=uscc(f"91330114MA2B{n:05d}"),
            name=name,
            name_key=name,
            kind=Business.Kind.ENTERPRISE,
            industry_code="C3600",
            street=Unit.objects.get(code=street),
            platform=Unit.objects.get(code=platform) if platform else None,
            founded=date.fromisoformat(founded),
            synthetic=True,
        )
        handler = self.person(f"{name}经办人", Person.Kind.ENTERPRISE)
        Handler.objects.create(person=handler, business=made, since=LONG_AGO)
        self.businesses.append(made)
        return made

    def handler(self, business: Business) -> Person:
        return Person.objects.get(handles__business=business)

    def seeker(self, name: str) -> Person:
        """Somebody who asks for themselves, without a business."""
        self.alone = self.person(name, Person.Kind.ENTERPRISE)
        return self.alone

    @property
    def asker(self) -> Person:
        """Who asked for the case: the business's handler, or the person for themselves."""
        business = self.case.business
        return self.handler(business) if business else self.case.submitter

    def assign(self, business: Business, unit: str) -> None:
        """Give the business its service officer."""
        self.officer_unit = unit
        ServiceAssignment.objects.create(
            business=business, officer=self.staffed(unit), unit=Unit.objects.get(code=unit)
        )

    def who(self, name: str) -> Person:
        """``助企服务员`` or the officer of a unit (``"dept.commerce"``, quoted or not)."""
        return self.staffed(self.officer_unit if name == "助企服务员" else name.strip('"'))

    # --- the API ------------------------------------------------------------------------------------------------------

    def _headers(self, person: Person) -> dict[str, str]:
        if person.pk not in self.tokens:
            self.tokens[person.pk] = auth.issue(person, "story")[1]
        return {"Authorization": f"Bearer {self.tokens[person.pk]}"}

    def get(self, person: Person, path: str) -> Any:
        return self._answer(self.client.get(f"/api/v1{path}", headers=self._headers(person)))

    def post(self, person: Person, path: str, **body: Any) -> Any:
        answer = self.client.post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=self._headers(person)
        )
        return self._answer(answer)

    def _answer(self, answer: Any) -> Any:
        body = json.loads(answer.content)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, body)
        return body

    def open(
        self, business: Business | None, scenario: str, service: str, title: str, category: str, data: dict[str, Any]
    ) -> Case:
        """Start a service for a business, or for the person who asks for themselves."""
        given = {"scenario": scenario, "service": service, "title": title, "category": category, "data": data}
        if business is None:
            body = self.post(self.alone, "/cases", **given)
        else:
            body = self.post(self.handler(business), "/cases", business=business.uscc, **given)
        case = Case.objects.get(number=body["number"])
        self.cases.append(case)
        return case

    def act(self, person: Person, action: str, case: Case | None = None, **body: Any) -> Any:
        return self.post(person, f"/cases/{(case or self.case).number}/actions/{action}", **body)

    def complete(
        self, unit: str, step: str, case: Case | None = None, outcome: str = "done", note: str = "", **data: Any
    ) -> Any:
        """Complete the step that waits for this unit."""
        person = self.who(unit)
        task = self.waiting(step, case).get(unit__code=unit.strip('"') if unit != "助企服务员" else self.officer_unit)
        return self.do_step(person, task, outcome, note, data)

    def do_step(self, person: Person, task: Task, outcome: str, note: str, data: dict[str, Any]) -> Any:
        return self.post(person, f"/tasks/{task.pk}/complete", outcome=outcome, note=note, data=data)

    def finish(self, person: Person, task: Task, result: str) -> Any:
        """Finish a task that stands beside the diagram."""
        return self.post(person, f"/tasks/{task.pk}/finish", result=result)

    # --- meetings and visits, which the API does not know ---------------------------------------------------------------

    def meet(self, actor: Person, title: str, units: list[Unit], decision: str, owner: Unit, due: date) -> None:
        """Hold a coordination meeting on the case now, with one decision."""
        unit = actor.memberships.get().unit
        meeting = activities.plan(
            actor, scenario=self.case.scenario, kind=Activity.Kind.MEETING, title=title, starts_at=timekeeping.now(),
            unit=unit, units=units, businesses=[self.case.business], cases=[self.case],
        )  # fmt: skip
        activities.decide(meeting.items.get(), actor, decision=decision, owner_unit=owner, due=due)
        present = [a.pk for a in meeting.attendances.all()]
        activities.hold(meeting, actor, minutes=f"听取企业汇报;{decision}", present=present)

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
        """Plan a meeting of the host's unit with a guest, units, the businesses of the story, and cases on its agenda."""
        activities.plan(
            host, scenario=scenario, kind=Activity.Kind.MEETING, title=title, starts_at=starts_at,
            unit=host.memberships.get().unit, units=units, people=[guest], businesses=self.businesses, cases=cases,
        )  # fmt: skip

    def hold_meeting(self, host: Person, meeting: Activity, minutes: str) -> None:
        """Write down that it took place and everybody came."""
        present = [a.pk for a in meeting.attendances.all()]
        activities.hold(meeting, host, minutes=minutes, present=present)

    def visit(self, actor: Person, minutes: str) -> None:
        """Visit the business of the case now."""
        business = self.case.business
        visit = activities.plan(
            actor, scenario=self.case.scenario, kind=Activity.Kind.VISIT, title=f"走访{business.name}",
            starts_at=timekeeping.now(), unit=actor.memberships.get().unit, business=business,
        )  # fmt: skip
        activities.hold(visit, actor, minutes=minutes)

    # --- claims, by the functions that pages and jobs call -----------------------------------------------------------------

    def allot(self, policy: Policy, year: int, amount: Decimal) -> None:
        """The finance department allots money to a policy."""
        finance = self.official("dept.finance", Role.OFFICER)
        policies.set_budget(finance, policy, year, amount, source="示例预算")

    def claim(self, clause: Clause, declared: dict[str, Any], person: Beneficiary | None) -> Claim:
        """The last business claims a clause, for itself or for one of its people."""
        business = self.businesses[-1]
        return policies.submit_claim(
            self.handler(business), clause, business, declared=declared, payee=ACCOUNT, person=person
        )

    def claim_in_vain(self, clause: Clause, declared: dict[str, Any], person: Beneficiary | None, words: str) -> None:
        """It may not; ``words`` are part of the reason."""
        with pytest.raises(ActionError) as error:
            self.claim(clause, declared, person)
        assert words in error.value.message

    def pass_claim(self, claim: Claim, official: Person) -> None:
        """The official passes the step at which the claim stands."""
        policies.review(claim, official, outcome="pass")

    def pay(self, claim: Claim, maker: Person, checker: Person, result: str) -> None:
        """The claim is paid in a batch of two people; the bank answers ``result``."""
        batch = policies.make_batch(maker, Unit.objects.get(code="dept.finance"), [claim])
        batch = policies.approve_batch(batch, checker)
        batch = policies.export_batch(batch, maker)[0]
        rows = [f"{p.reference},{result},{p.amount}," for p in batch.payments.all()]
        content = "\n".join(["付款流水号,结果,金额,失败原因", *rows]).encode()
        policies.reconcile(batch, maker, name="回单.csv", content=content)

    def receipt(self, claim: Claim) -> bytes:
        """The file that anybody can replay."""
        return receipts.receipt(claim)[1]

    # --- what is ------------------------------------------------------------------------------------------------------

    @property
    def case(self) -> Case:
        """The case the story is about, as it is now."""
        return Case.objects.select_related("lead_unit", "business").get(pk=self.cases[-1].pk)

    def read(self, person: Person) -> Any:
        return self.get(person, f"/cases/{self.case.number}")

    def waiting(self, step: str, case: Case | None = None) -> Any:
        """Open tasks of a step."""
        return Task.objects.filter(case=case or self.case, step=step, status=Task.State.OPEN)
