"""BPMN 2.0 on SpiffWorkflow, with FEEL as the only language of conditions, scripts and timers."""

from yingshang.processes.bpmn.checking import Problem, check
from yingshang.processes.bpmn.definition import BadDiagram, Definition
from yingshang.processes.bpmn.instance import AlreadyFired, Instance, Timer, Trail, UnknownTask, WaitingTask
from yingshang.processes.bpmn.layout import LayoutError, layout, needs_layout

__all__ = [
    "AlreadyFired",
    "BadDiagram",
    "Definition",
    "Instance",
    "LayoutError",
    "Problem",
    "Timer",
    "Trail",
    "UnknownTask",
    "WaitingTask",
    "check",
    "layout",
    "needs_layout",
]
