"""Pauses the collector of cyclic garbage while something large is built.

What is built and kept (a parsed program, a graph of it) is no garbage, yet with each new part Python looks through
all that is there: for the analysis of a long notebook that is a third of the time.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_pauses = 0
_was_on = False


@contextmanager
def no_collecting() -> Iterator[None]:
    """Collect no cyclic garbage meanwhile, in any thread; use it for what takes a second, and not for hours."""
    global _pauses, _was_on
    with _lock:
        if _pauses == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_on:
                _age()
                gc.enable()


def _age() -> None:
    """Count what was built as old: else whoever comes next pays for looking through it."""
    if gc.get_freeze_count():  # somebody keeps things from the collector; to thaw ours would be to thaw theirs
        gc.collect(1)
        return
    gc.freeze()
    gc.unfreeze()
