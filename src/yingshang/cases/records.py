"""Records of the types that scenarios define: saved valid, corrected with a reason, every revision kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Role, Unit
from yingshang.cases import catalog, forms
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.registry.models import Business, Record, RecordRevision


def _schema(type_: str) -> tuple[catalog.ScenarioSpec, str]:
    """Scenario and file stem of a record type such as ``title_history_solver.missing_document``."""
    scenario, _dot, stem = type_.partition(".")
    try:
        spec = catalog.get(scenario)
    except catalog.UnknownScenario as error:
        raise Invalid(str(error)) from None
    if stem not in spec.records:
        raise Invalid(_("情景 %(s)s 没有档案类型 %(t)s。") % {"s": scenario, "t": stem})
    return spec, stem


def schema_of(type_: str) -> Mapping[str, Any]:
    """The JSON Schema of a record type.

    Raises:
        Invalid: no scenario has such a type.
    """
    spec, stem = _schema(type_)
    return spec.records[stem]


def may_write(person: Person, type_: str, record: Record | None = None) -> bool:
    """Whether somebody may write records of a type, or correct this one: the reform office, the scenario's unit and those
    who lead it, the roles that the type names in ``x-written-by``, and the unit whose record it is."""
    if not person.is_official:
        return False
    spec, stem = _schema(type_)
    scope = scope_of(person)
    if scope.has(Role.REFORM_OFFICE, *spec.records[stem].get("x-written-by", ())):
        return True
    # Who checks on others or runs the system writes no records, of whatever unit they are.
    if not scope.roles - {Role.AUDITOR, Role.ADMINISTRATOR}:
        return False
    mine = scope.unit_ids | scope.led_unit_ids
    if record is not None and record.unit_id in mine:
        return True
    return Unit.objects.filter(code=spec.owner, pk__in=mine).exists()


def _require(by: Person | None, type_: str, record: Record | None = None) -> None:
    if by is not None and not may_write(by, type_, record):
        raise NotAllowed(_("这类档案由主管单位和改革办登记。"))


def _valid(type_: str, data: Mapping[str, Any]) -> dict[str, Any]:
    spec, stem = _schema(type_)
    if problems := forms.check_record(spec, stem, data):
        raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)
    return dict(data)


@transaction.atomic
def create(
    type_: str,
    data: Mapping[str, Any],
    by: Person | None,
    *,
    key: str = "",
    business: Business | None = None,
    unit: Unit | None = None,
) -> Record:
    """Save a new record of a scenario's type.

    Args:
        type_: ``<scenario>.<file stem under records/>``.
        key: business key, unique within the type; ``""`` for none.

    Raises:
        Invalid: unknown type, or data that does not fit its JSON Schema (by field).
        NotAllowed: see :func:`may_write`.
        Conflict: the key is taken; correct that record instead.
    """
    _require(by, type_)
    checked = _valid(type_, data)
    if key and Record.objects.filter(type=type_, key=key).exists():
        raise Conflict(_("已有编号为 %(k)s 的档案,请更正原档案。") % {"k": key})
    record = Record.objects.create(type=type_, key=key, business=business, unit=unit, data=checked)
    RecordRevision.objects.create(record=record, number=1, data=checked, by=by)
    audit.record(by, "record.create", type_, record.pk, key=key)
    return record


@transaction.atomic
def correct(record: Record, data: Mapping[str, Any], by: Person | None, *, reason: str, seen: int) -> Record:
    """Correct a record; what it said before stays as a revision.

    Args:
        seen: the revision that the corrector had before them.

    Raises:
        Invalid: no reason, or data that does not fit.
        NotAllowed: see :func:`may_write`.
        Conflict: somebody corrected it in between.
    """
    _require(by, record.type, record)
    if not reason.strip():
        raise Invalid(_("更正须写明理由。"), fields={"reason": _("请写明更正理由")})
    locked = Record.objects.select_for_update().get(pk=record.pk)
    if locked.revision != seen:
        raise Conflict(_("这条档案刚被更正过(第 %(n)d 版),请刷新后再改。") % {"n": locked.revision})
    checked = _valid(locked.type, data)
    locked.revision += 1
    locked.data = checked
    locked.updated_at = timekeeping.now()
    locked.save(update_fields=["revision", "data", "updated_at"])
    RecordRevision.objects.create(record=locked, number=locked.revision, data=checked, by=by, reason=reason.strip())
    audit.record(by, "record.correct", locked.type, locked.pk, revision=locked.revision, reason=reason.strip())
    return locked
