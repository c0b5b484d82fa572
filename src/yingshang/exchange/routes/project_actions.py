"""What is done to a project or one of its items: ``POST /projects/{number}/actions/<name>`` and
``POST /projects/{number}/items/{code}/<name>``, one typed body each.

(No postponed annotations here: the views are made in a loop and ninja reads their real types.)
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from ninja import Body as JsonBody
from ninja import Path, Router
from pydantic import AwareDatetime, Field, StringConstraints

from yingshang.accounts.models import Person
from yingshang.cases import actions as case_actions
from yingshang.cases.errors import Conflict
from yingshang.exchange import lookups
from yingshang.exchange.project_schemas import ProjectOut, whole
from yingshang.exchange.routes._common import Body, Code, Line, Number, Prose, answers
from yingshang.exchange.routes.projects import found
from yingshang.projects import actions, rights
from yingshang.projects.models import Project, ProjectItem, Request

router = Router(tags=["投资项目 projects"])

ItemCode = Annotated[str, Path(max_length=60, pattern=r"^[a-z0-9_]+$")]
Note = Annotated[str, StringConstraints(max_length=500)]


class ProjectMessage(Body):
    """留言。Write to the other side, or (`public` false) among officials."""

    text: Annotated[str, StringConstraints(max_length=4000)]
    public: bool = True


class TakeStage(Body):
    """分阶段:先办一个阶段。Take a first stage that the list allows."""

    code: Code


class SendRequest(Body):
    """一次性告知要补正的材料,计时暂停。The centre sends what the units gathered, once; clocks pause."""


class DropRequest(Body):
    """取消这次汇总。The centre drops what was gathered."""


class AnswerRequest(Body):
    """补正,各单位继续办理。Answer once for all units; documents are handed in before."""

    text: Prose = ""


class CallTogether(Body):
    """约各单位一起开会或到现场;已有同类安排的并到一起。One meeting or visit for all units."""

    kind: Literal["meeting", "visit"]
    title: Annotated[str, StringConstraints(min_length=2, max_length=120)]
    starts_at: AwareDatetime
    place: Annotated[str, StringConstraints(max_length=120)] = ""


class WithdrawProject(Body):
    """终止项目,各单位都会收到通知;工作人员代为终止须写明由谁提出。Stop the project; every unit is told."""

    reason: Annotated[str, StringConstraints(max_length=300)]
    requested_by: Line = ""


class FinishItem(Body):
    """企业自己的事项完成了。The enterprise has done its own part; `numbers` of its results, where it has any; `sure` where it is
    declared long before it was planned.
    """

    note: Annotated[str, StringConstraints(max_length=300)]
    numbers: Annotated[list[Line], Field(max_length=20)] = []
    sure: bool = False


class MoveVisit(Body):
    """一起到现场的日子改到另一天。All go to the site on another day than was agreed."""

    day: date


class CommitItem(Body):
    """告知承诺。Have the item done on a written commitment, where the list allows it."""


class DeferDocument(Body):
    """容缺:材料后补。A document follows later, where the list allows it."""

    document: Code


class RefileItem(Body):
    """没有通过的重新申报。File a refused item again; the documents are still there."""


class AskForDocument(Body):
    """承办单位提出要补的材料,由联审中心一并告知。The unit needs a document or its correction."""

    kind: Code
    note: Note


def _message(project: Project, person: Person, key: str | None, *, text: str, public: bool) -> None:
    case_actions.message(project.case, person, text=text, public=public, key=key)


def _answer(project: Project, person: Person, _key: str | None, *, text: str) -> None:
    rights.require_party(project, person)
    asked = Request.objects.filter(project=project, state=Request.State.SENT).first()
    if asked is None:
        raise Conflict(_("现在没有待补正的材料。"))
    actions.answer_request(asked, person, text=text)


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """An action without a key: done twice, it is refused the second time, or finds itself done."""

    def act(subject: Any, person: Person, _key: str | None, **given: Any) -> None:
        function(subject, person, **given)

    return act


#: Name in the address → the action, its body.
OF_PROJECT: dict[str, tuple[Callable[..., Any], type[Body]]] = {
    "message": (_message, ProjectMessage),
    "stage": (_plain(actions.take_stage), TakeStage),
    "send_request": (_plain(actions.send_request), SendRequest),
    "drop_request": (_plain(actions.drop_request), DropRequest),
    "answer_request": (_answer, AnswerRequest),
    "call_together": (_plain(actions.call_together), CallTogether),
    "withdraw": (_plain(actions.withdraw_project), WithdrawProject),
}
OF_ITEM: dict[str, tuple[Callable[..., Any], type[Body]]] = {
    "finish": (_plain(actions.finish_own), FinishItem),
    "commit": (_plain(actions.commit), CommitItem),
    "defer": (_plain(actions.defer), DeferDocument),
    "refile": (_plain(actions.refile), RefileItem),
    "ask": (_plain(actions.ask), AskForDocument),
    "move_visit": (_plain(actions.move_visit), MoveVisit),
}


def _item(project: Project, code: str) -> ProjectItem:
    item = ProjectItem.objects.select_related("unit", "case").filter(project=project, code=code).first()
    if item is None:
        raise Http404
    return item


def _register(
    path: str, called: str, schema: type[Body], strict: Callable[..., Any], lenient: Callable[..., Any]
) -> None:
    # Where every field has a default, the body may be left out.
    optional = not any(f.is_required() for f in schema.model_fields.values())
    router.post(
        path,
        response=answers(ProjectOut, 403, 404, 409),
        operation_id=called,
        url_name=called,
        summary=(schema.__doc__ or called).split("。")[0],
        description=schema.__doc__,
    )(lenient if optional else strict)


def _add(name: str, function: Callable[..., Any], schema: type[Body]) -> None:
    def lenient(request: HttpRequest, number: Number, body: schema = JsonBody(None)):  # type: ignore[valid-type, no-untyped-def]  # noqa: B008
        said = (body or schema()).model_dump()  # type: ignore[attr-defined]
        key = lookups.key_of(request, f"project {name}", number)
        function(found(request, number), lookups.caller(request).person, key, **said)
        return whole(found(request, number))

    def strict(request: HttpRequest, number: Number, body: schema):  # type: ignore[valid-type, no-untyped-def]
        return lenient(request, number, body)

    _register(f"/{{number}}/actions/{name}", f"project_{name}", schema, strict, lenient)


def _add_of_item(name: str, function: Callable[..., Any], schema: type[Body]) -> None:
    def lenient(request: HttpRequest, number: Number, code: ItemCode, body: schema = JsonBody(None)):  # type: ignore[valid-type, no-untyped-def]  # noqa: B008
        said = (body or schema()).model_dump()  # type: ignore[attr-defined]
        function(_item(found(request, number), code), lookups.caller(request).person, None, **said)
        return whole(found(request, number))

    def strict(request: HttpRequest, number: Number, code: ItemCode, body: schema):  # type: ignore[valid-type, no-untyped-def]
        return lenient(request, number, code, body)

    _register(f"/{{number}}/items/{{code}}/{name}", f"item_{name}", schema, strict, lenient)


for _name, (_function, _schema) in OF_PROJECT.items():
    _add(_name, _function, _schema)
for _name, (_function, _schema) in OF_ITEM.items():
    _add_of_item(_name, _function, _schema)
