"""One case of seven steps, each load → complete → dump, against bare SpiffWorkflow with its own serializer.

Run ``python tests/processes/bench_steps.py``; it prints JSON lines. Bare SpiffWorkflow runs the same diagram with its
conditions in Python, and writes its state, definition included, as JSON, which is what its serializer does.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import TaskState

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.processes.drawing import draw
from tests.processes.running import NOW
from yingshang.processes import bpmn

STEPS = ("dispatch", "sign", "contact", "handle", "confirm", "revisit", "rate")
#: What a demand has when it is opened.
DATA: dict[str, Any] = {
    "category": "policy",
    "channel": "portal",
    "street": "street.xiasha",
    "level": 0,
    "outcome": "",
    "title": "厂房扩建能不能享受技改补贴",
    "text": "我公司拟新增两条生产线，想了解技改补贴的条件、比例和申报时间。" * 8,
    "form": {
        "contact": "张三",
        "phone": "13800000000",
        "employees": 120,
        "files": [{"id": n, "name": f"{n}.pdf"} for n in range(3)],
    },
}


def diagram(*, python: bool) -> bytes:
    """Seven user tasks, three gateways, a deadline; conditions in Python or in FEEL."""
    equals, never = ("==", '"P5D"') if python else ("=", "P5D")
    return draw(
        "start > dispatch > again > sign > signed",
        f'signed > again: outcome {equals} "return"',
        "signed > contact > handle > confirm > solved",
        f'solved > handle: outcome {equals} "unsolved"',
        "solved > revisit > rate > end",
        "silent > revisit2 > end",
        **dict.fromkeys((*STEPS, "revisit2"), "user"),
        again="xor",
        signed="xor",
        solved="xor",
        silent=f"on confirm timer {never}",
    )


def ours() -> int:
    """One case on ours; returns the length of its longest state in bytes."""
    definition = _definition()
    state = definition.start(DATA, NOW).dump()
    longest = len(state)
    for step in STEPS:
        instance = definition.load(state)
        (task,) = instance.tasks()
        assert task.step == step
        instance.complete(task.id, {"outcome": step}, NOW)
        instance.timers()
        state = instance.dump()
        longest = max(longest, len(state))
    assert instance.ended
    return longest


def bare() -> int:
    """One case on bare SpiffWorkflow; returns the length of its longest state in bytes."""
    spec, subprocesses = _spec()
    workflow = BpmnWorkflow(spec, subprocesses)
    workflow.task_tree.data = dict(DATA)
    for task in workflow.get_tasks(state=TaskState.READY):
        task.data = dict(DATA)
    workflow.do_engine_steps()
    state = SERIALIZER.serialize_json(workflow)
    longest = len(state.encode())
    for step in STEPS:
        workflow = SERIALIZER.deserialize_json(state)
        (task,) = workflow.get_tasks(state=TaskState.READY, manual=True)
        assert task.task_spec.bpmn_id == step
        task.data["outcome"] = step
        task.run()
        workflow.do_engine_steps()
        state = SERIALIZER.serialize_json(workflow)
        longest = max(longest, len(state.encode()))
    assert workflow.completed
    return longest


SERIALIZER = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
_held: dict[str, Any] = {}


def _definition() -> bpmn.Definition:
    if "ours" not in _held:
        _held["ours"] = bpmn.Definition.parse(diagram(python=False))
    found: bpmn.Definition = _held["ours"]
    return found


def _spec() -> Any:
    if "bare" not in _held:
        parser = BpmnParser()
        parser.add_bpmn_io(io.BytesIO(diagram(python=True)))
        _held["bare"] = parser.get_spec("p"), parser.get_subprocess_specs("p")
    return _held["bare"]


def _once(case: Callable[[], int]) -> float:
    began = time.perf_counter()
    case()
    return time.perf_counter() - began


def measure(rounds: int) -> dict[str, Any]:
    """The best of ``rounds`` cases of each kind, taken in turn so that both meet the same weather."""
    sizes = ours(), bare()
    times = [(_once(ours), _once(bare)) for _ in range(rounds)]
    mine, theirs = (min(t[i] for t in times) for i in (0, 1))
    return {
        "bench": "process_steps",
        "steps": len(STEPS) + 1,
        "ms_a_step": round(mine / (len(STEPS) + 1) * 1000, 3),
        "bare_ms_a_step": round(theirs / (len(STEPS) + 1) * 1000, 3),
        "ratio": round(mine / theirs, 3),
        "target": 1.0,
        "state_bytes": sizes[0],
        "bare_state_bytes": sizes[1],
        "definition_bytes": len(_definition().spec_bytes()),
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 60)))
