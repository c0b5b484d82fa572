"""What must be true of database and home before the platform serves: tables, district, scenarios, static files.

Each step is a management command and safe to repeat; to make a second start quick it is skipped while what it depends
on is unchanged. The marks are kept where the step's result is kept (in the database, or in the home), so that a
restored backup or a moved home never passes for prepared.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psycopg

from .commands import Commands
from .environment import say
from .errors import Told

PACKAGE = Path(__file__).resolve().parents[1]
# Two supervisors of one database prepare it one after the other.
_LOCK = 0x59494E47
# The demo's sign-ins as JSON, for the table at its start.
SIGN_INS = "sign_ins.json"
_OF_TABLES = ("django", "django-allauth", "procrastinate")


class PreparationFailed(Told):
    """The database did not answer."""


@dataclass(frozen=True)
class Step:
    """One management command, what it makes, and the hash of what its result depends on.

    ``in_home``: the result lies in the home, not in the database. ``keeps``: name of a file of the home for what the command
    prints. ``streams``: it shows its progress on the terminal.
    """

    name: str
    zh: str
    en: str
    command: Sequence[str]
    depends: str
    in_home: bool = False
    modes: tuple[str, ...] = ("demo", "production")
    streams: bool = False
    keeps: str = ""


def steps(businesses: int | None = None) -> list[Step]:
    """Return the steps in order, with the hashes of the code and data as they are now.

    Args:
        businesses: how many sample businesses; ``None`` for the district's own number, 0 for none.
    """
    code = _digest(_files(PACKAGE, ".py", ".toml", ".json", ".bpmn", ".dmn", ".csv"))
    tables = _digest(_files(PACKAGE, ".py", within="migrations"), *(f"{p} {metadata.version(p)}" for p in _OF_TABLES))
    static = _digest(_files(PACKAGE / "web" / "static_build"), metadata.version("django"))
    return [
        Step("migrate", "建立数据表", "preparing the tables", ["migrate", "--no-input", "-v0"], tables),
        Step("cache", "建立缓存表", "preparing the cache", ["createcachetable"], tables),
        Step("static", "整理静态文件", "collecting static files", ["collectstatic", "--no-input", "-v0"], static, True),
        Step("district", "载入区数据", "loading the district", ["load_district"], code),
        Step("scenarios", "发布情景", "publishing the scenarios", ["load_scenarios"], code),
        Step("points", "载入服务点", "loading the service points", ["load_service_points"], code),
        Step("policies", "发布政策", "publishing the policies", ["load_policies"], code),
        Step("items", "发布投资项目事项清单", "publishing the items of projects", ["load_items"], code),
        Step(
            "population",
            "生成示例企业(首次约一分钟)",
            "making the sample businesses (about a minute, once)",
            ["population", *([] if businesses is None else ["--count", str(businesses)])],
            "loaded",  # made once and never again: by then cases refer to it
            modes=("demo",) if businesses != 0 else (),
            streams=True,
        ),
        Step(
            "accounts",
            "建立演示账号",
            "making the demo sign-ins",
            ["demo_accounts", "--json"],
            code,
            modes=("demo",),
            keeps=SIGN_INS,
        ),
        Step(
            "cases",
            "演示办件(约半分钟)",
            "telling the demo cases (about half a minute, once)",
            ["demo_cases"],
            "told",
            modes=("demo",) if businesses != 0 else (),
        ),
        Step(
            "claims",
            "演示申报",
            "telling the demo claims",
            ["demo_policies"],
            "told",
            modes=("demo",) if businesses != 0 else (),
        ),
        Step(
            "projects",
            "演示投资项目",
            "telling the demo projects",
            ["demo_projects"],
            "told",
            modes=("demo",) if businesses != 0 else (),
        ),
    ]


def prepare(dsn: str, home: Path, *, businesses: int | None = None, wait: float = 120) -> None:
    """Carry out the steps that are not done yet.

    Args:
        dsn: the database's URL.
        home: the home folder.
        businesses: see :func:`steps`.
        wait: seconds to wait for an external database that is still starting.

    Raises:
        CommandFailed: a step failed.
        PreparationFailed: the database did not answer.
    """
    mode = os.environ["YINGSHANG_MODE"]
    marks = _HomeMarks(home)
    with _connect(dsn, wait) as connection, Commands() as commands:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        # Not one of Django's models: it must be there before the first migration.
        connection.execute(
            "CREATE TABLE IF NOT EXISTS yingshang_prepared (step text PRIMARY KEY, depends text NOT NULL)"
        )
        rows = connection.execute("SELECT step, depends FROM yingshang_prepared").fetchall()
        done = {str(step): str(depends) for step, depends in rows}
        for step in steps(businesses):
            key = f"{step.name}:{os.environ.get('YINGSHANG_DISTRICT', '')}"
            up_to_date = (marks.read() if step.in_home else done).get(key) == step.depends
            if mode not in step.modes or (up_to_date and (not step.keeps or (home / step.keeps).exists())):
                continue
            say(f"{step.zh}…", f"{step.en} …")
            printed = commands.run(step.command, streams=step.streams)
            if step.keeps:
                (home / step.keeps).write_text(printed)
            if step.in_home:
                marks.write(key, step.depends)
            else:
                connection.execute(
                    "INSERT INTO yingshang_prepared VALUES (%s, %s) ON CONFLICT (step) DO UPDATE SET depends = excluded.depends",
                    [key, step.depends],
                )


def _connect(dsn: str, wait: float) -> "psycopg.Connection[tuple[object, ...]]":
    deadline = time.monotonic() + wait
    while True:
        try:
            return psycopg.connect(dsn, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as problem:
            if time.monotonic() > deadline or "authentication failed" in str(problem):
                raise PreparationFailed(f"the database does not answer: {problem}") from problem
            time.sleep(1)


class _HomeMarks:
    def __init__(self, home: Path) -> None:
        self.file = home / "prepared.json"

    def read(self) -> dict[str, str]:
        try:
            marks: dict[str, str] = json.loads(self.file.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return marks

    def write(self, key: str, depends: str) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps({**self.read(), key: depends}, indent=1))
        draft.replace(self.file)


def _files(root: Path, *endings: str, within: str | None = None) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(d for d in below if d not in {"__pycache__", "static_build", "node_modules"})
        if within and Path(folder).name != within:
            continue
        yield from (Path(folder, n) for n in sorted(names) if not endings or n.endswith(endings))


def _digest(files: Iterable[Path], *more: str | Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for item in (files, *more):
        if isinstance(item, str):
            digest.update(item.encode())
            continue
        for file in item:
            digest.update(str(file.relative_to(PACKAGE)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
