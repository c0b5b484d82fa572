"""Each action of a case as a small form: its fields, what it calls, and what is said when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _n

from yingshang.accounts.models import Person, localized
from yingshang.cases import actions, categories, documents
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Case, Clock, Nature, Rating, Task
from yingshang.web.views.desk_fields import DeskForm, PeopleField, UnitField, UnitsField, colleagues, words

L = gettext_lazy


class CaseForm(DeskForm):
    """A form of one case; subclasses look at ``case`` and ``person`` for what they offer."""

    def __init__(self, *args: Any, case: Case, person: Person, **kwargs: Any) -> None:
        self.case, self.person = case, person
        super().__init__(*args, **kwargs)


class Nothing(CaseForm):
    """A button is enough."""


class Dispatch(CaseForm):
    lead = UnitField(label=L("主办单位"))
    assisting = UnitsField(label=L("协办单位"), required=False)
    category = forms.ChoiceField(
        label=L("分类"), required=False, help_text=L("没选或选错的,在这里选对;时限按所选的分类从提出时算起")
    )
    note = words(L("派单说明"), required=False, rows=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(c.code, str(c)) for c in categories.offered(self.case.scenario)]
        if not known:
            del self.fields["category"]
            return
        own = self.case.category
        # One that was put away since stays the case's own until another is chosen.
        none = [] if own and own.active else [("", str(own) if own else _("未分类"))]
        self.fields["category"].choices = none + known  # type: ignore[attr-defined]
        self.initial.setdefault("category", own.code if own and own.active else "")


class Return(CaseForm):
    reason = words(L("退单理由"), help_text=L("写明为什么不属于本单位职责,最好写上您认为该由谁办"))


class HandOver(CaseForm):
    to = UnitField(label=L("转给"))
    reason = words(L("转办理由"))


class Contact(CaseForm):
    note = words(L("联系情况"), rows=2, help_text=L("如:已电话联系王经理,约定明日上午上门"))


class CoHandle(CaseForm):
    units = UnitsField(label=L("协办单位"))
    note = words(L("请对方做什么"), required=False, rows=2)


class AddSigners(CaseForm):
    people = PeopleField(label=L("加签人"))
    mode = forms.ChoiceField(
        label=L("加签方式"), choices=Task.Mode.choices, initial=Task.Mode.ALL, widget=forms.RadioSelect
    )
    note = words(L("请对方看什么"), required=False, rows=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = _people(self.case, self.person)  # type: ignore[attr-defined]


class AskSupplement(CaseForm):
    what = words(L("需要补充什么"), help_text=L("请一次性逐项写清;企业补齐之前计时暂停"))


class Supplement(CaseForm):
    text = words(L("补充说明"), required=False, help_text=L("材料请在下方「上传材料」中上传"))


class Answer(CaseForm):
    text = words(L("答复内容"), rows=5, help_text=L("写明办了什么、结果如何、企业接下来要做什么;企业看到的就是这段话"))


class Confirm(CaseForm):
    solved = forms.ChoiceField(
        label=L("解决了吗"), choices=[("yes", L("已解决")), ("no", L("没有解决"))], widget=forms.RadioSelect
    )
    comment = words(L("企业怎么说"), required=False, rows=2)


class Rate(CaseForm):
    level = forms.TypedChoiceField(
        label=L("评价"), coerce=int, choices=list(reversed(Rating.Level.choices)), widget=forms.RadioSelect
    )
    comment = words(L("说明"), required=False, rows=2)


class RevisitForm(CaseForm):
    solved = forms.ChoiceField(
        label=L("企业认为解决了吗"), choices=[("yes", L("已解决")), ("no", L("没有解决"))], widget=forms.RadioSelect
    )
    note = words(L("回访情况"), rows=2, help_text=L("记下和谁通话、对方怎么说"))


class Reason(CaseForm):
    reason = words(L("理由"))


class Escalate(CaseForm):
    reason = words(L("卡在哪里"))
    nature = forms.ChoiceField(
        label=L("问题性质"), required=False, choices=[("", L("暂不判断")), *Nature.choices], widget=forms.RadioSelect
    )


class Supervise(CaseForm):
    note = words(L("督办要求"))


class Urge(CaseForm):
    note = words(L("催办说明"), required=False, rows=2)


class Copy(CaseForm):
    units = UnitsField(label=L("抄送单位"), required=False)
    people = PeopleField(label=L("抄送人员"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = _people(self.case, self.person)  # type: ignore[attr-defined]


class Extend(CaseForm):
    code = forms.ChoiceField(label=L("延长哪个时限"))
    amount = forms.DecimalField(
        label=L("延长多少"), max_digits=5, decimal_places=2, min_value=Decimal("0.25"), help_text=L("单位与该时限相同")
    )
    reason = words(L("延期理由"), rows=2, help_text=L("企业能看到;每个时限只能延长一次"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        running = Clock.objects.filter(case=self.case, state=Clock.State.RUNNING)
        self.fields["code"].choices = [  # type: ignore[attr-defined]
            (c.code, f"{localized(c.name, c.name_en)} · {c.amount.normalize():f} {c.get_basis_display()}")
            for c in running
        ]


class Merge(CaseForm):
    into = forms.CharField(label=L("并入哪一件"), max_length=24, help_text=L("填写继续办理的那件的编号"))
    reason = words(L("说明"), required=False, rows=2)

    def clean_into(self) -> Case:
        number = self.cleaned_data["into"].strip()
        found = Case.objects.visible_to(self.person).filter(number=number).first()
        if found is None:
            raise forms.ValidationError(_("没有找到编号为 %(n)s 的办件。") % {"n": number})
        return found


class Withdraw(CaseForm):
    requested_by = forms.CharField(label=L("由谁提出撤回"), max_length=60, help_text=L("如:企业经办人王某,电话提出"))
    reason = words(L("撤回原因"), rows=2)


class Message(CaseForm):
    text = words(L("内容"), rows=2)
    public = forms.ChoiceField(
        label=L("谁能看到"),
        choices=[("yes", L("企业和工作人员")), ("no", L("仅工作人员"))],
        initial="yes",
        widget=forms.RadioSelect,
    )


class DocumentForm(CaseForm):
    file = forms.FileField(label=L("文件"), help_text=L("PDF、图片、Office 文档、压缩包或 MP4,不超过 20 MB"))
    public = forms.ChoiceField(
        label=L("谁能看到"),
        choices=[("yes", L("企业和工作人员")), ("no", L("仅工作人员"))],
        initial="yes",
        widget=forms.RadioSelect,
    )


class NatureForm(CaseForm):
    nature = forms.ChoiceField(label=L("问题性质"), choices=Nature.choices, widget=forms.RadioSelect)


def _people(case: Case, person: Person) -> Any:
    near = [case.lead_unit]
    ids = [p.pk for p in colleagues(near, without=person)]
    return Person.objects.filter(pk__in=ids).order_by("id")


Run = Callable[[Case, Person, dict[str, Any], str | None], object]


@dataclass(frozen=True)
class CaseAction:
    """One action as a page offers it."""

    label: str
    form: type[CaseForm]
    run: Run
    done: str
    group: str
    outcomes: tuple[str, ...] = ()
    """Needs an open step of the diagram with one of these outcomes; other scenarios' diagrams may have none."""
    danger: bool = False


def _document(case: Case, person: Person, d: dict[str, Any], key: str | None) -> None:
    documents.attach(case, person, name=d["file"].name, stream=d["file"].file, public=d["public"] == "yes", key=key)


def _revisit(case: Case, person: Person, d: dict[str, Any], key: str | None) -> None:
    actions.revisit(case, person, solved=d["solved"] == "yes", note=d["note"], key=key)


def _confirm(case: Case, person: Person, d: dict[str, Any], key: str | None) -> None:
    actions.confirm(case, person, solved=d["solved"] == "yes", comment=d["comment"], key=key)


def _message(case: Case, person: Person, d: dict[str, Any], key: str | None) -> None:
    actions.message(case, person, text=d["text"], public=d["public"] == "yes", key=key)


def _with(fn: Callable[..., object]) -> Run:
    return lambda case, person, d, key: fn(case, person, **d, key=key)


def _withdraw(case: Case, person: Person, d: dict[str, Any], key: str | None) -> None:
    if not d["requested_by"].strip():
        raise Invalid(_("请写明由谁提出。"), fields={"requested_by": _("请写明提出人")})
    actions.withdraw(case, person, key=key, **d)


#: Names as in :data:`yingshang.cases.workflow.RULES`; groups are the headings they are offered under.
ACTIONS: dict[str, CaseAction] = {
    "dispatch": CaseAction(_n("派单"), Dispatch, _with(actions.dispatch), _n("已派单。"), "main", ("dispatch",)),
    "sign_for": CaseAction(_n("签收"), Nothing, _with(actions.sign_for), _n("已签收。"), "main", ("sign",)),
    "contact": CaseAction(_n("记录首次联系"), Contact, _with(actions.contact), _n("已记下联系情况。"), "main"),
    "answer": CaseAction(_n("答复企业"), Answer, _with(actions.answer), _n("已答复,等企业确认。"), "main", ("answer",)),
    "supplement": CaseAction(_n("代企业补充"), Supplement, _with(actions.supplement), _n("已补充,继续计时。"), "main"),
    "confirm": CaseAction(_n("代企业确认"), Confirm, _confirm, _n("已记下确认结果。"), "main", ("solved", "unsolved")),
    "revisit": CaseAction(_n("电话回访"), RevisitForm, _revisit, _n("已记下回访结果。"), "main"),
    "rate": CaseAction(_n("代企业评价"), Rate, _with(actions.rate), _n("已记下评价。"), "close"),
    "co_handle": CaseAction(_n("请协办"), CoHandle, _with(actions.co_handle), _n("已请协办。"), "work"),
    "add_signers": CaseAction(_n("加签"), AddSigners, _with(actions.add_signers), _n("已送加签。"), "work"),
    "ask_supplement": CaseAction(
        _n("请企业补充"), AskSupplement, _with(actions.ask_supplement), _n("已请企业补充,计时暂停。"), "work"
    ),
    "extend": CaseAction(_n("延期"), Extend, _with(actions.extend), _n("已延期。"), "work"),
    "return": CaseAction(
        _n("退单"), Return, _with(actions.return_case), _n("已退回待派单。"), "pass", ("return",), True
    ),
    "hand_over": CaseAction(_n("转办"), HandOver, _with(actions.hand_over), _n("已转办。"), "pass"),
    "merge": CaseAction(_n("并案"), Merge, _with(actions.merge), _n("已并案。"), "close", (), True),
    "withdraw": CaseAction(_n("撤回"), Withdraw, _withdraw, _n("已撤回。"), "close", (), True),
    "reopen": CaseAction(_n("重新办理"), Reason, _with(actions.reopen), _n("已重新办理。"), "close"),
    "urge": CaseAction(_n("催办"), Urge, _with(actions.urge), _n("已催办。"), "push"),
    "supervise": CaseAction(_n("督办"), Supervise, _with(actions.supervise), _n("已督办。"), "push"),
    "escalate": CaseAction(_n("提级协调"), Escalate, _with(actions.escalate), _n("已提级。"), "push"),
    "nature": CaseAction(_n("定性"), NatureForm, _with(actions.set_nature), _n("已定性。"), "push"),
    "copy": CaseAction(_n("抄送"), Copy, _with(actions.copy_to), _n("已抄送。"), "push"),
    "message": CaseAction(_n("留言"), Message, _message, _n("已留言。"), "talk"),
    "document": CaseAction(_n("上传材料"), DocumentForm, _document, _n("已上传。"), "talk"),
}

GROUPS: list[tuple[str, str]] = [
    ("work", _n("办理")),
    ("pass", _n("流转")),
    ("push", _n("督促")),
    ("close", _n("结束")),
]


def told(name: str, case: Case) -> str:
    """What is said when an action is done; of taking a case on, what its own diagram asks for next."""
    if name != "sign_for":
        return _(ACTIONS[name].done)
    steps = list(Task.objects.filter(case=case, kind=Task.Kind.STEP, status=Task.State.OPEN).order_by("id"))
    if any("contact" in t.outcomes.split(",") for t in steps):
        return _("已签收,请尽快联系企业。")
    names = _("、").join(dict.fromkeys(t.label for t in steps))
    return _("已签收,接下来:%(s)s。") % {"s": names} if names else _("已签收。")


def fits(name: str, case: Case, outcomes: set[str]) -> bool:
    """Whether the diagram, as it stands, has a step for this action (``outcomes``: of the open steps)."""
    if name == "contact":
        return case.first_contact_at is not None or "contact" in outcomes
    if name == "revisit" and not case.ended:
        return bool({"solved", "unsolved"} & outcomes)
    needed = ACTIONS[name].outcomes
    return not needed or bool(outcomes & set(needed))
