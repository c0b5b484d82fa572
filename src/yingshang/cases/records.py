"""Records of the types that scenarios define: saved valid, corrected with a reason, every revision kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person, Unit
from yingshang.cases import catalog, forms
from yingshang.cases.errors import Conflict, Invalid
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
        Conflict: the key is taken; correct that record instead.
    """
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
        Conflict: somebody corrected it in between.
    """
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
