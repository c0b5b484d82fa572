"""``yingshang dmn run``: a population on the command line, with a progress bar."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from yingshang.decisions.columns.report import Report
from yingshang.decisions.columns.running import run_file


def run(
    model: Path,
    decision: str,
    source: Path,
    target: Path,
    *,
    engine: str = "columnar",
    explain: bool = False,
    near_misses: bool = False,
    struct: bool = False,
    id_column: str = "id",
) -> Report:
    """Run a decision from Parquet to Parquet, and show on standard error how far it is.

    Raises:
        DecisionError: see :func:`yingshang.decisions.columns.run_file`.
    """
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(decision, total=None)
        report = run_file(
            model,
            decision,
            source,
            target,
            engine=engine,
            explain=explain,
            near_misses=near_misses,
            struct=struct,
            id_column=id_column,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    for line in report.lines():
        console.print(line, markup=False, highlight=False)
    return report
