"""``yingshang``: the one command of the platform.

Everything heavy is imported inside the commands, so that ``yingshang --help`` and completion answer at once.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from .errors import Told

app = typer.Typer(
    help="营商:区级营商服务平台 / Yingshang, a district's service to its businesses",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # half a second of imports for a frame around the help
)
audit = typer.Typer(help="审计链 / the audit chain", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(audit, name="audit")
rules = typer.Typer(
    help="规则 / rules: run them over all businesses, check a model", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(rules, name="rules")
receipt = typer.Typer(help="兑付凭证 / receipts of payments", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(receipt, name="receipt")

_PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
Host = Annotated[str, typer.Option(envvar="YINGSHANG_BIND", help="监听地址 / address to listen on")]
Port = Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="端口 / port")]


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    businesses: Annotated[
        int | None,
        typer.Option(min=0, help="示例企业户数 / how many sample businesses, by default the district's number"),
    ] = None,
) -> None:
    """演示:准备一切并启动 / set everything up with sample data, and serve it."""
    from .serving import Address
    from .serving import demo as run

    raise typer.Exit(run(Address(host, port), businesses))


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(envvar="YINGSHANG_WEB_WORKERS", min=1, help="网页进程数 / web processes")] = 2,
) -> None:
    """正式运行 / serve for production; refuses unsafe settings and says what to set."""
    from .serving import Address
    from .serving import serve as run

    raise typer.Exit(run(Address(host, port, tls=os.environ.get("YINGSHANG_TLS") == "direct"), workers))


@app.command()
def migrate() -> None:
    """准备数据库:数据表、区数据、情景 / prepare the database: tables, district, scenarios."""
    from . import environment, preparation

    home = environment.enter()
    with environment.database(home) as dsn:
        preparation.prepare(dsn, home)


@app.command()
def worker() -> None:
    """后台任务 / run the job worker (on a machine of its own, with DATABASE_URL)."""
    from . import environment

    with environment.database(environment.enter()):
        from .worker import main as work

        work()


@app.command(context_settings=_PASS_ON)
def sweeper(context: typer.Context) -> None:
    """时限巡检 / run the clock sweeper."""
    _manage("run_sweeper", *context.args)


@audit.command("verify", context_settings=_PASS_ON)
def audit_verify(context: typer.Context) -> None:
    """核验审计链 / find changed or missing rows of the audit log."""
    _manage("audit_verify", *context.args)


@receipt.command("verify")
def receipt_verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="凭证文件 / the receipt")],
    key: Annotated[
        str, typer.Option(help="区的公钥(十六进制) / the district's public key; by default that of this installation")
    ] = "",
) -> None:
    """核验凭证:签名、内容、重算 / check signature and contents, and run the rule again; exit code 1 when anything fails."""
    from yingshang.policies import replay

    from . import environment

    kept = environment.home() / "keys" / "receipts.pub"
    checks = replay.verify(file.read_bytes(), trusted=key or (kept.read_text("ascii") if kept.exists() else ""))
    for check in checks:
        typer.echo(f"{'✓' if check.ok else '✗'} {check.zh} / {check.en}")
    raise typer.Exit(0 if checks[-1].ok else 1)


@rules.command("run", context_settings=_PASS_ON)
def rules_run(context: typer.Context) -> None:
    """对全部企业运行规则 / run the rules over all businesses: --all, --only KEY, --changed."""
    _manage("run_rules", *context.args)


@rules.command("check", context_settings=_PASS_ON)
def rules_check(context: typer.Context) -> None:
    """检查规则模型 / check a rule's model; exit code 1 when something is wrong. Needs no database."""
    from . import environment

    environment.enter()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["yingshang manage", "check_rule", *context.args])


@app.command(context_settings=_PASS_ON)
def population(context: typer.Context) -> None:
    """生成示例企业 / generate the sample district's businesses."""
    _manage("population", *context.args)


@app.command(context_settings=_PASS_ON)
def manage(context: typer.Context) -> None:
    """Django 管理命令 / any of Django's management commands."""
    _manage(*context.args)


@app.command("database-url")
def database_url() -> None:
    """数据库连接地址(含口令) / the database's URL, password included, e.g. for pg_dump and psql."""
    from . import environment
    from .postgres import Server

    typer.echo(os.environ.get("DATABASE_URL") or Server(environment.home()).dsn())


@app.command()
def healthcheck(
    url: Annotated[str, typer.Option(help="地址 / address, by default this machine's $PORT")] = "",
    host: Annotated[str, typer.Option(help="Host 头 / Host header")] = "",
) -> None:
    """健康检查:0 正常,1 异常 / ask /healthz; exit code 0 when all is well, else 1."""
    from .serving import healthy

    hosts = os.environ.get("YINGSHANG_ALLOWED_HOSTS", "").split(",")
    well, said = healthy(url or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}/healthz", host or hosts[0] or None)
    typer.echo(said)
    raise typer.Exit(0 if well else 1)


@app.command(context_settings=_PASS_ON)
def dmn(context: typer.Context) -> None:
    """决策表工具 / work with DMN decision models: check, evaluate, explain."""
    from yingshang.decisions.cli import app as decisions

    decisions(args=context.args, prog_name="yingshang dmn")


@app.command(context_settings=_PASS_ON)
def insight(context: typer.Context) -> None:
    """流程洞察 / what an event log (XES, OCEL) tells: variants, durations, rework, bottlenecks."""
    from yingshang.insight.cli import main as look

    look(context.args, "yingshang insight")


def main() -> None:
    """Run the command line; problems that the person at the terminal can mend are told without a traceback."""
    try:
        app()
    except Told as problem:
        print(problem, file=sys.stderr)
        raise SystemExit(1) from None


def _manage(*arguments: str) -> None:
    from . import environment

    with environment.database(environment.enter()):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["yingshang manage", *arguments])


if __name__ == "__main__":
    main()
