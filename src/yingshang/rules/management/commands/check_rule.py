"""``yingshang rules check``: what is wrong with a rule's model, without the database."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from yingshang.rules.checking import check


class Command(BaseCommand):
    help = "检查规则模型:决策表、事实、结构 / check a rule's model: tables, facts, shape"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="+", help="DMN 文件 / DMN documents")
        parser.add_argument("--decision", default="结果", help="给出结果的决策 / decision that gives the result")
        parser.add_argument("--person", action="store_true", help="对象为个人 / the rule is about persons")
        parser.add_argument("--json", action="store_true", help="每行一条 JSON / one JSON line a finding")

    def handle(self, *args: object, **options: object) -> None:
        files = options["file"] if isinstance(options["file"], list) else []
        errors = 0
        for file in files:
            try:
                document = file.read_bytes()
            except OSError as error:
                raise CommandError(f"读不出 {file} / cannot be read: {error.strerror}") from error
            subject = "person" if options["person"] else "business"
            for finding in check(document, str(options["decision"]), subject=subject):
                errors += finding.severity == "error"
                if options["json"]:
                    line = json.dumps({"file": str(file), **finding.as_dict()}, ensure_ascii=False)
                else:
                    where = f"{file.name} › {finding.table}" if finding.table else file.name
                    line = f"{where} [{finding.severity}] {finding.zh} / {finding.en}"
                self.stdout.write(line)
        if errors:
            raise SystemExit(1)
