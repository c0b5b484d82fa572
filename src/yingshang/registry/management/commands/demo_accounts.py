"""``yingshang demo_accounts``: one sign-in a role for the demonstration; refused in every other mode."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from yingshang import districts
from yingshang.registry import demo


class Command(BaseCommand):
    help = "建立演示账号(仅演示模式) / make the demo sign-ins (demo mode only)"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="以 JSON 输出 / print JSON")

    def handle(self, *args: object, **options: object) -> None:
        try:
            rows = demo.install(districts.load(settings.DISTRICT))
        except (demo.Refused, districts.BadDistrict) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        self.stdout.write(f"演示口令 / demo password: {demo.PASSWORD}")
        for row in rows:
            self.stdout.write(
                f"  {row['username']:<15}{row['role']} / {row['role_en']} · {row['unit']} → {row['where']}"
            )
