"""Everything that can be done to a project, one function each, each one transaction; pages, API and jobs call these."""

from yingshang.projects.actions.choosing import commit, defer, settle, take_stage
from yingshang.projects.actions.doing import finish_own, refile, see_notice
from yingshang.projects.actions.meeting import call_together, move_visit
from yingshang.projects.actions.opening import open_project
from yingshang.projects.actions.papers import give_paper
from yingshang.projects.actions.supplements import answer_request, ask, drop_request, send_request
from yingshang.projects.actions.withdrawing import withdraw_project

__all__ = [
    "answer_request",
    "ask",
    "call_together",
    "commit",
    "defer",
    "drop_request",
    "finish_own",
    "give_paper",
    "move_visit",
    "open_project",
    "refile",
    "see_notice",
    "send_request",
    "settle",
    "take_stage",
    "withdraw_project",
]
