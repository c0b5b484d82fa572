"""What the first demand of a process would wait for, done before somebody does."""

from __future__ import annotations

import gc
import logging
import threading
import time

from yingshang.cases import catalog, engine, routing

log = logging.getLogger(__name__)


def warm() -> None:
    """Load the dictionary of words, learn the routing suggestions, and compile the scenarios' decisions.

    Takes some seconds of processor time once a process, most of it the import of scikit-learn; doing it twice is quick.
    """
    routing.cut("企业诉求")
    with routing.pinned():
        pass
    for spec in catalog.every():
        for stem in spec.decisions:
            engine.load_decision(spec.id, stem)
    # What is loaded by now stays: the collector need not walk through some hundred thousand objects again and again.
    gc.collect()
    gc.freeze()


def warm_in_background() -> threading.Thread:
    """The same in a thread of its own, so that a process does its work meanwhile. A failure is logged and does no harm:
    the first demand then does what is left."""

    def run() -> None:
        from django.db import connections

        started = time.monotonic()
        try:
            warm()
            log.info("warmed up in %.1f s", time.monotonic() - started)
        except Exception:
            log.exception("warming up failed")
        finally:
            connections.close_all()  # those of this thread

    thread = threading.Thread(target=run, name="warm", daemon=True)
    thread.start()
    return thread
