"""Wanting to be told, and having read it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Person
from yingshang.cases.errors import Invalid, NotAllowed
from yingshang.policies.models import PolicyNotice, Subscription
from yingshang.registry.models import Business

#: Subscriptions of one person.
MOST = 50


def subscribe(person: Person, *, business: Business | None = None, words: str = "") -> Subscription:
    """Be told of changes for a business of one's own, or of new clauses with certain words; twice is once.

    Raises:
        Invalid: neither, too long, or too many. NotAllowed: a business that the person does not act for.
    """
    words = " ".join(words.split())
    if (business is None) == (not words) or len(words) > 80:
        raise Invalid(_("请填写想关注的词,80 字以内。"), fields={"words": _("请填写,80 字以内")})
    if business is not None and f"b{business.pk}" not in scope_of(person).principals:
        raise NotAllowed(_("您不是「%(b)s」的经办人。") % {"b": business})
    if Subscription.objects.filter(person=person).count() >= MOST:
        raise Invalid(_("订阅最多 %(n)d 项,请先取消不需要的。") % {"n": MOST}, fields={"words": _("订阅已满")})
    made, _new = Subscription.objects.get_or_create(
        person=person, business=business, words=words, defaults={"since": timekeeping.now()}
    )
    return made


def unsubscribe(subscription: Subscription, person: Person) -> None:
    """No longer be told; somebody else's subscription is left alone."""
    Subscription.objects.visible_to(person).filter(pk=subscription.pk).delete()


def mark_read(person: Person, notices: list[int] | None = None) -> int:
    """Note that the person has read these notices, or all of theirs; returns how many were unread."""
    rows = PolicyNotice.objects.visible_to(person).filter(read_at__isnull=True)
    if notices is not None:
        rows = rows.filter(pk__in=notices)
    return int(rows.update(read_at=timekeeping.now()))
