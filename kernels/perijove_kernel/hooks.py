"""Wrappers around the readers and writers of pandas, dask and pyarrow, put on when the library is imported.

A wrapper calls the real function with what it was given, and afterwards notes which dataset was touched. Calls that a
reader makes inside itself are not noted again. Nothing is imported here on its own account.
"""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, SupportsIndex

import wrapt

from perijove_kernel import datasets
from perijove_kernel.recorder import Recorder

log = logging.getLogger("perijove_kernel")
_inside: ContextVar[bool] = ContextVar("perijove_inside", default=False)
Names = Callable[[tuple[Any, ...], dict[str, Any]], list[datasets.Dataset]]


def _path(*keywords: str) -> Names:
    """The dataset is the first argument, or the one with one of these names."""

    def find(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[datasets.Dataset]:
        value = args[0] if args else next((kwargs[word] for word in keywords if word in kwargs), None)
        return datasets.of_path(value) if value is not None else []

    return find


def _query(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[datasets.Dataset]:
    query = args[0] if args else kwargs["sql"]
    return datasets.of_query(args[1] if len(args) > 1 else kwargs["con"], query)


def _table(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[datasets.Dataset]:
    table = args[0] if args else kwargs.get("table_name", kwargs.get("name"))
    schema = args[2] if len(args) > 2 else kwargs.get("schema")
    return datasets.of_table(args[1] if len(args) > 1 else kwargs["con"], str(table), schema)


def _written_table(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[datasets.Dataset]:
    return datasets.of_path(args[1] if len(args) > 1 else kwargs.get("where"))


Spot = tuple[str, str, str, Names]  # what to wrap, read or write, how it is called in the log, where the dataset stands
SPOTS: dict[str, list[Spot]] = {
    "pandas": [
        ("read_parquet", "read", "pandas.read_parquet", _path("path")),
        ("read_csv", "read", "pandas.read_csv", _path("filepath_or_buffer")),
        ("read_json", "read", "pandas.read_json", _path("path_or_buf")),
        ("read_feather", "read", "pandas.read_feather", _path("path")),
        ("read_excel", "read", "pandas.read_excel", _path("io")),
        ("read_sql", "read", "pandas.read_sql", _query),
        ("read_sql_query", "read", "pandas.read_sql_query", _query),
        ("read_sql_table", "read", "pandas.read_sql_table", _table),
        ("DataFrame.to_parquet", "write", "pandas.to_parquet", _path("path")),
        ("DataFrame.to_csv", "write", "pandas.to_csv", _path("path_or_buf")),
        ("DataFrame.to_json", "write", "pandas.to_json", _path("path_or_buf")),
        ("DataFrame.to_feather", "write", "pandas.to_feather", _path("path")),
        ("DataFrame.to_excel", "write", "pandas.to_excel", _path("excel_writer")),
        ("DataFrame.to_sql", "write", "pandas.to_sql", _table),
    ],
    "dask.dataframe": [
        ("read_parquet", "read", "dask.dataframe.read_parquet", _path("path")),
        ("read_csv", "read", "dask.dataframe.read_csv", _path("urlpath")),
        ("DataFrame.to_parquet", "write", "dask.dataframe.to_parquet", _path("path")),
        ("DataFrame.to_csv", "write", "dask.dataframe.to_csv", _path("filename")),
    ],
    "pyarrow.parquet": [
        ("read_table", "read", "pyarrow.parquet.read_table", _path("source")),
        ("write_table", "write", "pyarrow.parquet.write_table", _written_table),
    ],
}


class _Noted(wrapt.FunctionWrapper):  # type: ignore[type-arg]  # it is generic for the type checker only
    """A wrapped reader that can still be sent to a worker and be part of a Dask graph: it travels as its name.

    A worker has no wrappers, so there the name means the library's own function again.
    """

    def __init__(self, wrapped: Callable[..., Any], wrapper: Callable[..., Any], place: str) -> None:
        super().__init__(wrapped, wrapper)
        self._self_place = place

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return pkgutil.resolve_name, (self._self_place,)

    def __dask_tokenize__(self) -> str:
        return str(self._self_place)


def watch(recorder: Recorder) -> None:
    """Wrap the readers and writers now or as soon as their library is imported."""
    for module, spots in SPOTS.items():
        wrapt.register_post_import_hook(_wrap_all(recorder, spots), module)
    wrapt.register_post_import_hook(_wrap_runs(recorder), "mlflow.tracking.client")


def _wrap_all(recorder: Recorder, spots: list[Spot]) -> Callable[[Any], None]:
    def wrap(module: Any) -> None:
        for name, kind, via, find in spots:
            try:
                parent, attribute, original = wrapt.resolve_path(module, name)
            except AttributeError:
                log.debug("%s has no %s.", module.__name__, name)
                continue
            place = f"{module.__name__}:{name}"
            wrapt.apply_patch(parent, attribute, _Noted(original, _noting(recorder, kind, via, find), place))

    return wrap


def _noting(recorder: Recorder, kind: str, via: str, find: Names) -> Callable[..., Any]:
    def wrapper(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        outermost = not _inside.get()
        token = _inside.set(True)
        try:
            result = wrapped(*args, **kwargs)
        finally:
            _inside.reset(token)
        if outermost:
            _note(recorder, kind, via, find, args, kwargs)
        return result

    return wrapper


def _note(recorder: Recorder, kind: str, via: str, find: Names, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    token = _inside.set(True)
    try:
        for dataset in find(args, kwargs):
            recorder.touched(kind, dataset.uri, dataset.name, via, dataset.version)
    except Exception:  # noqa: BLE001 - a read that worked must not fail because it could not be noted
        log.debug("%s could not be noted.", via, exc_info=True)
    finally:
        _inside.reset(token)


def _wrap_runs(recorder: Recorder) -> Callable[[Any], None]:
    """Note each run that MLflow makes, whether by ``start_run``, by a client, or by autologging."""

    def wrapper(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        run = wrapped(*args, **kwargs)
        try:
            recorder.made_run(run.info.run_id, run.info.run_name or "")
        except Exception:  # noqa: BLE001 - a run that was made must not fail because it could not be noted
            log.debug("The run could not be noted.", exc_info=True)
        return run

    def wrap(module: Any) -> None:
        wrapt.wrap_function_wrapper(module, "MlflowClient.create_run", wrapper)

    return wrap
