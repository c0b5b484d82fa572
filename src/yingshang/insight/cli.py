"""``yingshang insight``: what an event log tells, on the command line."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def insight(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="XES 或 OCEL 2.0(JSON、XML、SQLite),可 .gz、.zip / the log"),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
    activity: Annotated[
        str, typer.Option(help="作为活动名称的事件属性 / attribute that names the activity")
    ] = "concept:name",
    object_type: Annotated[str, typer.Option(help="OCEL 中作为办件的对象类型 / type of object that is a case")] = "",
    top: Annotated[int, typer.Option(min=1, max=1000, help="列出几项 / how many rows of each table")] = 10,
) -> None:
    """流程洞察:一份事件日志里的办件走了哪些路、多久、卡在哪里 / what the cases of an event log took, and where they waited."""
    from yingshang.insight.errors import BadLog
    from yingshang.insight.measures import measure
    from yingshang.insight.reading import read

    with tempfile.TemporaryDirectory(prefix="yingshang-insight-") as scratch:
        try:
            with _progress(file.name) as tell:
                store = read(file, Path(scratch) / "log", activity=activity, object_type=object_type, progress=tell)
        except BadLog as error:
            typer.echo(f"{error.said_zh}\n{error.said_en}", err=True)
            raise typer.Exit(1) from None
        report = measure(store, variants=top)
    if as_json:
        typer.echo(json.dumps(as_dict(report), ensure_ascii=False))
    else:
        from yingshang.insight.printing import show

        show(report, file.name, top)


def as_dict(report: Any) -> dict[str, Any]:
    """The report for JSON: the figures of the log as a whole on top, the tables below; times in ISO 8601."""
    whole = asdict(report)
    totals = whole.pop("totals")
    for end in ("first", "last"):
        totals[end] = totals[end].isoformat() if totals[end] else None
    for month in whole["months"]:
        month["month"] = month["month"].strftime("%Y-%m")
    # "variants" is the number of them, as in the figures of the log.
    most = whole.pop("variants")
    for variant in most:
        variant.pop("case_no")
    return {**totals, **whole, "most_frequent": most}


@contextmanager
def _progress(name: str) -> Iterator[Any]:
    """A bar on standard error, where somebody is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[events]:,}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(name, total=1.0, events=0)
        yield lambda share, events: bar.update(task, completed=share, events=events)


def main(args: list[str], prog_name: str) -> None:
    """Run with these arguments."""
    app(args=args, prog_name=prog_name)
