"""Reads foreign data in a process of its own: a JSON request on one line, answered by JSON lines.

The request is a ``Request``. Answers are lines of one key each: ``ready`` (the libraries are loaded, and how many
seconds of computing that took), then ``found`` (a dataset), ``preview``, ``profile``, ``versions``, ``listing``,
``share`` (how much is done), or ``error`` with kind, message and hint. ``done`` is the last one: ``waits`` where the
worker can be asked again on the same line (about the same place), else ``leaves``. Whatever hostile data does to this
process (memory, time, a crash in a decoder) stays in it.
"""

from __future__ import annotations

import importlib
import os
import resource
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, cached_property
from importlib.metadata import EntryPoint
from typing import Any

import msgspec

from perijove.catalog.model import Level, Reading, Window
from perijove.catalog.plain import whole
from perijove.catalog.ports import Browsable, CatalogSource, Profiled, Versioned, Windowed
from perijove.catalog.rows import without_pandas
from perijove.core.errors import Failed, Invalid, PerijoveError
from perijove.core.plugins import Part, Parts

GROUP = "perijove.catalog_sources_v1"
OWN = ("files", "delta", "iceberg", "duckdb", "sql", "mlflow")
"""The kinds that read through Arrow and need no pandas; a source of another package may."""
NEEDS: dict[str, tuple[str, ...]] = {
    "file": ("pyarrow.compute", "pyarrow.csv", "pyarrow.parquet"),
    "s3": ("s3fs",),
    "gs": ("gcsfs",),
    "gcs": ("gcsfs",),
    "abfs": ("adlfs",),
    "az": ("adlfs",),
    "http": ("fsspec.implementations.http", "aiohttp"),
    "delta": ("pyarrow.compute", "deltalake"),
    "duckdb": ("duckdb",),
    "iceberg": ("pyiceberg.table", "pyiceberg.io.pyarrow"),
    "iceberg+http": ("pyiceberg.catalog.rest",),
    "iceberg+": ("pyiceberg.catalog.sql",),
    "sqlite": ("sqlalchemy.dialects.sqlite",),
    "postgresql": ("sqlalchemy.dialects.postgresql", "psycopg"),
}
"""What a kind of source, or a place that begins so, loads at its first use."""
MOST_WAITING = 384 * 2**20
"""A worker that has held more memory than this does not wait for another request."""
KEPT = 32 * 2**20
"""Memory of a worker that stays with it when it is free, so that it need not be asked for page by page again."""
Say = Callable[[str, Any], None]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of the worker; ``memory`` is the cap in bytes of address space.

    ``environment`` is that of the process that asks: the worker takes it, so that secrets it refers to are current.
    ``keep`` asks the worker to wait for another request when it has answered this one.
    """

    kind: str
    config: dict[str, Any]
    verb: str
    memory: int
    environment: dict[str, str] | None = None
    uri: str = ""
    rows: int = 0
    options: dict[str, str] = {}
    window: Window = Window()
    level: Level = "sample"
    version: str = ""
    more: str = ""
    limit: int = 200
    keep: bool = False


class Known(Parts):
    """The installed kinds of sources, looked up once: a worker lives for seconds."""

    @cached_property
    def _found(self) -> list[EntryPoint]:
        return super()._entry_points()

    def _entry_points(self) -> list[EntryPoint]:
        return self._found

    @cached_property
    def _described(self) -> dict[str, Part]:
        return {}

    def _describe(self, point: EntryPoint) -> Part:
        if point.name not in self._described:
            self._described[point.name] = super()._describe(point)
        return self._described[point.name]


@cache
def known_parts() -> Parts:
    """The kinds of sources, found before the request comes where there is time."""
    parts = Known(GROUP)
    for point in parts._entry_points():
        if point.name in OWN:
            parts._describe(point)
    return parts


def limit(memory: int) -> None:
    """Cap this process's memory, allow no core dump, and keep libraries from taking a thread's memory per core."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    cap = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (cap, cap))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(request: Request, say: Say) -> None:
    """Do what is asked and write the answers."""
    if request.kind in OWN:
        without_pandas()
    _load(request.kind, str(request.config.get("uri", "")))
    say("ready", time.process_time())
    source: CatalogSource = known_parts().make(request.kind, request.config)
    verbs: dict[str, Callable[[CatalogSource, Request, Say], None]] = {
        "datasets": _datasets,
        "describe": lambda source, ask, say: say("found", source.describe(ask.uri)),
        "preview": lambda source, ask, say: say("preview", source.preview(ask.uri, ask.rows, ask.options)),
        "look": _look,
        "profile": _profile,
        "versions": _versions,
        "children": _children,
    }
    if request.verb not in verbs:
        raise Invalid(f"A worker knows no verb “{request.verb}”.")
    verbs[request.verb](source, request, say)


def _load(kind: str, uri: str) -> None:
    """Import what will be needed before the clock begins; which takes seconds where nothing is in memory yet."""
    http = uri.startswith("iceberg+http")
    for start, names in NEEDS.items():
        if kind == start or (uri.startswith(start) and not (http and start == "iceberg+")):
            for name in names:
                with suppress(ImportError):  # the source itself says what is missing
                    importlib.import_module(name)


def _datasets(source: CatalogSource, request: Request, say: Say) -> None:
    for reading in source.datasets():
        say("found", reading)


def _look(source: CatalogSource, request: Request, say: Say) -> None:
    if isinstance(source, Windowed):
        say("preview", source.look(request.uri, request.window, request.options))
        return
    from perijove.catalog.fallback import look

    say("preview", look(source, request.uri, request.window, request.options))


def _profile(source: CatalogSource, request: Request, say: Say) -> None:
    def step(share: float) -> None:
        say("share", round(share, 3))

    if isinstance(source, Profiled):
        say("profile", source.profile(request.uri, request.level, request.options, request.version, step))
        return
    from perijove.catalog.fallback import profile

    say("profile", profile(source, request.uri, request.level, request.options))


def _versions(source: CatalogSource, request: Request, say: Say) -> None:
    if not isinstance(source, Versioned):
        raise Invalid(f"{source.label} keeps no versions of its data.")
    say("versions", source.versions(request.uri, request.options))


def _children(source: CatalogSource, request: Request, say: Say) -> None:
    if not isinstance(source, Browsable):
        raise Invalid(f"{source.label} has no folders to open.", hint="List its datasets.")
    say("listing", source.children(request.uri, request.more, request.limit))


def serve(raw: bytes, send: Callable[[bytes], None]) -> bool:
    """Answer one request, within its limits; whether another one may follow."""

    def say(key: str, value: Any) -> None:
        try:
            line = msgspec.json.encode({key: value})
        except UnicodeEncodeError:  # a name or an error of a library may hold half a letter
            line = msgspec.json.encode(whole(msgspec.to_builtins({key: value})))
        send(line + b"\n")

    request = msgspec.json.decode(raw, type=Request)
    limit(request.memory)
    if request.environment is not None:
        os.environ.clear()
        os.environ.update(environment(request.environment))
    waits = False
    try:
        answer(request, say)
        waits = request.keep and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < MOST_WAITING
    except PerijoveError as error:
        _fail(say, error)
    except MemoryError:
        _fail(say, Invalid(too_big(request.memory), hint="Read it in a kernel with more memory, or in smaller parts."))
    except UnicodeDecodeError:
        _fail(say, Invalid("A name in this data is not UTF-8 text.", hint="It is damaged: write it again."))
    except BaseException as error:  # noqa: BLE001 - whatever a source raises, a panic of its library too, is its reason
        said = " ".join(str(error).split())[:300].rstrip(".")
        _fail(say, Failed(f"The source could not be read: {type(error).__name__}: {said}.", hint="Check the data."))
    say("done", "waits" if waits else "leaves")
    return waits


def too_big(memory: int) -> str:
    """The sentence for data that does not fit."""
    return f"Reading this needs more than the {memory / 2**30:.0f} GB of memory it may use."


def _fail(say: Say, error: PerijoveError) -> None:
    say("error", {"kind": error.kind, "message": error.message, "hint": error.hint})


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment of a worker: as ours, with libraries kept from taking memory for each core."""
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    few = dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "MALLOC_ARENA_MAX"), "2")  # Arrow heeds the first
    keep = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(KEPT))
    return {
        **ours,
        **one,
        **few,
        **keep,
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "TOKIO_WORKER_THREADS": "2",
        "RAYON_NUM_THREADS": "2",
    }


__all__ = ["GROUP", "Reading", "Request", "answer", "environment", "limit", "serve", "too_big"]
