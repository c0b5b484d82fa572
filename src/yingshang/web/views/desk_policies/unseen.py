"""What is still missing before enterprises see a clause: its policy or the clause itself is a draft."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from yingshang.policies.models import Clause, Policy
from yingshang.web.views.desk_policies.common import works_for
from yingshang.web.views.desk_support import scope


def may_publish_policy(request: HttpRequest, policy: Policy) -> bool:
    """Whether this person opens the policy to enterprises: who writes for the unit that issues it."""
    return works_for(scope(request), policy.issuer_unit_id)


def still_missing(request: HttpRequest, clause: Clause) -> SafeString | None:
    """What is to be done next, with the way there; None where enterprises see the clause."""
    policy = clause.policy
    if policy.state == Policy.State.DRAFT:
        said = _("企业还看不到这一条:政策「%(p)s」还是草稿,由发文单位发布。") % {"p": policy}
        label = _("去发布政策") if may_publish_policy(request, policy) else _("看这份政策")
        return _linked(said, reverse("desk:policy", args=[policy.code]), label)
    if clause.state == Clause.State.DRAFT:
        said = _("企业还看不到这一条:条款还是草稿,须再发布条款。")
        return _linked(said, "#publish-clause", _("去发布条款"))
    return None


def _linked(said: str, address: str, label: str) -> SafeString:
    return format_html('{} <a href="{}">{}</a>', said, address, label)
