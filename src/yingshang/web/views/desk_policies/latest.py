"""Whom each rule reaches by the last full run: the figures that lists show beside a clause."""

from __future__ import annotations

from yingshang.rules.models import PopulationRun, RuleResult


def counts_by_rule() -> dict[int, RuleResult]:
    """The newest figures of each rule, by the rule's id; one query however many rules there are."""
    done = RuleResult.objects.filter(run__kind=PopulationRun.Kind.FULL, run__state=PopulationRun.State.DONE)
    newest = done.select_related("version").defer("version__xml")
    return {
        r.version.model_id: r for r in newest.order_by("version__model_id", "-run_id").distinct("version__model_id")
    }
