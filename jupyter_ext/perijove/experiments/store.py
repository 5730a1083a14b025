"""Reads MLflow's own tables, without MLflow: the only SQL of the experiments.

MLflow keeps the version of its schema in ``alembic_version``; only versions that were tested are read, so that a new
MLflow is a sentence and never a wrong number. Nothing is ever written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    column,
    create_engine,
    func,
    inspect,
    literal,
    make_url,
    or_,
    select,
    table,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from perijove.core.errors import Busy, Failed, Invalid

TESTED = {"dc11669786a5": "3.17.2"}
NOTEBOOK = "perijove.notebook"
CELL = "perijove.cell"
COMMIT = "mlflow.source.git.commit"

run_names = "run_uuid name user_id status start_time end_time lifecycle_stage artifact_uri experiment_id"
runs = table("runs", *map(column, run_names.split()))
experiments = table("experiments", *map(column, ("experiment_id", "name", "lifecycle_stage")))
latest = table("latest_metrics", *map(column, ("run_uuid", "key", "value", "is_nan")))
metrics = table("metrics", *map(column, ("run_uuid", "key", "value", "timestamp", "step", "is_nan")))
params = table("params", *map(column, ("run_uuid", "key", "value")))
tags = table("tags", *map(column, ("run_uuid", "key", "value")))
datasets = table("datasets", *map(column, ("dataset_uuid", "name", "digest", "dataset_source_type", "dataset_source")))
input_names = "input_uuid source_type source_id destination_type destination_id"
inputs = table("inputs", *map(column, input_names.split()))
input_tags = table("input_tags", *map(column, ("input_uuid", "name", "value")))
versions = table("alembic_version", column("version_num"))


class TrackingStore:
    """One MLflow store, by its tracking URI; a relative SQLite path is read from ``root``."""

    def __init__(self, uri: str, root: Path) -> None:
        self.uri = uri
        self.root = root

    @contextmanager
    def open(self) -> Iterator[Connection | None]:
        """A connection for reading, or None where nothing was ever logged."""
        engine = self._engine()
        if engine is None:
            yield None
            return
        try:
            with engine.connect() as connection:
                yield connection if self._ready(connection) else None
        except DBAPIError as error:
            raise _problem(error) from error
        finally:
            engine.dispose()

    def _engine(self) -> Engine | None:
        if self.uri.startswith(("http:", "https:", "databricks", "file:")) or ":" not in self.uri:
            raise Invalid(
                f"Runs are read from a SQL store, and MLFLOW_TRACKING_URI is {self.uri.partition('?')[0]}.",
                hint="Unset MLFLOW_TRACKING_URI, or set it to sqlite:///FILE or postgresql://…",
            )
        try:
            url = make_url(self.uri)
            if url.get_backend_name() == "sqlite":
                return self._sqlite(url)
            if url.drivername == "postgresql":
                url = url.set(drivername="postgresql+psycopg")
            return create_engine(url, poolclass=NullPool)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise Invalid(
                "The MLflow tracking URI is not understood.", hint="Write sqlite:///FILE or postgresql://…"
            ) from error

    def _sqlite(self, url: URL) -> Engine | None:
        path = self.root / str(url.database or "")
        if not url.database or not path.is_file() or path.stat().st_size == 0:
            return None
        target = f"file:{quote(str(path.absolute()))}?mode=ro"
        return create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(target, uri=True, timeout=5, check_same_thread=False),
            poolclass=NullPool,
        )

    def _ready(self, connection: Connection) -> bool:
        names = set(inspect(connection).get_table_names())
        if "runs" not in names or "alembic_version" not in names:
            return False
        version = connection.execute(select(versions.c.version_num)).scalar()
        if version not in TESTED:
            raise Invalid(
                f"The MLflow store has schema {version}, which this version of Perijove has not been tested with.",
                hint=f"Tested: MLflow {', '.join(TESTED.values())}. If MLflow is starting, look again soon.",
            )
        return True


def page(connection: Connection, words: Sequence[str], limit: int, offset: int) -> tuple[list[Row[Any]], int]:
    """Active runs that match every word in name, experiment, notebook or id, newest first, and how many there are."""
    found = _active().where(*(_matches(word) for word in words))
    ordered = found.order_by(runs.c.start_time.desc(), runs.c.run_uuid).limit(limit).offset(offset)
    total = connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()
    return list(connection.execute(ordered)), total


def one(connection: Connection, run_id: str) -> Row[Any] | None:
    """One active run, or None."""
    return connection.execute(_active().where(runs.c.run_uuid == run_id)).first()


def starting(connection: Connection, start: str) -> list[str]:
    """The ids of active runs that begin so, up to ten."""
    plain = start.replace("_", "\\_")
    query = _active().where(runs.c.run_uuid.like(f"{plain}%", escape="\\")).limit(10)
    return sorted(row.run_uuid for row in connection.execute(query))


def _active() -> Select[Any]:
    joined = runs.join(experiments, runs.c.experiment_id == experiments.c.experiment_id)
    active = and_(runs.c.lifecycle_stage == "active", experiments.c.lifecycle_stage == "active")
    return select(runs, experiments.c.name.label("experiment")).select_from(joined).where(active)


def _matches(word: str) -> ColumnElement[bool]:
    inside = "%" + word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    tagged = select(tags.c.run_uuid).where(tags.c.key == NOTEBOOK, func.lower(tags.c.value).like(inside, escape="\\"))
    return or_(
        func.lower(runs.c.name).like(inside, escape="\\"),
        func.lower(experiments.c.name).like(inside, escape="\\"),
        runs.c.run_uuid == literal(word),
        runs.c.run_uuid.in_(tagged),
    )


def latest_metrics(connection: Connection, run_ids: Sequence[str]) -> Iterable[Row[Any]]:
    """The latest value of each metric of some runs."""
    return connection.execute(select(latest).where(latest.c.run_uuid.in_(run_ids)).order_by(latest.c.key))


def pairs(connection: Connection, source: Any, run_id: str) -> dict[str, str]:
    """The parameters or tags of a run, in order of name."""
    query = select(source.c.key, source.c.value).where(source.c.run_uuid == run_id).order_by(source.c.key)
    return {row.key: row.value or "" for row in connection.execute(query)}


def dataset_uses(connection: Connection, run_id: str) -> Iterable[Row[Any]]:
    """The datasets that a run was given."""
    context = and_(input_tags.c.input_uuid == inputs.c.input_uuid, input_tags.c.name == "mlflow.data.context")
    joined = inputs.join(datasets, datasets.c.dataset_uuid == inputs.c.source_id).outerjoin(input_tags, context)
    query = select(datasets, input_tags.c.value.label("context")).select_from(joined)
    given = and_(inputs.c.source_type == "DATASET", inputs.c.destination_type == "RUN")
    return connection.execute(query.where(given, inputs.c.destination_id == run_id).order_by(datasets.c.name))


def history(connection: Connection, run_id: str, metric: str) -> tuple[int, Iterator[Any]]:
    """How many values of a metric were logged, and (step, value, is_nan) of each in order of step and time."""
    mine = and_(metrics.c.run_uuid == run_id, metrics.c.key == metric)
    total = connection.execute(select(func.count()).select_from(metrics).where(mine)).scalar_one()
    query = select(metrics.c.step, metrics.c.value, metrics.c.is_nan).where(mine)
    result = connection.execution_options(yield_per=20_000).execute(query.order_by(metrics.c.step, metrics.c.timestamp))
    return total, iter(result)


def newest(connection: Connection, notebook: str, cells: Sequence[str]) -> str:
    """The id of the newest run that one of these cells logged, or nothing."""
    cell = tags.alias("cell")
    joined = runs.join(tags, tags.c.run_uuid == runs.c.run_uuid).join(cell, cell.c.run_uuid == runs.c.run_uuid)
    logged = and_(tags.c.key == NOTEBOOK, tags.c.value == notebook, cell.c.key == CELL, cell.c.value.in_(cells))
    query = select(runs.c.run_uuid).select_from(joined).where(logged, runs.c.lifecycle_stage == "active")
    found = connection.execute(query.order_by(runs.c.start_time.desc(), runs.c.run_uuid).limit(1)).scalar()
    return str(found or "")


def _problem(error: DBAPIError) -> Failed | Busy | Invalid:
    reason = str(error.orig).strip().partition("\n")[0].rstrip(".")
    if "locked" in reason or "busy" in reason:
        return Busy("The MLflow store is being written just now.", hint="Try again in a moment.")
    if "not a database" in reason or "malformed" in reason:
        return Invalid(f"The MLflow store is damaged: {reason}.", hint="Move the file away; a new one is made.")
    return Failed(
        f"The MLflow store cannot be read: {reason}.", hint="Check MLFLOW_TRACKING_URI and the file's rights."
    )
