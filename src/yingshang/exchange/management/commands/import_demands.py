"""Bring demands in from a spreadsheet or CSV file, with a progress bar; the bad rows are listed and kept."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from yingshang.accounts.models import Person
from yingshang.cases.errors import ActionError
from yingshang.exchange import imports
from yingshang.exchange.imports.columns import template
from yingshang.exchange.models import ImportRun


class Command(BaseCommand):
    help = "导入诉求表格 / import demands from .xlsx or .csv"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--scenario", default="qifu_express")
        parser.add_argument("--service", default="demand")
        parser.add_argument("--source", default="sheet", help="来源名,与来源编号一起防止重复 / name of the source")
        parser.add_argument("--as", dest="username", default="", help="以谁的名义 / username of the importer")
        parser.add_argument("--template", action="store_true", help="把空白模板写到 FILE / write the template to FILE")

    def handle(self, *args: object, **options: object) -> None:
        path = options["file"]
        assert isinstance(path, Path)
        scenario, service = str(options["scenario"]), str(options["service"])
        if options["template"]:
            return self._template(path, scenario, service)
        actor = None
        if options["username"]:
            actor = Person.objects.filter(username=str(options["username"])).first()
            if actor is None:
                raise CommandError(f"没有这个用户 / no such user: {options['username']}")
        try:
            run = imports.begin(
                path, name=path.name, actor=actor, scenario=scenario, service=service, source=str(options["source"])
            )
            self._work(run, path)
        except FileNotFoundError:
            raise CommandError(f"没有这个文件 / no such file: {path}") from None
        except (imports.BadFile, ActionError, LookupError) as e:
            raise CommandError(str(e)) from None
        self._report(run)

    def _work(self, run: ImportRun, path: Path) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as bar:
            total = _rows_about(path)
            task = bar.add_task("导入 / importing", total=total)

            def show(r: ImportRun) -> None:
                bar.update(
                    task,
                    completed=r.rows,
                    total=max(total or 0, r.rows),
                    description=f"已导入 {r.accepted} · 已有 {r.known} · 退回 {r.refused}",
                )

            imports.work(run, path, progress=show)
            bar.update(task, completed=run.rows, total=run.rows)

    def _report(self, run: ImportRun) -> None:
        self.stdout.write(
            f"{run.file_name}: {run.rows} 行,导入 {run.accepted},以前已有 {run.known},退回 {run.refused}"
            f" / {run.rows} rows, {run.accepted} in, {run.known} known, {run.refused} refused (run {run.pk})"
        )
        for row in run.refused_rows.all()[:20]:
            self.stdout.write(f"  {row}")
        if run.refused > 20:
            self.stdout.write("  …")

    def _template(self, path: Path, scenario: str, service: str) -> None:
        from yingshang.cases import catalog
        from yingshang.cases.models import Category

        names = list(Category.objects.filter(scenario=scenario, active=True).values_list("name", flat=True))
        with open(path, "wb") as out:
            template(catalog.get(scenario), service, names, out)
        self.stdout.write(f"模板已写到 / template written to {path}")


def _rows_about(path: Path) -> int | None:
    """How many rows to expect, for the bar: counted lines of a text file; unknown for a workbook."""
    with open(path, "rb") as f:
        if f.read(2) == b"PK":
            return None
        return sum(chunk.count(b"\n") for chunk in iter(lambda: f.read(1 << 20), b""))
