"""What the enterprise's and the units' page of a project share: finding it, what it shows, doing one thing to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from yingshang import timekeeping
from yingshang.accounts.models import Person, localized
from yingshang.activities.models import Activity
from yingshang.cases import actions as case_actions
from yingshang.cases.errors import ActionError, Invalid
from yingshang.cases.models import Message
from yingshang.projects import actions, moving, rights, standing
from yingshang.projects.models import Project, ProjectItem
from yingshang.projects.standing import Overview
from yingshang.web.views.desk_fields import DeskForm
from yingshang.web.views.desk_support import person_of, status_of, tell
from yingshang.web.views.projects import drawing, forms, papers

I = ProjectItem.State  # noqa: E741
RELATED = ("case__lead_unit", "business", "street", "platform")
#: What can be drawn of a long project.
SPANS = {"all": L("全程"), "early": L("开工以前"), "near": L("最近")}
#: Before the code of a document, in the name of its file field.
FILE = "file_"


def project_of(request: HttpRequest, number: str) -> Project:
    """The project, where the person may read it; otherwise 404, as if there were none."""
    rows = Project.objects.visible_to(person_of(request)).select_related(*RELATED)
    return get_object_or_404(rows, number=number)


def today() -> date:
    return standing.day_of(timekeeping.now())


def shown(request: HttpRequest, project: Project, seen: Overview) -> dict[str, Any]:
    """What both pages show of a project."""
    scale, lines, windows = drawing.of_overview(seen, today(), request.GET.get("span", ""))
    brought, made = papers.sheets(seen.standing)
    asked = papers.open_request(project)
    person = person_of(request)
    said = Message.objects.filter(case=project.case).select_related("author").order_by("id")
    return {
        "project": project,
        "seen": seen,
        "headline": drawing.headline(seen),
        "scale": scale,
        "lines": [line for line in lines if line.bars],
        "outside": [line for line in lines if not line.bars],
        "all_lines": lines,
        "windows": [(name, SPANS[name], drawn) for name, drawn in windows.items()] if len(windows) > 1 else [],
        "stages": drawing.stages(seen, lines),
        "done": sum(r.item.state == I.DONE for r in seen.rows),
        "late_open": sum(r.item.state not in ProjectItem.ENDED for r in seen.late),
        "untold": [r.item.label for r in seen.rows if r.days is None and r.item.state not in ProjectItem.ENDED],
        "held": [s for s in brought if s.paper],
        "made": made,
        "missing": [s for s in brought if s.paper is None],
        "missing_now": [s for s in brought if s.paper is None and s.now],
        "missing_later": [s for s in brought if s.paper is None and not s.now],
        "request_open": asked,
        "asked": papers.asked(seen.standing, asked.asks.all()) if asked else [],
        "document_names": {k: papers.name_of(seen.standing, k) for k in seen.standing.listed.documents},
        "own_items": [r for r in seen.rows if r.item.state == I.RUNNING and r.item.unit_id is None],
        "refused": [r for r in seen.rows if r.item.state == I.REFUSED],
        "ways": ways(seen),
        "together": list(
            Activity.objects.filter(
                scenario=moving.SCENARIO, business_id=project.business_id, data__project=project.number
            ).select_related("unit")
        ),
        "said": list(said if person.is_official else said.filter(public=True)),
        "is_party": rights.is_enterprise(project, person) or rights.is_centre(project, person),
        "running": project.state == Project.State.RUNNING,
        "may_stop": not rights.bars_stop(project),
        "megabytes": settings.UPLOAD_MAX_BYTES // 1024**2,
        "now": timekeeping.now(),
    }


@dataclass
class Count:
    """How far a project of a list is: items done and in all, those that wait for the enterprise's documents, and the names of
    those that somebody is at."""

    done: int = 0
    all: int = 0
    papers: int = 0
    now: list[str] = field(default_factory=list)

    @property
    def percent(self) -> int:
        return 100 * self.done // self.all if self.all else 0


def counted(ids: list[int]) -> dict[int, Count]:
    """How far each of these projects is, in one query."""
    found = {pk: Count() for pk in ids}
    rows = ProjectItem.objects.filter(project_id__in=ids).order_by("id")
    for project, state, name, english in rows.values_list("project_id", "state", "name", "name_en"):
        count = found[project]
        count.all += 1
        count.done += state == I.DONE
        count.papers += state == I.PAPERS
        if state == I.RUNNING:
            count.now.append(localized(name, english))
    return found


@dataclass(frozen=True)
class Choice:
    """A way that the list allows and nobody has taken yet."""

    action: str
    fields: Mapping[str, str]
    text: str
    hint: str


def ways(seen: Overview) -> list[Choice]:
    """First stages, commitments and deferred documents that can be chosen now."""
    one = seen.standing
    found = []
    for spec in one.listed.items.values():
        whole = one.items.get(spec.stands_for)
        if whole and spec.code not in one.items and whole.state not in ProjectItem.ENDED:
            hint = _("前面的事项可以先开始,不必等「%(i)s」") % {"i": whole.label}
            found.append(Choice("stage", {"code": spec.code}, _("分阶段:先办「%(i)s」") % {"i": spec.name}, hint))
    for item in one.items.values():
        spec = one.spec(item)
        if item.state not in (I.WAITING, I.PAPERS):
            continue
        if spec.commit and not item.committed:
            hint = _("书面承诺后 %(d)d 个工作日办好,之后 %(c)d 个工作日内核查") % {
                "d": spec.commit.days,
                "c": spec.commit.check_within,
            }
            found.append(Choice("commit", {"item": item.code}, _("告知承诺:「%(i)s」") % {"i": item.label}, hint))
        taken = {d for c, d in one.ways.deferred if c == item.code}
        for document, days in spec.defer.items():
            if document not in one.held and document not in taken:
                text = _("容缺:「%(i)s」先办,「%(d)s」后补") % {
                    "i": item.label,
                    "d": papers.name_of(one, document),
                }
                hint = _("开始办理后 %(n)d 个工作日内补交") % {"n": days}
                found.append(Choice("defer", {"item": item.code, "document": document}, text, hint))
    return found


# --- doing ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """One thing that can be done: the form it is posted with, the function behind it, what is said afterwards."""

    form: Callable[..., DeskForm]
    run: Callable[[Project, Person, dict[str, Any], HttpRequest], Any]
    done: Any


def item_of(project: Project, given: Mapping[str, Any]) -> ProjectItem:
    """An item by the code that was posted.

    Raises:
        Invalid: the project has none of this code.
    """
    found = ProjectItem.objects.filter(project=project, code=given["item"]).first()
    if found is None:
        raise Invalid(_("项目里没有这个事项。"), fields={"item": _("请从清单里选择")})
    return found


def upload(project: Project, person: Person, request: HttpRequest) -> int:
    """Hand in every file that was chosen; how many.

    Raises:
        ActionError: one was refused; those before it stay handed in.
    """
    files = [(name, f) for name, f in request.FILES.items() if name.startswith(FILE)]
    for name, file in files:
        actions.give_paper(project, person, kind=name.removeprefix(FILE), name=file.name or "file", stream=file.file)
    return len(files)


def _papers(project: Project, person: Person, given: dict[str, Any], request: HttpRequest) -> None:
    if not upload(project, person, request):
        raise Invalid(_("请先选择文件。"))


def _answer(project: Project, person: Person, given: dict[str, Any], request: HttpRequest) -> None:
    upload(project, person, request)
    asked = papers.open_request(project)
    if asked is None:
        raise Invalid(_("现在没有待补正的材料。"))
    actions.answer_request(asked, person, text=given["text"])


def _own(project: Project, person: Person, given: dict[str, Any], request: HttpRequest) -> None:
    actions.finish_own(item_of(project, given), person, note=given["note"], sure=given["sure"])


def _message(project: Project, person: Person, given: dict[str, Any], request: HttpRequest) -> None:
    case_actions.message(project.case, person, text=given["text"])


#: What the enterprise does, or the centre for it.
PARTY: dict[str, Act] = {
    "papers": Act(DeskForm, _papers, L("材料已收下,各单位都能看到,不用再交。")),
    "answer": Act(forms.Answer, _answer, L("补正已送达,各单位继续办理。")),
    "own": Act(forms.Own, _own, L("已记下,等着它的事项会接着办。")),
    "stage": Act(
        forms.Stage, lambda p, who, d, r: actions.take_stage(p, who, code=d["code"]), L("已分阶段办理,计划已重新排好。")
    ),
    "commit": Act(
        forms.Item, lambda p, who, d, r: actions.commit(item_of(p, d), who), L("已作出承诺,办好后由承办单位核查。")
    ),
    "defer": Act(
        forms.Defer,
        lambda p, who, d, r: actions.defer(item_of(p, d), who, document=d["document"]),
        L("已容缺受理,请按期补交。"),
    ),
    "message": Act(forms.Talk, _message, L("留言已发出。")),
    "refile": Act(forms.Item, lambda p, who, d, r: actions.refile(item_of(p, d), who), L("已重新申报,材料不用重交。")),
}


def attempt(request: HttpRequest, project: Project, act: Act, form: DeskForm) -> tuple[bool, int]:
    """Do it with what was posted; whether it was done, and the HTTP status where it was not. Errors are in the form."""
    if not form.is_valid():
        said = [str(e) for errors in form.errors.values() for e in errors]
        messages.error(request, said[0] if len(said) == 1 else _("有几处需要修改,见下面红字。"))
        return False, 422
    try:
        act.run(project, person_of(request), form.cleaned_data, request)
    except ActionError as error:
        messages.error(request, error.message)
        tell(form, error)
        return False, status_of(error)
    messages.success(request, str(act.done))
    return True, 302
