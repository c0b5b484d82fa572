"""Who may see rows of a model: one method, ``visible_to(person)``, on the query set of every model.

Models with a rule of their own write it out (``Case``, ``Task``, ``Business``, ``Record``, ``Activity``); the common
rules are here. ``tests/accounts/test_visibility.py`` holds every model of the platform to having one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from yingshang.accounts.models import Person


class ToEverybody(models.QuerySet[Any]):
    """What is published anyway: units, categories, promises, procedures, the calendar."""

    def visible_to(self, person: Person) -> Self:
        """Everybody."""
        return self


class ToOfficials(models.QuerySet[Any]):
    """The officials' common tools."""

    def visible_to(self, person: Person) -> Self:
        """Officials; nobody else."""
        return self if person.is_official else self.none()


class ToRoles(models.QuerySet[Any]):
    """What only some posts have to do with."""

    roles: frozenset[str] = frozenset()

    def visible_to(self, person: Person) -> Self:
        """Holders of one of the roles."""
        # The models of accounts are built on this module, and scopes on those models.
        from yingshang.accounts.access import scope_of

        return self if scope_of(person).has(*self.roles) else self.none()


class ToColleagues(models.QuerySet[Any]):
    """People."""

    def visible_to(self, person: Person) -> Self:
        """Officials see everybody; a handler sees themselves."""
        return self if person.is_official else self.filter(pk=person.pk)


class ToOwner(models.QuerySet[Any]):
    """What belongs to one person."""

    owner = "person"

    def visible_to(self, person: Person) -> Self:
        """That person."""
        return self.filter(**{self.owner: person.pk})


class Through(models.QuerySet[Any]):
    """What belongs to a row of another model is seen by whoever sees that one.

    ``public`` names a flag: rows without it are among officials.
    """

    of = ""
    public = ""

    def visible_to(self, person: Person) -> Self:
        """Whoever sees the row it belongs to."""
        rows = self
        if self.public and not person.is_official:
            rows = rows.filter(**{self.public: True})
        whole = self.model._meta.get_field(self.of).related_model._default_manager.visible_to(person)
        # Who sees the whole district needs no look at each row.
        return rows.filter(**{f"{self.of}__in": whole.values("pk")}) if whole.query.where else rows


def to_roles(*roles: str) -> type[ToRoles]:
    """A query set for holders of these roles."""
    return type("ToTheseRoles", (ToRoles,), {"roles": frozenset(roles)})


def to_owner(field: str) -> type[ToOwner]:
    """A query set for the person in ``field``."""
    return type("ToItsOwner", (ToOwner,), {"owner": field})


def through(of: str, *, public: str = "") -> type[Through]:
    """A query set for whoever sees what ``of`` points to."""
    return type("ThroughAnother", (Through,), {"of": of, "public": public})
