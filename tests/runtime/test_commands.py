"""Management commands in one process: each is answered, a failure is told and stops nothing, a death is told."""

import os
import signal

import pytest

from yingshang.runtime.commands import CommandFailed, Commands


def test_one_after_the_other(capfd: pytest.CaptureFixture[str]) -> None:
    with Commands() as commands:
        assert "no issues" in commands.run(["check"])
        process = commands._process
        with pytest.raises(CommandFailed, match="'no_such_command' failed"):
            commands.run(["no_such_command"])
        with pytest.raises(CommandFailed, match="--no-such-option"):
            commands.run(["check", "--no-such-option"])
        assert commands.run(["check"], streams=True) == ""
        assert commands._process is process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(CommandFailed, match="exit code -9"):
            commands.run(["check"])
    told = capfd.readouterr()
    assert told.err.count("no issues") == 1 and "no issues" not in told.out
