"""My tasks on a case page: steps of other scenarios' diagrams with their forms, and tasks beside the diagram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.accounts.models import Person
from yingshang.cases import actions, catalog, workflow
from yingshang.cases import forms as schemas
from yingshang.cases.actions.steps import OWN_ACTION, addressed_to
from yingshang.cases.models import Case, Task
from yingshang.policies import corrections
from yingshang.web.views import desk_schema
from yingshang.web.views.desk_fields import DeskForm, words
from yingshang.web.views.desk_support import new_key
from yingshang.web.views.portal_policies import words as facts

BESIDE = (Task.Kind.COHANDLE, Task.Kind.SIGN, Task.Kind.SUPERVISE)


@dataclass
class Own:
    """A task of mine with its form; with the reason instead where nobody may complete it now (``barred``)."""

    task: Task
    form: Any
    key: str
    open: bool
    barred: str = ""
    warning: str = ""


class Finish(DeskForm):
    """Co-handling or supervision: what was done."""

    result = words(gettext_lazy("办理情况"), rows=3)


class Sign(DeskForm):
    agree = forms.ChoiceField(
        label=gettext_lazy("意见"),
        choices=[("yes", gettext_lazy("同意")), ("no", gettext_lazy("不同意"))],
        widget=forms.RadioSelect,
    )
    result = words(gettext_lazy("说明"), required=False, rows=2, help_text=gettext_lazy("不同意须写明原因"))


def outcomes_of(task: Task) -> list[str]:
    """The outcomes of a step that have no action of their own."""
    offered = [o.strip() for o in task.outcomes.split(",") if o.strip()] or ["done"]
    return [o for o in offered if o not in OWN_ACTION]


def own(case: Case, person: Person, active: list[Task], bound: tuple[int, Any] | None) -> list[Own]:
    """The open tasks of this case that are this person's to finish here."""
    found = []
    for task in active:
        if task.status != Task.State.OPEN or not addressed_to(task, person):
            continue
        if task.kind == Task.Kind.STEP and not outcomes_of(task):
            continue
        if task.kind not in (Task.Kind.STEP, *BESIDE):
            continue
        form = _looked_at_again(case, bound[1]) if bound and bound[0] == task.pk else form_of(case, task)
        found.append(Own(task, form, new_key(), form.is_bound, workflow.against(case, task), _news(case)))
    return found


def _looked_at_again(case: Case, form: Any) -> Any:
    """A refused form on the page that is shown now: what that page shows of the register is what it carries."""
    name = f"f_{corrections.ON_RECORD}"
    if name in form.fields:
        form.data = form.data.copy()
        form.data[name] = corrections.on_record(case)
    return form


def _news(case: Case) -> str:
    """What whoever decides has to know before: the fact was changed since the case asked for it, or is of an earlier year."""
    if case.service != corrections.SERVICE:
        return ""
    old = facts.outdated(case.data["fact"], case.data["period"])
    return " ".join(s for s in (corrections.changed(case), old and _("要更正的是 %(o)s。") % {"o": old}) if s)


def form_of(case: Case, task: Task, data: Mapping[str, Any] | None = None) -> Any:
    """The form of a task; of a step with ``ys:form``, the fields of that schema."""
    auto_id = f"t{task.pk}_%s"
    if task.kind == Task.Kind.SIGN:
        return Sign(data, auto_id=auto_id)
    if task.kind in BESIDE:
        form = Finish(data, auto_id=auto_id)
        form.fields["result"].required = task.kind == Task.Kind.COHANDLE
        return form
    name = schemas.of_step(case, task.step)
    known = catalog.get(case.scenario).forms
    base = desk_schema.form_for(catalog.get(case.scenario), name)
    initial = {f"f_{k}": v for k, v in case.data.items() if name in known and k in known[name].get("properties", {})}
    if name == "correction_check":
        initial[f"f_{corrections.ON_RECORD}"] = corrections.on_record(case)
    offered = outcomes_of(task)
    if len(offered) == 1:
        choice: forms.Field = forms.CharField(widget=forms.HiddenInput, initial=offered[0])
    else:
        # Nothing is chosen beforehand: whoever decides says so, and does not sign what the form proposed.
        said = [(o, word_of(o)) for o in offered]
        unsaid = _("请先选结果:%(o)s。") % {"o": " / ".join(name for _o, name in said)}
        choice = forms.ChoiceField(
            label=_("结果"), choices=said, widget=forms.RadioSelect, error_messages={"required": unsaid}
        )
    fields = {"outcome": choice, "note": words(_("说明"), required=False, rows=2)}
    return type("StepForm", (base,), fields)(data, auto_id=auto_id, initial=initial)


def word_of(outcome: str) -> str:
    """An outcome of a diagram as people say it; an unknown one is shown as it is."""
    known = {
        "done": _("完成"),
        "invite": _("邀请"),
        "decline": _("不邀请"),
        "follow_up": _("会后跟进"),
        "absent": _("未到会"),
        "accept": _("通过"),
        "redo": _("退回重做"),
        "pass": _("通过"),
        "refuse": _("不通过"),
        "back": _("退回上一步"),
        "mend": _("整改后再来"),
        "agree": _("同意"),
        "object": _("有意见"),
        "paid": _("已拨付"),
        "right": _("属实"),
        "stuck": _("卡住了,要协调"),
        "listed": _("列入"),
        "not_listed": _("不列入"),
        "found": _("找到了"),
        "none": _("没找到"),
    }
    return known.get(outcome, outcome)


def do(task: Task, actor: Person, form: Any, key: str | None) -> Task:
    """Finish the task with a valid form.

    Raises:
        ActionError: as the action refuses it.
    """
    given = form.cleaned_data
    if task.kind == Task.Kind.STEP:
        return actions.complete_task(
            task, actor, outcome=given["outcome"], note=given["note"], data=form.data_for_schema(), key=key
        )
    return actions.finish_task(task, actor, result=given["result"], agree=given.get("agree", "yes") == "yes", key=key)
