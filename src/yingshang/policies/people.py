"""Who does what with policies: clerks of the owner unit, the finance department, and persons who benefit."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from django.utils.translation import gettext as _
from stdnum.cn import ric

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person, Unit
from yingshang.cases.errors import Invalid, NotAllowed
from yingshang.policies import keys
from yingshang.policies.models import Clause


def belongs(person: Person, unit: Unit | None) -> bool:
    """Whether an official works in the unit, or leads one above it."""
    if unit is None or not person.is_official:
        return False
    scope = scope_of(person)
    return unit.pk in scope.unit_ids | scope.led_unit_ids


def require_owner(actor: Person, clause: Clause) -> None:
    """Only the clause's owner unit writes and publishes it.

    Raises:
        NotAllowed: the actor works elsewhere.
    """
    if not belongs(actor, clause.owner_unit):
        raise NotAllowed(_("只有主管单位「%(u)s」可以进行此操作。") % {"u": clause.owner_unit})


def require_finance(actor: Person, unit: Unit | None) -> None:
    """Only the finance department sets budgets and pays.

    Raises:
        NotAllowed: the actor works elsewhere.
    """
    if not belongs(actor, unit):
        raise NotAllowed(_("只有财政部门「%(u)s」可以进行此操作。") % {"u": unit or "—"})


@dataclass(frozen=True)
class Beneficiary:
    """A person who benefits from a clause. The number is never stored: a keyed digest tells whether it is the same person."""

    name: str
    id_number: str

    def check(self) -> None:
        """Refuse what cannot be a person.

        Raises:
            Invalid: no name, or a number whose check digit is wrong.
        """
        problems = {}
        if not 0 < len(self.name.strip()) <= 60:
            problems["person_name"] = _("请填写姓名")
        if not ric.is_valid(self.id_number):
            problems["person_id"] = _("居民身份证号有误,请核对")
        if problems:
            raise Invalid(_("有 %(n)d 处需要修改。") % {"n": len(problems)}, fields=problems)

    @property
    def subject(self) -> str:
        """What claims of the same person have in common."""
        return "p" + hmac.new(keys.person_key(), ric.compact(self.id_number).encode(), hashlib.sha256).hexdigest()[:40]

    @property
    def tail(self) -> str:
        return ric.compact(self.id_number)[-4:]


def hidden(name: str) -> str:
    """A person's name as it is put on public notice: ``王*明``, ``王*``."""
    return name if len(name) < 2 else f"{name[0]}*{name[2:]}"
