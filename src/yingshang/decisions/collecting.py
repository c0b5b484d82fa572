"""Work that makes many objects and no garbage, done without looking for garbage.

Python looks for cycles each time so many more objects are there, and then walks through all objects of the process: while a
model of some thousand cells is read, that takes longer than the reading.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_lock = threading.Lock()
_depth = 0
_was_on = False


@contextmanager
def uncollected() -> Iterator[None]:
    """Nobody looks for cycles meanwhile, in any thread; afterwards it is as it was."""
    global _depth, _was_on
    with _lock:
        if _depth == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0 and _was_on:
                gc.enable()


def collect_young() -> None:
    """Look for cycles among what was made lately, where nobody looks by itself; what has lived longer is not walked."""
    if not gc.isenabled():
        gc.collect(1)


def without_collecting(work: Callable[P, T]) -> Callable[P, T]:
    """A function that runs so."""

    @wraps(work)
    def quietly(*args: P.args, **kwargs: P.kwargs) -> T:
        with uncollected():
            return work(*args, **kwargs)

    return quietly
