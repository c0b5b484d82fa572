"""The short form of ``make chaos``: every kind of process is killed while cases move, and nothing is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

CHAOS = Path(__file__).resolve().parents[2] / "tools" / "chaos"


def test_nothing_is_lost_when_processes_are_killed() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("YINGSHANG_") and k != "DATABASE_URL"}
    command = [sys.executable, str(CHAOS), "--cases", "60", "--kills", "10", "--seed", "20230426"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=420)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["problems"] == 0
    assert report["closed"] == 60
    assert set(report["kills"]) == {"web worker", "web main", "job worker", "sweeper", "postgres"}
    assert sum(report["kills"].values()) == 10
    assert report["repeated"] > 0  # the kills were felt
    assert report["fired"] >= 12  # one case in five waits past its first promise
