"""``yingshang population``: generate the synthetic sample population of the district and load it."""

from __future__ import annotations

import time
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from yingshang import districts
from yingshang.registry import coverage
from yingshang.registry.population import load, measures, named, plan
from yingshang.registry.population.generate import generate


class Command(BaseCommand):
    help = "生成并载入合成样本(非真实企业) / generate and load the synthetic population"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, help="户数,缺省为区数据文件所定 / how many businesses")
        parser.add_argument("--seed", type=int, help="随机种子,缺省为区数据文件所定 / random seed")
        parser.add_argument("--district", default=settings.DISTRICT)
        parser.add_argument(
            "--report", action="store_true", help="只生成并打印对照表,不写数据库 / print the table only"
        )
        parser.add_argument("--no-cover", action="store_true", help="不分派助企服务员 / assign no service officers")

    def handle(self, *args: object, **options: object) -> None:
        started = time.perf_counter()
        count, seed = options["count"], options["seed"]
        try:
            district = districts.load(str(options["district"]))
            records = named.read(district)
            wanted = plan.load(
                district,
                count=count if isinstance(count, int) else None,
                seed=seed if isinstance(seed, int) else None,
            )
            if options["report"]:
                self.stdout.write(measures.table(measures.measure(district, generate(wanted, records), records)))
                return
            if settings.MODE == "production":
                raise CommandError("生产环境不载入合成样本 / no synthetic population in production")
            there = load.held()
            if there is not None:
                if (there.get("count"), there.get("seed")) != (wanted.count, wanted.seed):
                    raise load.Refused(
                        f"已有另一份合成样本(count={there.get('count')}、seed={there.get('seed')});要换请用新的数据库"
                        " / another sample population is loaded"
                    )
                self.stdout.write(f"合成样本已在库,共 {wanted.count:,} 户 / loaded already")
                return
            done = load.load(district, generate(wanted, records), progress=self.stdout.write)
        except (districts.BadDistrict, load.Refused, ValueError) as error:
            raise CommandError(str(error)) from error
        # Plans made on the statistics of an empty table would take minutes.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE registry_business, registry_fact")
        covered = None if options["no_cover"] else coverage.cover(reason="合成样本首次全覆盖分派")
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE registry_serviceassignment")
        seconds = time.perf_counter() - started
        self.stdout.write(f"合成样本 {done.businesses:,} 户、事实 {done.facts:,} 条,用时 {seconds:.1f} 秒 / synthetic")
        if covered is not None:
            self.stdout.write(f"助企服务员已覆盖 {covered.assigned:,} 户,未覆盖 {covered.uncovered:,} 户")
