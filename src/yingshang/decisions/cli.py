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


@app.command()
def run(
    model: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="DMN 文件 / DMN document")],
    decision: Annotated[str, typer.Option("--decision", help="决策名称 / name of the decision")],
    source: Annotated[Path, typer.Option("--in", help="输入 Parquet / Parquet to read")],
    target: Annotated[Path, typer.Option("--out", help="输出 Parquet / Parquet to write")],
    engine: Annotated[str, typer.Option(help="columnar、python 或 spark / columnar, python or spark")] = "columnar",
    explain: Annotated[bool, typer.Option("--explain", help="加上各表命中的规则 / add the rule of each table")] = False,
    near_misses: Annotated[bool, typer.Option("--near-misses", help="加上差一点命中的规则 / add near misses")] = False,
    struct: Annotated[bool, typer.Option("--struct", help="结果合为一列 / contexts as one column of structs")] = False,
    id_column: Annotated[str, typer.Option("--id", help="标识列 / column that comes first")] = "id",
) -> None:
    """对整个群体运行一项决策 / run a decision over a population, from Parquet to Parquet."""
    from yingshang.decisions.columns import command
    from yingshang.decisions.errors import DecisionError

    try:
        command.run(
            model, decision, source, target,
            engine=engine, explain=explain, near_misses=near_misses, struct=struct, id_column=id_column,
        )  # fmt: skip
    except DecisionError as error:
        typer.echo(f"失败 / failed: {error}", err=True)
        raise typer.Exit(1) from None
