"""Everything that can be done to a case, one function each; pages, API, imports and jobs all call these.

Each action is one transaction: it locks the case, returns at once if its ``key`` was seen before, asks
:mod:`yingshang.cases.workflow` whether it may, changes rows, moves the diagram, and writes exactly one event of its own.
"""

from yingshang.cases.actions._base import Named as Named  # a way to name a case, no action
from yingshang.cases.actions.climbing import (
    climb,
    copy_to,
    escalate,
    name_root_cause,
    set_nature,
    solve_root_cause,
    supervise,
    urge,
)
from yingshang.cases.actions.closing import confirm, merge, rate, reopen, revisit, withdraw
from yingshang.cases.actions.dispatching import contact, dispatch, hand_over, return_case, sign_for
from yingshang.cases.actions.opening import open_case
from yingshang.cases.actions.steps import complete_task
from yingshang.cases.actions.working import (
    add_signers,
    answer,
    ask_supplement,
    co_handle,
    extend,
    finish_task,
    message,
    supplement,
)

__all__ = [
    "add_signers",
    "answer",
    "ask_supplement",
    "climb",
    "co_handle",
    "complete_task",
    "confirm",
    "contact",
    "copy_to",
    "dispatch",
    "escalate",
    "extend",
    "finish_task",
    "hand_over",
    "merge",
    "message",
    "name_root_cause",
    "open_case",
    "rate",
    "reopen",
    "return_case",
    "revisit",
    "set_nature",
    "sign_for",
    "solve_root_cause",
    "supervise",
    "supplement",
    "urge",
    "withdraw",
]
