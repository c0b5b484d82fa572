"""Writing what happened: one row in the case's event list, in sequence, in the caller's transaction."""

from __future__ import annotations

from yingshang import timekeeping
from yingshang.accounts.models import Person
from yingshang.accounts.statements import insert_row_later
from yingshang.cases.models import Case, Event


def label_of(actor: Person | None) -> str:
    """How an actor is named in events for good, even if the account is renamed later."""
    if actor is None:
        return "系统"
    return actor.name


def write(
    case: Case,
    kind: str,
    actor: Person | None,
    *,
    key: str | None = None,
    public: bool = True,
    **data: object,
) -> None:
    """Append an event. The case row is locked by the caller; its ``events_count`` is saved with it by the caller.

    Args:
        key: idempotency key of the action; the unique index refuses a second event of the same key.
        public: whether the enterprise reads it in its timeline.
    """
    case.events_count += 1
    insert_row_later(
        Event,
        case_id=case.pk,
        seq=case.events_count,
        at=timekeeping.now(),
        kind=kind,
        actor_id=actor.pk if actor else None,
        actor_label=label_of(actor),
        data=data,
        public=public,
        key=key,
    )
