"""``yingshang dmn``: decision models on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="决策模型工具 / work with DMN decision models.")


@app.callback()
def _group() -> None:
    """决策模型工具 / work with DMN decision models."""


@app.command()
def tck(
    directory: Annotated[Path, typer.Argument(exists=True, help="用例目录 / directory with cases of the DMN TCK")],
) -> None:
    """运行 DMN 兼容性用例,最后一行为 JSON 汇总 / run cases of the DMN TCK; the last line is the JSON summary."""
    from yingshang.decisions.tck import run

    total = passed = 0
    for case in run(directory):
        total += 1
        passed += not case.failures
        for failure in case.failures:
            typer.echo(str(failure))
    typer.echo(json.dumps({"total": total, "passed": passed}))


@app.command()
def check(
    model: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="DMN 文件 / DMN document")],
    as_json: Annotated[bool, typer.Option("--json", help="每行一条 JSON / one JSON line a finding")] = False,
) -> None:
    """检查决策表:空缺、重叠、永不命中的规则、类型和名称 / check tables: gaps, overlaps, dead rules, types, names."""
    from yingshang.decisions.checks.report import lines

    errors = 0
    for severity, line in lines(model, as_json):
        errors += severity == "error"
        typer.echo(line)
    raise typer.Exit(1 if errors else 0)
