"""Bring in an Open311 export and compare on-time and overdue with what the file says."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yingshang.exchange import open311
from yingshang.exchange.imports import BadFile


class Command(BaseCommand):
    help = "导入 Open311 工单 / import an Open311 export"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", default="boston311", help="来源名 / name of the source")
        parser.add_argument("--zone", default="America/New_York", help="文件时间所在时区 / zone of the file's times")
        parser.add_argument(
            "--as-of", default="", help="导出时刻,ISO 8601,默认现在 / moment of the export, default now"
        )

    def handle(self, *args: object, **options: object) -> None:
        path = options["file"]
        assert isinstance(path, Path)
        try:
            zone = ZoneInfo(str(options["zone"]))
            as_of = datetime.fromisoformat(str(options["as_of"])) if options["as_of"] else None
            if as_of is not None and as_of.tzinfo is None:
                as_of = as_of.replace(tzinfo=zone)
            done = open311.bring_in(path, source=str(options["source"]), zone=zone, as_of=as_of)
        except (ZoneInfoNotFoundError, ValueError, FileNotFoundError, BadFile) as e:
            raise CommandError(str(e)) from None
        run = done.run
        self.stdout.write(
            f"{run.file_name}: {run.rows} 行,导入 {run.accepted},以前已有 {run.known},退回 {run.refused};"
            f"按时与逾期核对 {done.compared} 行,不一致 {len(done.differing)} 行"
        )
        for row, number, file, ours in done.differing:
            self.stdout.write(f"  第 {row} 行 {number}: 文件 {file},本平台 {ours}")
