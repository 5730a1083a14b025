"""Says on the log which step runs, and how long each took."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

log = logging.getLogger(__package__)
names: list[str] = []
taken: list[dict[str, Any]] = []
watch: Callable[[Iterable[Any]], None] | None = None  # is shown what passes between steps


def step(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function as a step of the job, in the order of the file."""
    name = function.__name__
    names.append(name)
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def waiting(*values: Any) -> Any:
            with _timed(name):
                return _watched(values, await function(*values))

        return waiting

    @wraps(function)
    def plain(*values: Any) -> Any:
        with _timed(name):
            return _watched(values, function(*values))

    return plain


def _watched(values: tuple[Any, ...], result: Any) -> Any:
    if watch is not None:
        watch([*values, *(result if isinstance(result, tuple) else [result])])
    return result


@contextmanager
def _timed(name: str) -> Iterator[None]:
    number = f"{names.index(name) + 1}/{len(names)}"
    log.info("step %s %s", number, name)
    started = time.monotonic()
    try:
        yield
    except Exception as error:
        error.add_note(f"in step {number}, {name}")
        raise
    taken.append({"name": name, "seconds": round(time.monotonic() - started, 3)})
    log.info("step %s %s took %.2f s", number, name, taken[-1]["seconds"])
