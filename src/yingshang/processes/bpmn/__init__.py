"""BPMN 2.0 on SpiffWorkflow, with FEEL as the only language of conditions, scripts and timers."""

from yingshang.processes.bpmn.checking import Problem, check
from yingshang.processes.bpmn.definition import Definition
from yingshang.processes.bpmn.errors import (
    AlreadyFired,
    BadDiagram,
    NoWay,
    ProcedureError,
    Runaway,
    ScriptError,
    UnknownTask,
)
from yingshang.processes.bpmn.instance import Instance, Timer, WaitingTask
from yingshang.processes.bpmn.laying_out import LayoutError, layout, needs_layout
from yingshang.processes.bpmn.reading import UnreadableXml
from yingshang.processes.bpmn.state import UnreadableState
from yingshang.processes.bpmn.tree import Trail

__all__ = [
    "AlreadyFired",
    "BadDiagram",
    "Definition",
    "Instance",
    "LayoutError",
    "NoWay",
    "Problem",
    "ProcedureError",
    "Runaway",
    "ScriptError",
    "Timer",
    "Trail",
    "UnknownTask",
    "UnreadableState",
    "UnreadableXml",
    "WaitingTask",
    "check",
    "layout",
    "needs_layout",
]
