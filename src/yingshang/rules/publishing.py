"""From a draft to a rule in force: written by one person, reviewed by another, published with its days.

Everything here is one transaction that takes the rule's row first, so two people cannot publish side by side; what the
database refuses besides is in migration ``0002``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yingshang import timekeeping
from yingshang.accounts import audit
from yingshang.accounts.models import Person, Unit
from yingshang.rules import figures
from yingshang.rules.checking import Finding, check
from yingshang.rules.engines import Engine, engine
from yingshang.rules.errors import RuleRefused
from yingshang.rules.models import RuleModel, RuleVersion

__all__ = [
    "Engine", "check", "draft", "engine", "fill", "install", "make_model", "publish", "review", "submit", "version_on",
    "withdraw",
]  # fmt: skip

State = RuleVersion.State
P = ParamSpec("P")


def digest(document: str) -> str:
    """SHA-256 of a document, in hex."""
    return hashlib.sha256(document.encode()).hexdigest()


def make_model(
    key: str,
    *,
    title: str,
    title_en: str = "",
    scenario: str = "",
    decision: str = "结果",
    subject: str = "business",
    owner_unit: Unit | None = None,
) -> RuleModel:
    """The rule of that key, made where it is not there yet; an existing one is returned as it is."""
    told = {"title": title, "title_en": title_en, "scenario": scenario, "decision": decision, "subject": subject}
    model, _made = RuleModel.objects.get_or_create(key=key, defaults={**told, "owner_unit": owner_unit})
    return model


def _locked(model: RuleModel) -> RuleModel:
    return RuleModel.objects.select_for_update(no_key=True).get(pk=model.pk)


def _step(act: Callable[Concatenate[RuleVersion, P], None]) -> Callable[Concatenate[RuleVersion, P], RuleVersion]:
    """An action on one version: in a transaction, with the rule locked and the version as it is now."""

    @wraps(act)
    def step(version: RuleVersion, *args: P.args, **kwargs: P.kwargs) -> RuleVersion:
        try:
            with transaction.atomic():
                model = _locked(version.model)
                fresh = RuleVersion.objects.get(pk=version.pk)
                fresh.model = model
                act(fresh, *args, **kwargs)
                fresh.save()
        except IntegrityError as error:
            raise RuleRefused(_why(error)) from error
        return fresh

    return step


def _why(error: IntegrityError) -> str:
    text = str(error)
    if "rule_one_in_force" in text:
        return _("这段日期内已有另一个已发布的版本,请改生效日期,或先停用那个版本。")
    if "rule_reviewed_by_another" in text:
        return _("编写人不能审核自己的版本,请由另一位同事审核。")
    if "rule_valid_dates" in text:
        return _("失效日期早于生效日期,请改正。")
    return _("数据库拒绝了这次修改:%(e)s") % {"e": text.splitlines()[0]}


def _need(version: RuleVersion, *states: str) -> None:
    if version.state not in states:
        raise RuleRefused(
            _("%(v)s 现在是“%(s)s”,不能这样处理;请刷新后再看。") % {"v": version, "s": version.get_state_display()}
        )


def draft(
    model: RuleModel, document: str, by: Person | None, *, note: str = "", values: Mapping[str, Any] | None = None
) -> RuleVersion:
    """Write the rule's draft: a new version, or the draft that is there, which becomes the caller's.

    A draft need not be right; :func:`check` tells what is wrong with it.

    Raises:
        RuleRefused: a version of the rule is in review.
    """
    with transaction.atomic():
        _locked(model)
        last = model.versions.order_by("-number").first()
        if last is not None and last.state == State.IN_REVIEW:
            raise RuleRefused(_("%(v)s 正在审核,请等审核结束再改。") % {"v": last})
        if last is None or last.state != State.DRAFT:
            last = RuleVersion(model=model, number=last.number + 1 if last else 1)
        last.xml, last.digest, last.author, last.note = document, digest(document), by, note
        if values is not None:
            last.values = dict(values)
        last.reviewer, last.reviewed_at, last.approved = None, None, False
        last.save()
        audit.record(by, "rule.draft", "rule_version", last.pk, model=model.key, digest=last.digest)
    return last


@_step
def fill(version: RuleVersion, by: Person, values: Mapping[str, tuple[Decimal, str]]) -> None:
    """Fill in figures that the source does not state; for each its value, and where the district set it.

    Raises:
        RuleRefused: no draft, no such figure, or no source is given.
    """
    _need(version, State.DRAFT)
    known = figures.figures(version.xml)
    for name, (_value, source) in values.items():
        if name not in known:
            held = _("、").join(known) or _("无")
            raise RuleRefused(_("模型里没有待填的标准“%(n)s”;有:%(h)s") % {"n": name, "h": held})
        if not source.strip():
            raise RuleRefused(_("请写明“%(n)s”的依据,例如本区文件名称和文号。") % {"n": name})
    version.xml = figures.fill(version.xml, {n: v for n, (v, _source) in values.items()})
    version.digest, version.author = digest(version.xml), by
    version.values = version.values | {n: {"value": v, "source": s.strip()} for n, (v, s) in values.items()}
    told = {n: str(v) for n, (v, _source) in values.items()}
    audit.record(by, "rule.fill", "rule_version", version.pk, model=version.model.key, values=told)


@_step
def submit(version: RuleVersion, by: Person) -> None:
    """Hand a draft in for review.

    Raises:
        RuleRefused: with ``findings``, where the model has errors.
    """
    _need(version, State.DRAFT)
    _refuse(_checked(version), "error")
    version.state, version.submitted_at, version.author = State.IN_REVIEW, timekeeping.now(), version.author or by
    audit.record(by, "rule.submit", "rule_version", version.pk, model=version.model.key, number=version.number)


@_step
def review(version: RuleVersion, by: Person, ok: bool, note: str = "") -> None:
    """Judge a version that was handed in; refused, it is a draft again.

    Raises:
        RuleRefused: it is not in review, the reviewer wrote it, or a refusal gives no reason.
    """
    _need(version, State.IN_REVIEW)
    if version.author_id == by.pk:
        raise RuleRefused(_("编写人不能审核自己的版本,请由另一位同事审核。"))
    if not ok and not note.strip():
        raise RuleRefused(_("退回须写明理由。"))
    version.reviewer, version.reviewed_at, version.review_note = by, timekeeping.now(), note.strip()
    version.approved = ok
    if not ok:
        version.state = State.DRAFT
    audit.record(by, "rule.review", "rule_version", version.pk, model=version.model.key, ok=ok, note=note)


@_step
def publish(version: RuleVersion, by: Person, valid_from: date, valid_until: date | None = None) -> None:
    """Put a reviewed version in force; one that is in force then ends the day before.

    Args:
        valid_until: its last day; None for no end.

    Raises:
        RuleRefused: it was not approved, figures are not filled in, or it overlaps with a later version.
    """
    _need(version, State.IN_REVIEW)
    if not version.approved:
        raise RuleRefused(_("须先由另一位同事审核通过,才能发布。"))
    _refuse(_checked(version), "error", "open")
    _put_in_force(version, by, valid_from, valid_until)


def _put_in_force(version: RuleVersion, by: Person | None, valid_from: date, valid_until: date | None) -> None:
    before = version.model.versions.in_force(valid_from).filter(valid_from__lt=valid_from).first()
    if before is not None:
        before.valid_until = valid_from - timedelta(days=1)
        before.save(update_fields=["valid_until"])
    version.state, version.published_at, version.published_by = State.PUBLISHED, timekeeping.now(), by
    version.valid_from, version.valid_until = valid_from, valid_until
    dates = {"valid_from": valid_from.isoformat(), "valid_until": valid_until.isoformat() if valid_until else ""}
    audit.record(
        by, "rule.publish", "rule_version", version.pk, model=version.model.key, number=version.number, **dates
    )


@_step
def withdraw(version: RuleVersion, by: Person, on: date | None = None, reason: str = "") -> None:
    """Take a published version out of force from a day on, by default today; earlier days keep it.

    Raises:
        RuleRefused: it is not published, or no reason is given.
    """
    _need(version, State.PUBLISHED)
    if not reason.strip():
        raise RuleRefused(_("停用须写明理由。"))
    version.state, version.withdrawn_on = State.WITHDRAWN, on or timekeeping.now().date()
    audit.record(
        by, "rule.withdraw", "rule_version", version.pk, model=version.model.key, number=version.number,
        on=version.withdrawn_on.isoformat(), reason=reason,
    )  # fmt: skip


def install(model: RuleModel, document: str, valid_from: date, valid_until: date | None = None) -> RuleVersion | None:
    """Publish the model that comes with a scenario folder, by the system; nothing where officials have written since.

    Returns:
        The newest version; None where the model has figures that the district has to fill in first: it is left as a draft.

    Raises:
        RuleRefused: with ``findings``, where the model has errors.
    """
    with transaction.atomic():
        _locked(model)
        last = model.versions.order_by("-number").first()
        if last is not None and (last.digest == digest(document) or last.author_id is not None):
            return last if last.state != State.DRAFT else None
        findings = check(document, model.decision, subject=model.subject)
        _refuse(findings, "error")
        version = draft(model, document, None)
        if any(f.severity == "open" for f in findings):
            return None
        now = timekeeping.now()
        version.state, version.submitted_at, version.reviewed_at, version.approved = State.IN_REVIEW, now, now, True
        version.review_note = "随情景文件夹安装"
        version.save()
        _put_in_force(version, None, valid_from, valid_until)
        version.save()
    return version


def version_on(model: RuleModel, on: date) -> RuleVersion | None:
    """The version in force on a day, None where there is none."""
    version: RuleVersion | None = model.versions.in_force(on).select_related("model").first()
    return version


def _checked(version: RuleVersion) -> list[Finding]:
    return check(version.xml, version.model.decision, subject=version.model.subject)


def _refuse(findings: list[Finding], *severities: str) -> None:
    wrong = [f for f in findings if f.severity in severities]
    if wrong:
        language = "zh" if (get_language() or "zh").startswith("zh") else "en"
        said = _("；").join(f.as_text(language) for f in wrong[:5])
        raise RuleRefused(_("模型还有问题:%(f)s") % {"f": said}, wrong)
