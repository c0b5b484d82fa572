"""What can be done to a case: ``POST /cases/{number}/actions/<name>``, one typed body an action.

Each body names its codes; ``arguments`` turns them into the arguments of the function of :mod:`yingshang.cases.actions`.
(No postponed annotations here: the views are made in a loop and ninja reads their real types.)
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from ninja import Body as JsonBody
from ninja import Router
from pydantic import Field, StringConstraints

from yingshang.accounts.models import Person
from yingshang.cases import actions
from yingshang.cases.clocks import RESOLVE
from yingshang.cases.models import Case
from yingshang.exchange import lookups, schemas
from yingshang.exchange.routes._common import Body, Code, Line, Number, Prose, answers

router = Router(tags=["办件操作 actions"])

Codes = Annotated[list[Code], Field(max_length=50)]
Usernames = Annotated[list[Annotated[str, StringConstraints(max_length=150)]], Field(max_length=50)]


class ActionBody(Body):
    """An action without anything to say."""

    def arguments(self, person: Person) -> dict[str, Any]:
        return self.model_dump()


class Dispatch(ActionBody):
    """派单:交给主办单位,可同时请其他单位协办。Give a case of the pool to its lead unit.

    ``category`` 填分类编号即设定或更正分类,时限按新分类从头算;不填不变。A category's code sets it or puts it right,
    and the promises with it; left out, it stays.
    """

    lead: Code
    assisting: Codes = []
    note: Prose = ""
    category: Line = ""

    def arguments(self, person: Person) -> dict[str, Any]:
        return {
            "lead": lookups.unit(self.lead, "lead"),
            "assisting": lookups.units(self.assisting, "assisting"),
            "note": self.note,
            "category": self.category,
        }


class SignFor(ActionBody):
    """签收。The lead unit takes the case on; whoever signs is its handler."""


class Return(ActionBody):
    """退单,须写明理由。Back to the pool with a reason; the third time goes to arbitration."""

    reason: Prose


class HandOver(ActionBody):
    """转办。Hand the case to another unit; the clock goes on."""

    to: Code
    reason: Prose

    def arguments(self, person: Person) -> dict[str, Any]:
        return {"to": lookups.unit(self.to, "to"), "reason": self.reason}


class Contact(ActionBody):
    """登记首次联系。Record the first call to the enterprise."""

    note: Prose


class CoHandle(ActionBody):
    """请其他单位协办。Ask further units to work on the case together."""

    units: Codes
    note: Prose = ""

    def arguments(self, person: Person) -> dict[str, Any]:
        return {"units": lookups.units(self.units, "units"), "note": self.note}


class AddSigners(ActionBody):
    """加签:会签、或签或依次签。Ask officials to sign: all, any, or in turn."""

    people: Usernames
    mode: Literal["all", "any", "turn"] = "all"
    note: Prose = ""

    def arguments(self, person: Person) -> dict[str, Any]:
        return {"people": lookups.officials(self.people, "people"), "mode": self.mode, "note": self.note}


class AskSupplement(ActionBody):
    """一次性告知需补充的材料,计时暂停。Ask for what is missing; the clock pauses."""

    what: Prose


class Supplement(ActionBody):
    """企业补充。Hand in what was asked; the clock goes on."""

    text: Prose = ""


class Answer(ActionBody):
    """答复。Give the answer; the enterprise is asked to confirm."""

    text: Prose


class Confirm(ActionBody):
    """企业确认是否解决。Say whether the problem is solved; if not, say what is still open."""

    solved: bool
    comment: Prose = ""


class Rate(ActionBody):
    """好差评,五级。Rate in five levels, 5 best; a bad rating reopens the case."""

    level: Annotated[int, Field(ge=1, le=5)]
    comment: Prose = ""


class RevisitBody(ActionBody):
    """回访。Call back as somebody who did not handle the case."""

    solved: bool
    note: Prose


class Reopen(ActionBody):
    """重新办理。Open a closed case again."""

    reason: Prose


class Escalate(ActionBody):
    """提级。Ask for the next level to take care of it."""

    reason: Prose
    nature: Literal["", "individual", "common"] = ""


class Supervise(ActionBody):
    """督办。Put the case under supervision."""

    note: Prose


class Urge(ActionBody):
    """催办。Remind whoever has the case."""

    note: Prose = ""


class Copy(ActionBody):
    """抄送。Let further units or officials read the case."""

    units: Codes = []
    people: Usernames = []

    def arguments(self, person: Person) -> dict[str, Any]:
        return {
            "units": lookups.units(self.units, "units"),
            "people": lookups.officials(self.people, "people"),
        }


class Extend(ActionBody):
    """时限延长一次,须写明理由。Extend a clock once, in the unit it is counted in."""

    amount: Annotated[Decimal, Field(gt=0, le=1000, max_digits=7, decimal_places=2)]
    reason: Prose
    code: Code = RESOLVE


class Merge(ActionBody):
    """并案:并入另一办件继续办理。Merge this duplicate into the case that goes on."""

    into: Annotated[str, StringConstraints(max_length=24)]
    reason: Prose

    def arguments(self, person: Person) -> dict[str, Any]:
        return {"into": actions.Named(self.into, person), "reason": self.reason}


class Withdraw(ActionBody):
    """撤回;工作人员代为撤回须写明由谁提出。Withdraw; an official names who asked for it."""

    reason: Prose
    requested_by: Line = ""


class MessageBody(ActionBody):
    """留言。Write to the other side, or (`public` false) among officials."""

    text: Annotated[str, StringConstraints(max_length=4000)]
    public: bool = True


class NatureBody(ActionBody):
    """定性:个性问题或共性问题。One enterprise's own problem, or common to many."""

    nature: Literal["individual", "common"]


#: Name in the address → the action, its body. The names are those of :data:`yingshang.cases.workflow.RULES`.
ACTIONS: dict[str, tuple[Callable[..., Case], type[ActionBody]]] = {
    "dispatch": (actions.dispatch, Dispatch),
    "sign_for": (actions.sign_for, SignFor),
    "return": (actions.return_case, Return),
    "hand_over": (actions.hand_over, HandOver),
    "contact": (actions.contact, Contact),
    "co_handle": (actions.co_handle, CoHandle),
    "add_signers": (actions.add_signers, AddSigners),
    "ask_supplement": (actions.ask_supplement, AskSupplement),
    "supplement": (actions.supplement, Supplement),
    "answer": (actions.answer, Answer),
    "confirm": (actions.confirm, Confirm),
    "rate": (actions.rate, Rate),
    "revisit": (actions.revisit, RevisitBody),
    "reopen": (actions.reopen, Reopen),
    "escalate": (actions.escalate, Escalate),
    "supervise": (actions.supervise, Supervise),
    "urge": (actions.urge, Urge),
    "copy": (actions.copy_to, Copy),
    "extend": (actions.extend, Extend),
    "merge": (actions.merge, Merge),
    "withdraw": (actions.withdraw, Withdraw),
    "message": (actions.message, MessageBody),
    "nature": (actions.set_nature, NatureBody),
}


def _add(name: str, function: Callable[..., Case], schema: type[ActionBody]) -> None:
    def view(request: HttpRequest, number: Number, body: schema = JsonBody(None)):  # type: ignore[valid-type, no-untyped-def]  # noqa: B008
        person = lookups.caller(request).person
        arguments = (body or schema()).arguments(person)  # type: ignore[attr-defined]
        try:
            case = function(
                actions.Named(number, person), person, key=lookups.key_of(request, name, number), **arguments
            )
        except Case.DoesNotExist:
            raise Http404 from None
        return schemas.brief(case)

    def strict(request: HttpRequest, number: Number, body: schema):  # type: ignore[valid-type, no-untyped-def]
        return view(request, number, body)

    # Where every field has a default, the body may be left out.
    optional = not any(f.is_required() for f in schema.model_fields.values())
    router.post(
        f"/{{number}}/actions/{name}",
        response=answers(schemas.CaseBrief, 403, 404, 409),
        operation_id=f"action_{name}",
        url_name=f"action_{name}",
        summary=(schema.__doc__ or name).split("。")[0],
        description=schema.__doc__,
    )(view if optional else strict)


for _name, (_function, _schema) in ACTIONS.items():
    _add(_name, _function, _schema)
