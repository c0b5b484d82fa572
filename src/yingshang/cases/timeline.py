"""The timeline: each event as a sentence that a stranger can read, in Chinese or English."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.accounts.models import Unit, localized
from yingshang.cases.models import Case, Channel, Event, Nature, Rating


@dataclass(frozen=True)
class Entry:
    """One line of the timeline."""

    at: datetime
    kind: str
    text: str
    detail: str
    public: bool
    icon: str


def _n(d: dict[str, Any], field: str) -> str:
    return localized(str(d.get(field, "")), str(d.get(f"{field}_en", "")))


def _names(d: dict[str, Any], field: str) -> str:
    """Several names, each in the reader's language where both are held."""
    names = d.get(field, [])
    english = d.get(f"{field}_en", [""] * len(names))
    return _("、").join(localized(str(zh), str(en)) for zh, en in zip(names, english, strict=False))


def _routed(d: dict[str, Any]) -> str:
    r = d.get("routing", {})
    if not r.get("unit"):
        return _("系统没有把握推荐承办单位,由派单员判断")
    return _("系统建议由「%(u)s」承办") % {"u": _unit_name(str(r["unit"]))}


def _categorised(d: dict[str, Any], who: str) -> str:
    given = {"w": who, "c": _n(d, "category"), "b": _n(d, "before")}
    if d.get("by") == "rule":
        return _("%(w)s按诉求用语归入分类「%(c)s」") % given
    return (_("%(w)s 把分类由「%(b)s」改为「%(c)s」") if d.get("before") else _("%(w)s 归入分类「%(c)s」")) % given


@lru_cache(maxsize=1024)
def _unit_names(code: str) -> tuple[str, str]:
    return Unit.objects.filter(code=code).values_list("name", "name_en").first() or (code, "")


def _unit_name(code: str) -> str:
    """A unit's name by its code; looked up once a process."""
    return localized(*_unit_names(code))


def _who_decided(d: dict[str, Any]) -> dict[str, Any]:
    return {"m": d.get("meeting", ""), "u": d.get("owner", "")}


#: kind → (icon, who does what, the words that were written)
_SAYS: dict[str, tuple[str, Callable[[dict[str, Any], str], str], str]] = {
    "opened": ("send", lambda d, w: _opened(d, w), ""),
    "imported": ("table-import", lambda d, w: _("由表格导入(%(s)s)") % {"s": d.get("source", "")}, ""),
    "routed": ("route", lambda d, w: _routed(d), ""),
    "dispatched": ("arrow-right", lambda d, w: _("%(w)s 派给「%(u)s」承办") % {"w": w, "u": _n(d, "unit")}, "note"),
    "signed": ("circle-check", lambda d, w: _("「%(u)s」%(w)s 已签收,由其承办") % {"w": w, "u": _n(d, "unit")}, ""),
    "returned": ("arrow-back", lambda d, w: _("「%(u)s」退单(第 %(n)s 次)") % {"u": _n(d, "unit"), "n": d.get("bounces")}, "reason"),
    "handed_over": ("arrows-exchange", lambda d, w: _("由「%(u)s」转给「%(t)s」") % {"u": _n(d, "unit"), "t": _n(d, "to")}, "reason"),
    "contacted": ("phone", lambda d, w: _("%(w)s 已联系企业") % {"w": w}, "note"),
    "cohandlers_asked": ("users", lambda d, w: _("请%(u)s协办") % {"u": _names(d, "units")}, "note"),
    "cohandled": ("users", lambda d, w: _("协办单位「%(u)s」已反馈") % {"u": _n(d, "unit")}, "result"),
    "signers_added": ("writing-sign", lambda d, w: _("请%(p)s加签") % {"p": _names(d, "people")}, "note"),
    "sign_given": ("writing-sign", lambda d, w: _("%(w)s 签署同意") % {"w": w}, "result"),
    "sign_refused": ("writing-sign", lambda d, w: _("%(w)s 未同意") % {"w": w}, "result"),
    "supervision_done": ("eye-check", lambda d, w: _("%(w)s 已落实督办") % {"w": w}, "result"),
    "supplement_asked": ("file-plus", lambda d, w: _("请企业补充材料,计时暂停"), "what"),
    "supplemented": ("file-check", lambda d, w: _("企业已补充,继续计时"), "text"),
    "answered": ("message-check", lambda d, w: _("%(w)s 已答复,请企业确认") % {"w": w}, "text"),
    "confirmed": ("thumb-up", lambda d, w: _("企业确认:已解决"), "comment"),
    "not_solved": ("thumb-down", lambda d, w: _("企业反映:没有解决"), "comment"),
    "rated": ("star", lambda d, w: _("企业评价:%(l)s") % {"l": Rating.Level(d["level"]).label}, "comment"),
    "revisited": ("phone-check", lambda d, w: (_("%(w)s 回访:已解决") if d.get("solved") else _("%(w)s 回访:没有解决")) % {"w": w}, "note"),
    "reopened": ("rotate", lambda d, w: _("重新办理,原有记录和计时保留"), "reason"),
    "escalated": ("stairs-up", lambda d, w: _("提到第 %(l)s 级协调(%(t)s)") % {"l": d.get("level"), "t": _n(d, "to")}, "reason"),
    "supervised": ("eye", lambda d, w: _("%(w)s 督办") % {"w": w}, "note"),
    "urged": ("bell", lambda d, w: _("%(w)s 催办") % {"w": w}, "note"),
    "copied": ("copy", lambda d, w: _("抄送%(t)s") % {"t": _names(d, "to")}, ""),
    "extended": ("clock-plus", lambda d, w: _("「%(c)s」延期一次") % {"c": _n(d, "clock")}, "reason"),
    "overdue": ("clock-exclamation", lambda d, w: _("「%(c)s」已到期未完成") % {"c": _n(d, "clock")}, ""),
    "timer": ("clock", lambda d, w: _("到时间自动进入下一环节"), ""),
    "category_set": ("tag", lambda d, w: _categorised(d, w), ""),
    "nature_set": ("tag", lambda d, w: _("定性为%(n)s") % {"n": Nature(d["nature"]).label}, ""),
    "root_cause_named": ("target", lambda d, w: _("归入共性问题「%(t)s」") % {"t": d.get("title", "")}, ""),
    "root_cause_solved": ("target-arrow", lambda d, w: _("共性问题「%(t)s」已破解") % {"t": d.get("title", "")}, "measure"),
    "merged": ("git-merge", lambda d, w: _("与 %(n)s 重复,并入该件继续办理") % {"n": d.get("into")}, "reason"),
    "absorbed": ("git-merge", lambda d, w: _("%(n)s 与本件重复,已并入") % {"n": d.get("number")}, "reason"),
    "objection_upheld": ("gavel", lambda d, w: _("公示期间的异议经「%(u)s」核实成立,不予兑付") % {"u": _n(d, "unit")}, "reason"),
    "payee_changed": ("pencil", lambda d, w: _payee(d) % {"w": w}, ""),
    "withdrawn": ("x", lambda d, w: _("已撤回(由%(r)s提出)") % {"r": d.get("requested_by", "")}, "reason"),
    "message": ("message", lambda d, w: _("%(w)s 留言") % {"w": w}, "text"),
    "document": ("paperclip", lambda d, w: _("%(w)s 上传了「%(n)s」") % {"w": w, "n": d.get("name", "")}, ""),
    "decided": ("gavel", lambda d, w: _("「%(m)s」议定,由「%(u)s」落实") % _who_decided(d), "decision"),
    "step_done": ("check", lambda d, w: _("「%(s)s」完成(%(u)s %(w)s)") % {"s": _n(d, "step"), "u": _n(d, "unit"), "w": w}, "note"),
}  # fmt: skip


def _payee(d: dict[str, Any]) -> str:
    """Earlier events do not say whether the claim is reviewed again: all of theirs were."""
    return _("%(w)s 更改了收款账户,重新审核") if d.get("again", True) else _("%(w)s 更改了收款账户")


def _opened(d: dict[str, Any], who: str) -> str:
    """Who asked, and from where; ``who`` is ``""`` where nobody did: a project starts what is ready by itself."""
    channel = Channel(d.get("channel", Channel.PORTAL))
    said = {"w": who or _("系统"), "c": str(channel.label), "t": d.get("title", "")}
    if channel == Channel.PROJECT:
        return (_("%(w)s 发起「%(t)s」") if who else _("材料和前面的事项都齐了,由项目自动发起「%(t)s」")) % said
    if channel == Channel.PORTAL and not who:
        return _("自动发起「%(t)s」") % said
    return _("%(w)s 通过%(c)s提出「%(t)s」") % said


def _who(event: Event) -> str:
    """The actor as named at the time; in English by the English name, as long as the account still has that name."""
    if event.actor is None:
        return _("系统")
    known = event.actor.name == event.actor_label
    return localized(event.actor_label, event.actor.name_en if known else "")


def entry(event: Event) -> Entry:
    """One event as a line; an unknown kind is shown by its name rather than hidden."""
    who = _who(event)
    if event.kind not in _SAYS:
        return Entry(event.at, event.kind, event.kind, "", event.public, "point")
    icon, says, detail = _SAYS[event.kind]
    words = str(event.data.get(detail, "")) if detail else ""
    by_nobody = event.kind == "opened" and event.actor is None
    return Entry(event.at, event.kind, says(event.data, "" if by_nobody else who), words, event.public, icon)


def sentence(event: Event) -> str:
    """``04-26 09:12 …``: an event on one line."""
    e = entry(event)
    return f"{timezone.localtime(e.at):%m-%d %H:%M} {e.text}"


def of(case: Case, *, official: bool) -> list[Entry]:
    """The case's timeline, oldest first; the enterprise reads the public events only."""
    events = case.events.select_related("actor")
    return [entry(e) for e in (events if official else events.filter(public=True))]
