"""A diagram's steps as a log has them: how often, and how long they were waited for."""

from __future__ import annotations

from pathlib import Path

from tests.insight.logs import DAY, NEW_YEAR, case, event, log, store, trace
from yingshang.insight.heat import Warmth, heat, levels
from yingshang.insight.net import Net

DEMAND = Path(__file__).resolve().parents[2] / "src/yingshang/scenarios/qifu_express/demand.bpmn"


def test_steps_of_the_house_are_known_by_their_elements(tmp_path: Path) -> None:
    made = [case(f"c{n}", ("提出", 0), ("签收", 1), ("办理答复", 5), ("协办", 6)) for n in range(2)]
    for one, begun in zip(made, (4, 3), strict=True):
        one.events[1].step, one.events[2].step = "sign", "handle"
        one.events[1].begun = one.events[1].time
        one.events[2].begun = NEW_YEAR + begun * DAY
    house = store(tmp_path, made)
    net = Net(DEMAND.read_bytes())
    with house.connect() as tables:
        found = heat(tables, house, net, apart=True)
        # From the step before to the end: waiting and work together.
        whole = heat(tables, house, net, apart=False)
    # A day until it was signed for, then three days and two. What is beside the diagram has no place on it.
    assert found == [Warmth("sign", 2, 1.0), Warmth("handle", 2, 2.5)]
    assert whole == [Warmth("sign", 2, 1.0), Warmth("handle", 2, 4.0)]


def test_steps_of_other_logs_are_known_by_their_names(tmp_path: Path) -> None:
    found = log(tmp_path, trace("c", event("签收", "2023-01-01T00:00:00Z"), event("办理答复", "2023-01-03T00:00:00Z"),
                                event("盖章", "2023-01-04T00:00:00Z"), event("签收")))  # fmt: skip
    with found.connect() as tables:
        assert heat(tables, found, Net(DEMAND.read_bytes()), apart=False) == [
            Warmth("sign", 2, None), Warmth("handle", 1, 2.0),
        ]  # fmt: skip


def test_shades_are_shares_of_the_largest() -> None:
    assert levels([0, 1, 2, 4.1, 10]) == [1, 1, 1, 3, 5]
    assert levels([0, 0]) == [1, 1]
    assert levels([]) == []
