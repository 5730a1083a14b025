"""Answers with the job's model: for a file of rows, and over HTTP.

  GET  /health   whether the model is there, and which it is
  GET  /schema   the JSON schemas of a request and of an answer, and the limits
  POST /predict  {"rows": [{column: value, …}, …]} gives {"predictions": [{"prediction": …}, …], "warnings": […]}

``scoring.py`` says what a row must hold. What is refused gets a status of 4xx and a sentence that says what to do.
"""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

models, scoring_ = (import_module(f"{__package__}.{one}") for one in ("models", "scoring"))
BadRows, MOST_PROBLEMS, MOST_ROWS = scoring_.BadRows, scoring_.MOST_PROBLEMS, scoring_.MOST_ROWS
problems_of, finite = scoring_.problems_of, scoring_.finite

log = logging.getLogger(__package__)
MOST_BYTES = 8_000_000  # of a request
Scorer = Any  # a scoring.Scorer
Row = dict[str, Any]


# -- a file of rows


def batch(scoring: Scorer, source: Path, target: Path) -> int:
    """Answer for each row of a Parquet or CSV file, all of it or nothing; gives how many. Other columns come along."""
    from pyarrow import Table, concat_tables

    rows, parts = 0, []
    if target.suffix.lower() not in (".parquet", ".pq") or target.is_dir():
        raise BadRows(f"{target} cannot be written: it is no Parquet file.", "Name one, for instance scored.parquet.")
    if target.resolve() == source.resolve():
        raise BadRows(f"{target} is the file that is scored.", "Name another one with --out.")
    table = _read(source)
    missing = [name for name in scoring.columns if name not in table.column_names]
    if missing:
        raise BadRows(f"{source} lacks {', '.join(missing)}.", f"It has: {', '.join(table.column_names[:30])}.")
    clash = sorted({*scoring.facts["gives"]["columns"]} & {*table.column_names})
    if clash:
        raise BadRows(f"{source} has a column {clash[0]} already.", "Rename it: the answers have that name.")
    _check(scoring, source, table)
    warned: list[str] = []
    for part in table.to_batches(max_chunksize=MOST_ROWS):
        given = _rows(scoring, part)
        answers = scoring.predict(given)
        warned += scoring.warnings(given)
        whole = Table.from_batches([part])
        for name in answers[0]:
            whole = whole.append_column(name, [[one[name] for one in answers]])
        parts.append(whole)
        rows += len(answers)
    if not parts:
        raise BadRows(f"{source} holds no rows.", "Name a file that does.")
    _write(concat_tables(parts, promote_options="permissive"), target)
    for text in warned[:MOST_PROBLEMS]:
        log.warning("%s", text)
    if len(warned) > MOST_PROBLEMS:
        log.warning("and %d more", len(warned) - MOST_PROBLEMS)
    return rows


def _check(scoring: Scorer, source: Path, table: Any) -> None:
    """Raise BadRows where a row of a file is not what the model takes, before any is answered."""
    problems: list[Row] = []
    rows = count = 0
    for part in table.to_batches(max_chunksize=MOST_ROWS):
        found = [
            one for at, row in enumerate(_rows(scoring, part)) for one in problems_of(rows + at, row, scoring.columns)
        ]
        problems += found[: MOST_PROBLEMS - len(problems)]
        count += len(found)
        rows += part.num_rows
    if problems:
        raise BadRows(
            f"{source} holds rows that the model does not take.",
            "GET /schema of the served model says what a row holds.",
            problems,
            more=count - len(problems),
        )


def _rows(scoring: Scorer, part: Any) -> list[Row]:
    """The rows of a part of a file, with the columns that the model takes."""
    return [_own(row) for row in part.select(list(scoring.columns)).to_pylist()]


def _write(table: Any, target: Path) -> None:
    """Write the answers, all of them or nothing."""
    from pyarrow import parquet

    making = target.with_name(f".{target.name}.making")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(table, making)
        making.replace(target)
    except OSError as error:
        with suppress(OSError):
            making.unlink(missing_ok=True)
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise BadRows(f"{target} cannot be written: {reason}.", "Name another place with --out.") from error


def _read(source: Path) -> Any:
    from pyarrow import ArrowInvalid, csv, parquet

    try:
        return csv.read_csv(source) if source.suffix.lower() in (".csv", ".tsv") else parquet.read_table(source)
    except (OSError, ArrowInvalid) as error:
        raise BadRows(
            f"{source} cannot be read: {type(error).__name__}: {error}"[:400], "Name a Parquet file, or a CSV file with a header."
        ) from error


def _own(row: Row) -> Row:
    """A row of Arrow's with dates as text and numbers that are none as null, as a request has them."""
    return {name: _as_json(value) for name, value in row.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, float):
        return finite(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return float(value) if type(value).__name__ == "Decimal" else value


# -- over HTTP


def app(scoring: Scorer) -> Any:
    """The application: three paths, JSON in and out, errors with what to do."""
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def health(_: Request) -> JSONResponse:
        facts = scoring.facts
        return JSONResponse({"status": "ok", "model": facts["name"], "type": facts["type"], "sha256": facts["sha256"]})

    async def schema(_: Request) -> JSONResponse:
        limits = {"bytes": MOST_BYTES, "rows": MOST_ROWS}
        return JSONResponse(
            {"request": scoring.request_schema(), "response": scoring.response_schema(), "limits": limits}
        )

    async def predict(request: Request) -> JSONResponse:
        body = _parsed(request.headers.get("content-type", ""), await _body(request.stream(), request.headers))
        rows = scoring.checked(body)
        answers = await run_in_threadpool(scoring.predict, rows)
        return JSONResponse(
            {"predictions": answers, "warnings": scoring.warnings(rows), "model": scoring.facts["sha256"]}
        )

    async def refused(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, BadRows)
        told = {"message": str(error), "hint": error.hint, "problems": error.problems}
        return JSONResponse({"error": told}, status_code=error.status)

    async def unknown(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        told = {
            "message": f"{error.detail}.",
            "hint": "There are GET /health, GET /schema and POST /predict.",
            "problems": [],
        }
        return JSONResponse({"error": told}, status_code=error.status_code, headers=error.headers)

    @asynccontextmanager
    async def life(_: Any) -> AsyncIterator[None]:
        yield
        scoring.write_profile("serve")

    routes = [Route("/health", health), Route("/schema", schema), Route("/predict", predict, methods=["POST"])]
    handlers: Any = {BadRows: refused, HTTPException: unknown}
    return Starlette(routes=routes, exception_handlers=handlers, lifespan=life)


async def _body(chunks: Any, headers: Mapping[str, str]) -> bytes:
    """The request's bytes; stops reading where there are too many, whatever their number was said to be."""
    said = headers.get("content-length", "0")
    read = bytearray()
    too_many = said.isdigit() and int(said) > MOST_BYTES
    if not too_many:
        async for chunk in chunks:
            read += chunk
            if len(read) > MOST_BYTES:
                too_many = True
                break
    if too_many:
        raise BadRows(
            f"A request holds no more than {MOST_BYTES:,} bytes.", "Send fewer rows, or use serve --batch.", status=413
        )
    return bytes(read)


def _parsed(kind: str, content: bytes) -> Any:
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise BadRows("The request is not JSON.", "Set the header Content-Type to application/json.", status=415)
    try:
        return json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadRows(
            f"The request is no valid JSON: {error}"[:300], "Write an unknown number as null.", status=400
        ) from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def listen(scoring: Scorer, host: str, port: int, ready: Callable[[str], None]) -> int:
    """Serve until it is told to stop; ``ready`` is called with the address once it listens."""
    try:
        import uvicorn

        application = app(scoring)
    except ImportError as error:
        raise models.Unusable(f"{error.name} is not installed here: install requirements-serve.lock.") from error

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                bound = self.servers[0].sockets[0].getsockname()
                ready(f"http://{f'[{bound[0]}]' if ':' in bound[0] else bound[0]}:{bound[1]}")

    config = uvicorn.Config(
        application, host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=10
    )
    server = Server(config)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        place = socket.create_server((host, port), family=family)
    except OSError as error:
        raise models.Unusable(f"Nobody can listen on {host}, port {port}: {error.strerror}. Choose another.") from error
    with place:
        server.run(sockets=[place])
    return 0 if server.started else 1
