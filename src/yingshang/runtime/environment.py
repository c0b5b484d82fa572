"""What every command needs before Django is asked: the home folder, the mode and a database to talk to."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import Told
from .postgres import AlreadyRunning, Server

MODES = ("demo", "production", "test")
_MODE_FILE = "mode"


class ModeConflict(Told):
    """The home folder was made in one mode and is opened in another."""


def home() -> Path:
    """Return ``YINGSHANG_HOME``, by default ``./var``, as an absolute path that may not exist yet."""
    return Path(os.environ.get("YINGSHANG_HOME") or "var").resolve()


def enter(mode: str | None = None) -> Path:
    """Make the home folder, settle the mode and put both into the environment.

    Args:
        mode: the mode of a command that makes or opens a home (``demo`` or ``production``); ``None`` for one that works
            on whatever home it finds.

    Returns:
        the home folder.

    Raises:
        ModeConflict: a demo's home is opened for production or the reverse; its accounts and data do not belong there.
    """
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    made_for = _made_for(folder)
    wanted = mode or os.environ.get("YINGSHANG_MODE") or made_for or "production"
    if wanted not in MODES:
        raise ModeConflict(f"YINGSHANG_MODE={wanted}: choose one of {', '.join(MODES)}")
    if made_for and wanted != made_for and wanted != "test":
        raise ModeConflict(
            f"{folder} 是 {made_for} 模式的数据,不能用于 {wanted} 模式;请换一个 YINGSHANG_HOME\n"
            f"{folder} holds data of {made_for} mode and is not for {wanted} mode: choose another YINGSHANG_HOME"
        )
    if mode and not made_for:
        (folder / _MODE_FILE).write_text(mode + "\n")
    os.environ["YINGSHANG_HOME"] = str(folder)
    os.environ["YINGSHANG_MODE"] = wanted
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yingshang.settings")
    return folder


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Give the block a database and return its URL, also in the environment as ``DATABASE_URL``.

    That is the server named by ``DATABASE_URL``, else the embedded one: as it is when it runs, else started for the
    length of the block.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    server = Server(folder)
    ours = False
    try:
        server.start(tied=True)
        ours = True
    except AlreadyRunning:
        pass
    os.environ["DATABASE_URL"] = server.dsn()
    try:
        yield server.dsn()
    finally:
        del os.environ["DATABASE_URL"]
        if ours:
            server.stop()


def say(zh: str, en: str) -> None:
    """Tell the person at the terminal, in both languages, on standard error."""
    print(f"{zh} / {en}", file=sys.stderr, flush=True)


def _made_for(folder: Path) -> str | None:
    try:
        return (folder / _MODE_FILE).read_text().strip() or None
    except FileNotFoundError:
        return None
