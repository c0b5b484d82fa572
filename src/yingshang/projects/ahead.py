"""What lies ahead of a project: its end by the plan, the forecast, and what would bring it forward; for page and API alike."""

from __future__ import annotations

from dataclasses import dataclass

from yingshang.projects import forecast, speeding
from yingshang.projects.forecast import Forecast, History
from yingshang.projects.models import Project
from yingshang.projects.projecting import Projection, project_on
from yingshang.projects.speeding import Option
from yingshang.projects.state import Standing


@dataclass(frozen=True)
class Ahead:
    """What is known of a project's end now.

    Attributes:
        past: the closed items that the forecast draws from. planned: the end if all keep to their days from now on.
        found: None where the history is too thin, or the project has ended.
        options: what would bring it forward, what gains most first; none of a project that has ended.
    """

    standing: Standing
    past: History
    planned: Projection
    found: Forecast | None
    options: tuple[Option, ...]


def of(project: Project) -> Ahead:
    """What lies ahead of a project; reads the district's closed items, so pages load it beside the rest."""
    standing = Standing(project)
    past = forecast.history(but=project.pk)
    running = project.state == Project.State.RUNNING
    return Ahead(
        standing=standing,
        past=past,
        planned=project_on(standing),
        found=forecast.forecast(standing, past) if running else None,
        options=tuple(speeding.options(standing, None if past.thin else past)) if running else (),
    )
