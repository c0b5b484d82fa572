"""Records of scenario types: valid, corrected with a reason, every revision kept."""

from __future__ import annotations

import pytest

from tests.support.world import PEOPLE, World
from yingshang.cases import records
from yingshang.cases.errors import Conflict, Invalid, NotAllowed
from yingshang.registry.models import RecordRevision

TYPE = "escalation_coordination.root_cause"


def sample() -> dict[str, object]:
    """Valid data, made from the schema's own required fields."""
    from yingshang.cases import catalog

    schema = catalog.get("escalation_coordination").records["root_cause"]
    values: dict[str, object] = {}
    for name in schema.get("required", []):
        prop = schema["properties"][name]
        if "enum" in prop:
            values[name] = prop["enum"][0]
        elif prop.get("type") == "array":
            values[name] = []
        elif prop.get("type") in ("integer", "number"):
            values[name] = prop.get("minimum", 1)
        elif prop.get("type") == "boolean":
            values[name] = True
        elif prop.get("format") == "date":
            values[name] = "2023-06-30"
        else:
            values[name] = "路灯移交不及时,涉及多家企业"
    return values


def test_a_correction_keeps_what_was_said(world: World) -> None:
    first = sample()
    record = records.create(TYPE, first, world.reform, key="r1", unit=world.units["dept.economy"])
    name = next(k for k, v in first.items() if isinstance(v, str) and v.startswith("路灯"))
    corrected = records.correct(record, {**first, name: "路灯先行移交"}, world.reform, reason="会议纪要更正", seen=1)
    assert (corrected.revision, corrected.data[name]) == (2, "路灯先行移交")
    assert RecordRevision.objects.get(record=record, number=1).data == first
    with pytest.raises(Conflict, match="第 2 版"):
        records.correct(record, first, world.reform, reason="再改", seen=1)
    with pytest.raises(Invalid, match="理由"):
        records.correct(record, first, world.reform, reason=" ", seen=2)


def test_a_key_is_taken_once_and_types_are_known(world: World) -> None:
    records.create(TYPE, sample(), world.reform, key="r1")
    with pytest.raises(Conflict):
        records.create(TYPE, sample(), world.reform, key="r1")
    with pytest.raises(Invalid):
        records.create("escalation_coordination.nothing", {}, world.reform)
    with pytest.raises(Invalid) as refused:
        records.create(TYPE, {}, world.reform)
    assert refused.value.details["fields"]


def test_who_writes_records(world: World) -> None:
    """The scenario's own unit, the reform office, the roles a type names, and the unit whose record it is."""
    from yingshang.cases import catalog

    owned, named = "qifu_express.referral", "service_officer.policy_delivered"
    assert catalog.get("qifu_express").owner == "dept.economy"
    writers = {name for name in (*world.people, "firm1") if records.may_write(getattr(world, name), owned)}
    assert writers == {"reform"} | {name for name, _name, unit, _role in PEOPLE if unit == "dept.economy"}
    assert records.may_write(world.officer, named) and not records.may_write(world.officer, owned)
    assert not records.may_write(world.auditor, named) and not records.may_write(world.firm1, named)
    with pytest.raises(NotAllowed):
        records.create(owned, {}, world.officer)
    record = records.create(TYPE, sample(), world.reform, unit=world.units["dept.commerce"])
    with pytest.raises(NotAllowed):
        records.correct(record, sample(), world.education_officer, reason="改", seen=1)
    assert records.correct(record, sample(), world.officer, reason="单位自己更正", seen=1).revision == 2
