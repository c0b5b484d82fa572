"""``yingshang load_district``: install the working calendar, the units and (outside production) the sample people."""

from __future__ import annotations

import time
from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from yingshang import districts
from yingshang.accounts import audit, calendar, roster


class Command(BaseCommand):
    help = "载入区数据文件夹:日历、单位、示例人员;可重复执行 / load a district folder; safe to repeat"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("district", nargs="?", default=settings.DISTRICT, help="districts/ 下的文件夹名,或一个路径")
        parser.add_argument("--check", action="store_true", help="只检查文件夹,不写数据库 / check only")
        parser.add_argument(
            "--people",
            action=BooleanOptionalAction,
            default=settings.MODE != "production",
            help="是否载入示例人员(生产环境默认不载入) / load the sample people",
        )

    def handle(self, *args: object, **options: object) -> None:
        started = time.perf_counter()
        name = str(options["district"])
        try:
            district = districts.load(Path(name) if "/" in name else name)
        except districts.BadDistrict as error:
            raise CommandError(str(error)) from error
        if options["check"]:
            self.stdout.write(f"{district.name.zh}:{len(district.units)} 个单位,检查通过 / the folder is sound")
            return
        if options["people"] and settings.MODE == "production":
            raise CommandError("生产环境不载入示例人员 / sample people are not loaded in production: use --no-people")
        days = calendar.install()
        done = roster.install(district, people=bool(options["people"]))
        changes = {**vars(done), "calendar_days": days}
        if any(changes.values()):
            audit.record(None, "district.load", "district", district.id, **changes)
        seconds = time.perf_counter() - started
        self.stdout.write(
            f"{district.name.zh}:单位 +{done.units_added} ~{done.units_changed},"
            f"人员 +{done.people_added},任职 +{done.posts_added},日历 +{days} 天,用时 {seconds:.1f} 秒"
        )
