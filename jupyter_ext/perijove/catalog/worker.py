"""Reads foreign data in a process of its own: one JSON request on stdin, JSON lines on stdout.

The request is ``{"kind", "config", "verb", "arguments", "memory"}``. Answers are lines of one key each: ``found`` (a
dataset), ``preview``, or ``error`` with kind, message and hint; ``{"done": true}`` is the last one. Whatever hostile
data does to this process (memory, time, a crash in a decoder) stays in it.
"""

from __future__ import annotations

import os
import resource
import sys
from typing import Any

import msgspec

from perijove.catalog.model import Reading
from perijove.catalog.ports import CatalogSource
from perijove.core.errors import Failed, Invalid, PerijoveError
from perijove.core.plugins import Parts

GROUP = "perijove.catalog_sources_v1"


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of the worker; ``memory`` is the cap in bytes of address space."""

    kind: str
    config: dict[str, Any]
    verb: str
    memory: int
    uri: str = ""
    rows: int = 0
    options: dict[str, str] = {}


def limit(memory: int) -> None:
    """Cap this process's memory, allow no core dump, and keep libraries from taking a thread's memory per core."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    cap = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (cap, cap))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"


def answer(request: Request) -> None:
    """Do what is asked and write the answers."""
    source: CatalogSource = Parts(GROUP).make(request.kind, request.config)
    if request.verb == "datasets":
        for reading in source.datasets():
            say("found", reading)
    elif request.verb == "describe":
        say("found", source.describe(request.uri))
    elif request.verb == "preview":
        say("preview", source.preview(request.uri, request.rows, request.options))
    else:
        raise Invalid(f"A worker knows no verb “{request.verb}”.")


def say(key: str, value: Any) -> None:
    """Write one line."""
    sys.stdout.buffer.write(msgspec.json.encode({key: value}) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Answer the request on stdin."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    limit(request.memory)
    try:
        answer(request)
    except PerijoveError as error:
        _fail(error)
    except MemoryError:
        _fail(Invalid(too_big(request.memory), hint="Read it in a kernel with more memory, or in smaller parts."))
    except Exception as error:  # noqa: BLE001 - whatever a source raises becomes its named reason
        _fail(Failed(f"The source could not be read: {type(error).__name__}: {error}.", hint="Check the data."))
    say("done", True)


def too_big(memory: int) -> str:
    """The sentence for data that does not fit."""
    return f"Reading this needs more than the {memory / 2**30:.0f} GB of memory it may use."


def _fail(error: PerijoveError) -> None:
    say("error", {"kind": error.kind, "message": error.message, "hint": error.hint})


__all__ = ["Reading", "Request", "answer", "limit", "main", "say", "too_big"]

if __name__ == "__main__":
    main()
