"""Who may do what with a project."""

from __future__ import annotations

from django.utils.translation import gettext as _

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Role
from yingshang.cases.errors import Conflict, NotAllowed
from yingshang.projects.models import Project, ProjectItem

#: Posts that may enter a project for an enterprise.
OPENERS = (Role.OFFICER, Role.UNIT_LEAD, Role.AREA_LEAD, Role.DISPATCHER, Role.REFORM_OFFICE)


def is_enterprise(project: Project, person: Person) -> bool:
    """Whether somebody acts for the project's enterprise."""
    return not person.is_official and f"b{project.business_id}" in scope_of(person).principals


def is_centre(project: Project, person: Person) -> bool:
    """Whether somebody belongs to the joint review centre: the unit that leads the project's case, or the reform office."""
    scope = scope_of(person)
    return scope.has(Role.REFORM_OFFICE) or project.case.lead_unit_id in scope.unit_ids | scope.led_unit_ids


def is_unit(item: ProjectItem, person: Person) -> bool:
    """Whether somebody belongs to the unit that handles an item."""
    scope = scope_of(person)
    unit = item.case.lead_unit_id if item.case_id and item.case else item.unit_id
    return unit is not None and unit in scope.unit_ids | scope.led_unit_ids


def require_enterprise(project: Project, person: Person | None) -> None:
    """Raises:
    NotAllowed: somebody else.
    """
    if person is not None and not is_enterprise(project, person):
        raise NotAllowed(_("只有项目单位可以进行此操作。"))


def require_party(project: Project, person: Person | None) -> None:
    """The enterprise, or the centre for it.

    Raises:
        NotAllowed: somebody else.
    """
    if person is not None and not is_enterprise(project, person) and not is_centre(project, person):
        raise NotAllowed(_("只有项目单位或联审中心可以进行此操作。"))


def require_centre(project: Project, person: Person | None) -> None:
    """Raises:
    NotAllowed: somebody who is not of the joint review centre.
    """
    if person is not None and not is_centre(project, person):
        raise NotAllowed(_("只有联审中心可以进行此操作。"))


def require_unit(item: ProjectItem, person: Person | None) -> None:
    """Raises:
    NotAllowed: somebody who is not of the item's unit.
    """
    if person is not None and not is_unit(item, person):
        raise NotAllowed(_("只有承办单位可以进行此操作。"))


def require_running(project: Project) -> None:
    """Raises:
    Conflict: the project has ended.
    """
    if project.state != Project.State.RUNNING:
        raise Conflict(_("项目%(s)s,不能再操作。") % {"s": project.get_state_display()})


def bars_stop(project: Project) -> str:
    """Why a project cannot be stopped any more: it has ended, or it was accepted; "" where nothing stands against it."""
    if project.state != Project.State.RUNNING:
        return _("项目%(s)s,不能再操作。") % {"s": project.get_state_display()}
    if project.acceptance_on is not None:
        return _("项目 %(d)s 已取得联合验收意见,建成了的项目不能再终止。") % {"d": project.acceptance_on.isoformat()}
    return ""


def require_stoppable(project: Project) -> None:
    """Raises:
    Conflict: it has ended, or it was accepted.
    """
    if against := bars_stop(project):
        raise Conflict(against)
