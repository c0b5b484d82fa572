"""The clock sweeper as a process: a round every few seconds, with a heartbeat."""

import signal
import threading
import time

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection

from yingshang.accounts import audit
from yingshang.cases import sweep

#: Seconds between two heads of the audit chain that are noted outside the database.
HEADS_EVERY = 600


class Command(BaseCommand):
    help = "到期时钟巡检 / find clocks that fell due"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=2.0, help="秒 / seconds between rounds")
        parser.add_argument("--once", action="store_true", help="只巡检一次 / one round")

    def handle(self, *args: object, **options: object) -> None:
        if options["once"]:
            done = sweep.sweep()
            sweep.beat("sweeper", clocks=done.clocks, timers=done.timers)
            self.stdout.write(f"时限 {done.clocks} 个,定时 {done.timers} 个")
            return
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        every = float(str(options["every"]))
        noted = float("-inf")
        while not stopping.is_set():
            started = time.monotonic()
            try:
                close_old_connections()
                done = sweep.sweep()
                sweep.beat("sweeper", clocks=done.clocks, timers=done.timers, failed=done.failed)
                if started - noted >= HEADS_EVERY:
                    audit.note_head()
                    noted = started
            except DatabaseError as problem:
                # PostgreSQL may be restarting: the next round takes up what this one could not.
                self.stderr.write(f"sweeper: {type(problem).__name__}: {problem}")
                connection.close()
            stopping.wait(max(0.1, every - (time.monotonic() - started)))
