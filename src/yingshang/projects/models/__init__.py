"""Projects, their items, the documents they share, what is asked of the enterprise, and what is to follow.

Written only by :mod:`yingshang.projects.actions` and :mod:`yingshang.projects.process`.
"""

from yingshang.projects.models.following import FollowUp, ProjectNotice
from yingshang.projects.models.listing import ItemList
from yingshang.projects.models.papers import Ask, AskedBy, Paper, Request
from yingshang.projects.models.project import Project, ProjectItem

__all__ = [
    "Ask",
    "AskedBy",
    "FollowUp",
    "ItemList",
    "Paper",
    "Project",
    "ProjectItem",
    "ProjectNotice",
    "Request",
]
