"""Check every scenario folder; exits with 1 when something has to be mended."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yingshang.scenarios import check_files, checker, loader


class Command(BaseCommand):
    help = "检查情景文件夹 / check the scenario folders"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lang", choices=["zh", "en"], default="zh")

    def handle(self, *args: Any, **options: Any) -> None:
        problems = checker.check_all()
        for problem in problems:
            self.stdout.write(problem.line(options["lang"]))
        if not check_files.can_check_stories():
            self.stdout.write("故事未检查:未安装开发依赖 / stories not checked: development packages are not installed")
        if problems:
            raise SystemExit(1)
        self.stdout.write(f"{len(loader.folders())} 个情景,没有问题 / scenarios, nothing to mend")
