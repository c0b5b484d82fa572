"""Kill what the platform consists of, again and again, while cases move; then prove that nothing was lost.

    make chaos                                       # 2,000 cases, 50 kills
    .venv/bin/python tools/chaos --cases 60 --kills 10

A demo is started in a folder of its own. Cases go from "open" to "confirmed" through the REST API, each step with its
idempotency key, as a well-behaved client would: repeated until it is answered. Meanwhile the web server's main process and
worker, the job worker, the clock sweeper and PostgreSQL are killed (SIGKILL) at random. Promises are shortened so that
clocks fall due on the way. At the end the database is asked whether a case was lost, got stuck or was moved twice, and
whether every clock that fell due fired, once. Prints JSON lines; exits with 1 when anything was found.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import verdict
from journeys import Journeys
from stack import Stack


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--clients", type=int, default=8, help="requests at the same time")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="repeat a run's choice of victims")
    parser.add_argument("--keep", action="store_true", help="leave the data folder behind")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    home = Path(tempfile.mkdtemp(prefix="yingshang-chaos-"))
    home.chmod(0o755)  # the database server's user must be able to pass
    started = time.monotonic()
    try:
        with Stack(home) as stack:
            actors = stack.prepare()
            journeys = Journeys(stack.url, actors, given.cases, chance)
            killer = threading.Thread(target=kill_along, args=(stack, journeys, given.kills, chance), daemon=True)
            killer.start()
            journeys.run(given.clients)
            killer.join()
            problems = journeys.problems + stack.settle() + verdict.find(journeys.numbers)
            report = {
                "cases": given.cases,
                "kills": dict(sorted(stack.killed.items())),
                "requests": journeys.requests,
                "repeated": journeys.repeated,
                "seconds": round(time.monotonic() - started, 1),
                "seed": given.seed,
                **verdict.counts(),
                "problems": len(problems),
            }
    finally:
        if not given.keep:
            shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(report), flush=True)
    for problem in problems[:50]:
        print(problem, file=sys.stderr)
    if sum(stack.killed.values()) != given.kills:
        print(f"only {sum(stack.killed.values())} of {given.kills} kills happened", file=sys.stderr)
        return 1
    return 1 if problems else 0


def kill_along(stack: Stack, journeys: Journeys, kills: int, chance: random.Random) -> None:
    """Spread the kills over the work: the n-th happens when its random share of all steps is done."""
    # Every kind of victim in turn, in random order: a short run kills each at least once.
    victims = [
        v for _ in range(kills // len(stack.VICTIMS) + 1) for v in chance.sample(stack.VICTIMS, len(stack.VICTIMS))
    ]
    moments = sorted(chance.uniform(0.02, 0.9) for _ in range(kills))
    for victim, moment in zip(victims, moments, strict=False):
        while journeys.share_done() < moment and not journeys.finished.is_set():
            time.sleep(0.05)
        stack.kill(victim)


if __name__ == "__main__":
    sys.exit(main())
