"""Management commands one after the other in a process of their own: Django is set up once, and not for each of them.

The process reads a line of JSON for each command, ``{"command": [name, …], "streams": …}``, and answers with a line,
``{"printed": …}`` or ``{"failed": …}``. It dies with the one that asks.
"""

import io
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from types import TracebackType
from typing import IO, Self

from .errors import Told
from .unprivileged import dies_with_parent


class CommandFailed(Told):
    """A command ended with an error; the message holds what it printed."""


class Commands:
    """The process, started when the first command is run; to be used as a context manager."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:
            with self._process as process:
                # At the end of its input it ends by itself; after an error it may be busy still.
                if kind is not None:
                    process.terminate()
            self._process = None

    def run(self, command: Sequence[str], *, streams: bool = False) -> str:
        """Run a command and return what it printed.

        Args:
            command: the command and its arguments.
            streams: let it write to the terminal as it goes (progress); nothing is returned then.

        Raises:
            CommandFailed: it ended with an error.
        """
        process = self._process = self._process or self._started()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps({"command": list(command), "streams": streams}) + "\n")
            process.stdin.flush()
            said = process.stdout.readline()
        except BrokenPipeError:
            said = ""
        if not said:
            raise CommandFailed(f"'{' '.join(command)}' ended without an answer (exit code {process.wait()})")
        answer: dict[str, str] = json.loads(said)
        if "failed" in answer:
            raise CommandFailed(f"'{' '.join(command)}' failed:\n{answer['failed']}")
        return answer["printed"]

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "yingshang.runtime.commands"],
            text=True,
            encoding="utf-8",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "YINGSHANG_LOG": os.environ.get("YINGSHANG_LOG", "WARNING")},
            preexec_fn=dies_with_parent(),
        )


# --- the process itself -------------------------------------------------------------------------------------------------


def serve(asked: IO[str], answers: IO[str]) -> None:
    """Carry out what is asked until there is nothing more."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yingshang.settings")
    django.setup()
    for line in asked:
        wanted = json.loads(line)
        json.dump(_carried_out(wanted["command"], wanted["streams"]), answers)
        answers.write("\n")
        answers.flush()


def _carried_out(command: Sequence[str], streams: bool) -> dict[str, str]:
    from django.core.management import call_command
    from django.core.management.base import CommandError
    from django.db import connections

    printed = io.StringIO()
    # Nothing but answers may come where they are read.
    out, err = (sys.stderr, sys.stderr) if streams else (printed, printed)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            call_command(*command, stdout=out, stderr=err)
    except CommandError as error:
        return {"failed": f"{printed.getvalue()}{error}"}
    except (Exception, SystemExit):
        return {"failed": f"{printed.getvalue()}{traceback.format_exc()}"}
    finally:
        connections.close_all()
    return {"printed": "" if streams else printed.getvalue()}


if __name__ == "__main__":
    # Whatever writes to the standard output by itself writes to the terminal.
    pipe = os.dup(1)
    os.dup2(2, 1)
    with (
        os.fdopen(0, "r", encoding="utf-8", closefd=False) as questions,
        os.fdopen(pipe, "w", encoding="utf-8") as told,
    ):
        serve(questions, told)
