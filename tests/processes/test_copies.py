"""Many starts at once are the same as one start after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.processes import bpmn
from yingshang.processes.bpmn import state
from yingshang.processes.bpmn.copies import Starter

from .drawing import draw, loop
from .running import NOW

DEMAND = draw(
    "start > route > sure", "sure > sign > end: routing.sure", "sure > dispatch > end", "late > dispatch",
    route="rule routing#routing -> routing", sure="xor", sign="user ys:actor='lead'",
    dispatch="""user ys:actor='="role:" + routing.role'""", late="on sign timer P1D",
)  # fmt: skip


def decide(reference: str, data: Any) -> dict[str, Any]:
    return {"sure": data["words"] > 2, "role": f"r{data['words']}"}


def shape(document: dict[str, Any]) -> Any:
    """A state without ids and times."""
    ids: dict[str, int] = {}
    return [
        document["scope"],
        document["past"],
        [
            [
                [ids.setdefault(t[0], len(ids)), ids.get(t[1]), len(t[2]), *t[4:]]
                for t in part[3]
            ]
            for part in (document["top"], *(s[2] for s in document["sub"]))
        ],
    ]  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"words": st.integers(0, 5), "text": st.text(max_size=20)}), min_size=2, max_size=6)
)
def test_stamped_is_started(rows: list[dict[str, Any]]) -> None:
    definition = bpmn.Definition.parse(DEMAND)
    starter = Starter(definition, NOW)
    for row in rows:
        stamped, started = starter.start(row, decide), definition.start(row, NOW, decide)
        assert shape(state.unpack(stamped.state)) == shape(state.unpack(started.dump()))
        assert stamped.data == started.data
        assert [(t.step, t.attributes) for t in stamped.tasks] == [(t.step, t.attributes) for t in started.tasks()]
        assert [(t.step, t.due) for t in stamped.timers] == [(t.step, t.due) for t in started.timers()]


def test_stamped_instances_live_on_by_themselves() -> None:
    definition = bpmn.Definition.parse(DEMAND)
    starter = Starter(definition, NOW)
    stamped = [starter.start({"words": 3, "n": n}, decide) for n in range(4)]
    ids = [t.id for s in stamped for t in (*s.tasks, *s.timers)]
    assert len(set(ids)) == 8
    for n, one in enumerate(stamped):
        instance = definition.load(one.state, decide)
        assert instance.data["n"] == n
        if n % 2:
            instance.complete(one.tasks[0].id, {"n": n * 10}, NOW)
            assert instance.ended
        else:
            instance.fire(one.timers[0].id, NOW + timedelta(days=1))
            assert [t.attributes["actor"] for t in instance.tasks()] == ["role:r3"]


def test_the_decision_is_asked_once_for_each() -> None:
    asked = []

    def counting(reference: str, data: Any) -> dict[str, Any]:
        asked.append(data["words"])
        return decide(reference, data)

    starter = Starter(bpmn.Definition.parse(DEMAND), NOW)
    for words in (1, 3, 1, 3):
        starter.start({"words": words}, counting)
    assert asked == [1, 3, 1, 3]


def test_an_answer_that_the_path_does_not_need_leaves_no_trace() -> None:
    xml = draw(
        "start > again", "again > handle > end: reopened", "again > route > handle", again="xor", handle="user",
        route="rule routing#routing -> routing",
    )  # fmt: skip
    definition = bpmn.Definition.parse(xml)
    starter = Starter(definition, NOW)
    for reopened in (True, True, False, False):
        data = {"words": 1, "reopened": reopened}
        assert starter.start(data, decide).data == definition.start(data, NOW, decide).data


@pytest.mark.parametrize(
    "xml",
    [
        draw("start > s > a > end", s="script n := words + 1", a="user"),
        draw("start > a > end", a="user" + loop("things", "thing")),
        draw("start > w", "w > t1 > end", "w > t2 > end", w="event", t1="timer P1D", t2="timer span"),
        draw("start > t1 > end", t1="timer span"),
        draw("start > way", "way > a > end: words > 1", "way > end", way="xor", a="user"),
    ],
)
def test_what_cannot_be_stamped_is_started(xml: bytes) -> None:
    definition = bpmn.Definition.parse(xml)
    starter = Starter(definition, NOW)
    for words in (1, 2, 3):
        data = {"words": words, "things": list(range(words)), "span": f"P{words}D"}
        stamped, started = starter.start(data, None), definition.start(data, NOW)
        assert (stamped.data, stamped.ended) == (started.data, started.ended)
        assert [t.item for t in stamped.tasks] == [t.item for t in started.tasks()]
        assert [t.due for t in stamped.timers] == [t.due for t in started.timers()]


def test_without_an_answer_there_is_no_start() -> None:
    with pytest.raises(bpmn.ScriptError, match="route"):
        Starter(bpmn.Definition.parse(DEMAND), NOW).start({"words": 1}, None)
