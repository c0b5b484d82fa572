"""The rules of the case at a glance: which action, in which status, by whom.

Everything that offers or performs an action asks here, so a button, the API and an import can never disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Role
from yingshang.cases import catalog
from yingshang.cases.errors import Conflict, NotAllowed
from yingshang.cases.models import Case, Event, Status, Task

P, A, H, S, W, C = (
    Status.POOL,
    Status.ASSIGNED,
    Status.HANDLING,
    Status.SUPPLEMENT,
    Status.ANSWERED,
    Status.CLOSED,
)
OPEN = frozenset({P, A, H, S, W})
WORKING = frozenset({A, H, S})
#: The third return goes to arbitration: that dispatch binds (design, walk "A demand").
ARBITRATION_AT = 3


# --- who -------------------------------------------------------------------------------------------------------------


def dispatcher(case: Case, person: Person) -> bool:
    return scope_of(person).has(Role.DISPATCHER, Role.REFORM_OFFICE)


def arbiter(case: Case, person: Person) -> bool:
    """Who may dispatch: a dispatcher; once three dispatches came back, the reform office only, which arbitrates."""
    if case.bounces >= ARBITRATION_AT:
        return scope_of(person).has(Role.REFORM_OFFICE)
    return dispatcher(case, person)


def lead(case: Case, person: Person) -> bool:
    """A member of the lead unit, or the head of a unit above it."""
    scope = scope_of(person)
    return case.lead_unit_id is not None and case.lead_unit_id in (scope.unit_ids | scope.led_unit_ids)


def enterprise(case: Case, person: Person) -> bool:
    """A handler of the business, for as long as they are one; or whoever submitted it for themselves."""
    if person.is_official:
        return False
    if case.business_id is None:
        return case.submitter_id == person.pk
    return f"b{case.business_id}" in scope_of(person).principals


def asker(case: Case, person: Person) -> bool:
    """The enterprise, or the official who entered the demand for it."""
    return enterprise(case, person) or (person.is_official and case.submitter_id == person.pk)


def supervisor(case: Case, person: Person) -> bool:
    scope = scope_of(person)
    return scope.has(Role.REFORM_OFFICE, Role.DISTRICT_LEADER) or (
        case.lead_unit_id is not None and case.lead_unit_id in scope.led_unit_ids
    )


def lead_or_supervisor(case: Case, person: Person) -> bool:
    return lead(case, person) or supervisor(case, person)


def dispatcher_or_lead(case: Case, person: Person) -> bool:
    return dispatcher(case, person) or lead(case, person)


def anyone_reading(case: Case, person: Person) -> bool:
    return True


def official(case: Case, person: Person) -> bool:
    return person.is_official


def party(case: Case, person: Person) -> bool:
    """Enterprise, lead unit, dispatcher or supervisor."""
    return asker(case, person) or dispatcher_or_lead(case, person) or supervisor(case, person)


def outsider(case: Case, person: Person) -> bool:
    """An official who had no hand in this case: neither its handler nor the doer of any of its steps."""
    if not person.is_official or case.handler_id == person.pk:
        return False
    worked = ("signed", "contacted", "answered", "handed_over", "returned", "cohandled")
    return not Event.objects.filter(case_id=case.pk, actor_id=person.pk, kind__in=worked).exists()


@dataclass(frozen=True)
class Rule:
    statuses: frozenset[str]
    who: Callable[[Case, Person], bool]
    says: str


# --- the table ---------------------------------------------------------------------------------------------------------
#                        allowed in                who                       "you would have to be …"
RULES: dict[str, Rule] = {
    "dispatch":         Rule(frozenset({P}),       arbiter,                  "派单员(第三次退单起为改革办,由其仲裁)"),
    "sign_for":         Rule(frozenset({A}),       lead,                     "承办单位"),
    "return":           Rule(frozenset({A, H}),    lead,                     "承办单位"),
    "hand_over":        Rule(frozenset({A, H}),    lead,                     "承办单位"),
    "contact":          Rule(frozenset({A, H}),    lead,                     "承办单位"),
    "co_handle":        Rule(WORKING,              dispatcher_or_lead,       "承办单位或派单员"),
    "add_signers":      Rule(frozenset({H}),       lead,                     "承办单位"),
    "ask_supplement":   Rule(frozenset({A, H}),    lead,                     "承办单位"),
    "supplement":       Rule(frozenset({S}),       asker,                    "提出诉求的企业"),
    "answer":           Rule(frozenset({H}),       lead,                     "承办单位"),
    "confirm":          Rule(frozenset({W}),       asker,                    "提出诉求的企业"),
    "rate":             Rule(frozenset({W, C}),    asker,                    "提出诉求的企业"),
    "revisit":          Rule(frozenset({W, C}),    outsider,                 "未参与办理的工作人员"),
    "reopen":           Rule(frozenset({C}),       party,                    "办件当事人"),
    "escalate":         Rule(OPEN,                 party,                    "办件当事人"),
    "supervise":        Rule(OPEN,                 supervisor,               "单位负责人、改革办或区领导"),
    "urge":             Rule(OPEN,                 party,                    "办件当事人"),
    "copy":             Rule(OPEN | {C},           dispatcher_or_lead,       "承办单位或派单员"),
    "extend":           Rule(WORKING,              lead,                     "承办单位"),
    "merge":            Rule(OPEN,                 dispatcher_or_lead,       "派单员或承办单位"),
    "withdraw":         Rule(OPEN,                 party,                    "办件当事人"),
    "message":          Rule(OPEN | {C},           anyone_reading,           "能看到此办件的人"),
    "document":         Rule(OPEN | {C},           anyone_reading,           "能看到此办件的人"),
    "nature":           Rule(OPEN | {C},           official,                 "工作人员"),
}  # fmt: skip


def may(action: str, case: Case, person: Person) -> bool:
    """Whether the page should offer the action to this person now."""
    rule = RULES[action]
    return case.status in rule.statuses and rule.who(case, person)


def offered(case: Case, person: Person) -> list[str]:
    """All actions that are open to this person now, in the table's order, without those that its scenario bars."""
    allowed = [action for action in RULES if may(action, case, person)]
    hook = catalog.get(case.scenario).hook("bars_actions")
    barred = hook(case) if hook and allowed else {}
    return [action for action in allowed if action not in barred]


def against(case: Case, task: Task) -> str:
    """Why nobody may complete a task now, as its scenario says; "" where nothing stands against it."""
    hook = catalog.get(case.scenario).hook("bars_step")
    return hook(case, task) if hook else ""


def require(action: str, case: Case, person: Person | None) -> None:
    """Refuse the action with a sentence that says why; ``person`` None is the system and always allowed.

    Raises:
        NotAllowed: the person is not one of those who may.
        Conflict: the case is in a status in which the action makes no sense (any more): names the last event.
    """
    rule = RULES[action]
    if person is not None and not rule.who(case, person):
        raise NotAllowed(_("只有%(who)s可以进行此操作。") % {"who": _(rule.says)})
    if case.status not in rule.statuses:
        raise moved_on(case)


def moved_on(case: Case) -> Conflict:
    """The error for a person who came second: says who did what, and when."""
    from yingshang.cases import timeline

    last = case.events.order_by("-seq").first()
    return Conflict(
        _("此办件现为「%(status)s」,您要做的操作已不适用。最近一次:%(last)s")
        % {
            "status": case.get_status_display(),
            "last": timeline.sentence(last) if last else "—",
        },
        status=case.status,
    )


def task_taken(task: Task) -> Conflict:
    """The error for the second of two people acting on one task."""
    done_at = task.done_at.astimezone().strftime("%m-%d %H:%M") if task.done_at else ""
    return Conflict(
        _("「%(task)s」已由%(who)s于 %(when)s 完成(%(outcome)s),请刷新后查看。")
        % {
            "task": task.label,
            "who": task.done_by or _("系统"),
            "when": done_at,
            "outcome": task.outcome or task.get_status_display(),
        },
        task=task.pk,
    )
