"""``yingshang rules run``: evaluate the rules in force over all businesses, or over what changed."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from yingshang import timekeeping
from yingshang.rules import deltas, runs
from yingshang.rules.models import PopulationRun


class Command(BaseCommand):
    help = "对全部企业运行现行规则 / run the rules in force over all businesses"

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--all", action="store_true", help="全部现行规则 / all rules in force")
        what.add_argument("--only", action="append", default=[], metavar="KEY", help="只算这些规则 / these rules only")
        what.add_argument("--changed", action="store_true", help="只算有变动的企业 / businesses that changed only")
        parser.add_argument("--anew", action="store_true", help="重读全部登记数据 / gather the whole register anew")
        parser.add_argument("--on", type=date.fromisoformat, help="基准日,缺省为今天 / the day, by default today")

    def handle(self, *args: object, **options: object) -> None:
        on = options["on"] if isinstance(options["on"], date) else timekeeping.now().date()
        only = [str(k) for k in options["only"]] if isinstance(options["only"], list) else []
        missing = sorted({*only} - {v.model.key for v in runs.in_force(on, only)})
        if missing:
            raise CommandError(f"{on} 没有这些现行规则:{'、'.join(missing)} / no such rules in force")
        try:
            done = (
                deltas.recompute(on=on)
                if options["changed"]
                else runs.run(on, only, progress=self._bar, anew=bool(options["anew"]))
            )
        except runs.Busy as error:
            raise CommandError(f"{error} / another run is under way") from error
        if done is None:
            self.stdout.write("没有变动 / nothing has changed")
            return
        self._report(done)

    def _bar(self, share: float, doing: str, doing_en: str) -> None:
        if sys.stderr.isatty():
            filled = round(share * 30)
            sys.stderr.write(f"\r\x1b[K{'█' * filled}{'░' * (30 - filled)} {share:4.0%} {doing} / {doing_en or doing}")
            sys.stderr.flush()

    def _report(self, run: PopulationRun) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        for r in run.results.select_related("version__model"):
            change = "" if r.amount_before is None else f" ({r.amount - r.amount_before:+,.2f})"
            self.stdout.write(
                f"{r.version.model.key} v{r.version.number}: 符合 {r.eligible:,} 户, {r.amount:,.2f} 元{change};"
                f" 差一点 {r.near:,}; 不符合 {r.not_eligible:,}; 未知 {r.unknown:,}; 新增 {r.gained:,}, 退出 {r.lost:,}"
            )
        self.stdout.write(
            f"#{run.pk} {run.on}: {run.businesses:,} 户, {run.results.count()} 条规则, {run.seconds} 秒"
            " / businesses, rules, seconds"
        )
