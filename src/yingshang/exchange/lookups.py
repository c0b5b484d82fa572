"""From the codes of the API to rows, with an error that names the field."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Membership, Person, Unit
from yingshang.accounts.statements import Prepared
from yingshang.cases.errors import Invalid
from yingshang.cases.models import Case, Task
from yingshang.exchange.auth import Caller
from yingshang.registry.models import Business

#: For actions, which lock and read the case themselves. Who reads the whole district needs no access row.
_number = Prepared(lambda number: Case.objects.only("id", "number").filter(number=number), "‹number›")
_number_visible = Prepared(
    lambda number, principals: Case.objects.only("id", "number").readable_by(principals).filter(number=number),
    "‹number›",
    ["‹principals›"],
)
_business = Prepared(lambda uscc: Business.objects.select_related("street", "platform").filter(uscc=uscc), "‹uscc›")
_unit = Prepared(lambda code: Unit.objects.filter(code=code), "‹code›")


def caller(request: HttpRequest) -> Caller:
    found: Caller = request.auth  # type: ignore[attr-defined]
    return found


def case_of(request: HttpRequest, number: str, *related: str) -> Case:
    """The case of this number, where the caller may read it; otherwise 404, as if there were none."""
    person = caller(request).person
    if related:
        found = Case.objects.visible_to(person).select_related(*related).filter(number=number).first()
    elif (scope := scope_of(person)).sees_all:
        found = _number.first(number)
    else:
        found = _number_visible.first(number, scope.principals)
    if found is None:
        raise Http404
    return found


def task_of(request: HttpRequest, task_id: int) -> Task:
    """The task, where the caller may read its case."""
    task = Task.objects.select_related("case").filter(pk=task_id).first()
    if task is None or not Case.objects.visible_to(caller(request).person).filter(pk=task.case_id).exists():
        raise Http404
    return task


def unit(code: str, field: str, kind: str = "") -> Unit:
    """The unit of this code; where a ``kind`` is asked for, no unit of another kind is one."""
    found = _unit.first(code)
    if found is None or (kind and found.kind != kind):
        raise Invalid(
            _("没有编号为 %(c)s 的单位。") % {"c": code}, fields={field: _("没有这个单位:%(c)s") % {"c": code}}
        )
    return found


def units(codes: Sequence[str], field: str) -> list[Unit]:
    held = {u.code: u for u in Unit.objects.filter(code__in=codes)} if codes else {}
    if missing := [c for c in codes if c not in held]:
        text = "、".join(missing)
        raise Invalid(
            _("没有编号为 %(c)s 的单位。") % {"c": text}, fields={field: _("没有这个单位:%(c)s") % {"c": text}}
        )
    return [held[c] for c in dict.fromkeys(codes)]


def officials(usernames: Sequence[str], field: str) -> list[Person]:
    rows = Person.objects.filter(username__in=usernames, kind=Person.Kind.OFFICIAL, is_active=True)
    rows = rows.filter(pk__in=Membership.objects.held().values("person_id"))
    held = {p.username: p for p in rows} if usernames else {}
    if missing := [n for n in usernames if n not in held]:
        raise Invalid(
            _("没有这些工作人员:%(n)s。") % {"n": "、".join(missing)}, fields={field: _("请填写工作人员的登录名")}
        )
    return [held[n] for n in dict.fromkeys(usernames)]


def business(uscc: str, person: Person, field: str) -> Business:
    """The business, where the person may look it up; handlers find only their own."""
    found = _business.first(uscc)
    if found is None or not (person.is_official or f"b{found.pk}" in scope_of(person).principals):
        raise Invalid(
            _("没有找到统一社会信用代码为 %(c)s 的企业。") % {"c": uscc}, fields={field: _("没有找到这家企业")}
        )
    return found


def key_of(request: HttpRequest, action: str, subject: object) -> str | None:
    """The ``Idempotency-Key`` header as a key of this person, this action and this subject; None when there is none.

    A key is a promise about one request: used for something else, it is another key.
    """
    given = request.headers.get("Idempotency-Key")
    if not given:
        return None
    scoped = hashlib.sha256(f"{action}\n{subject}\n{given}".encode()).hexdigest()
    return f"p{caller(request).person.pk}:{scoped[:48]}"
