"""Records of scenario types: valid, corrected with a reason, every revision kept."""

from __future__ import annotations

import pytest

from tests.support.world import World
from yingshang.cases import records
from yingshang.cases.errors import Conflict, Invalid
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
