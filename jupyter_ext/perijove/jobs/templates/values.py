"""Writes the outputs of a run as plain files, described in values.json. Nothing is pickled."""

from __future__ import annotations

import json
import math
import platform
import re
import sys
from pathlib import Path
from typing import Any

MOST_ROWS = 200_000
SAMPLE = 10_000


def save(outputs: dict[str, Any], folder: Path) -> list[dict[str, str]]:
    """Write each output into the folder and list them in values.json."""
    folder.mkdir(parents=True, exist_ok=True)
    values = [_save_one(name, value, folder) for name, value in outputs.items()]
    described = {"values": values, "python": platform.python_version()}
    (folder / "values.json").write_text(json.dumps(described, indent=2) + "\n", "utf-8")
    return values


def _save_one(name: str, value: Any, folder: Path) -> dict[str, str]:
    type_ = f"{type(value).__module__}.{type(value).__qualname__}"
    value = _at_hand(value)
    stem = re.sub(r"\W", "_", name)
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None and isinstance(value, pandas.Series | pandas.Index):
        series = value.to_series() if isinstance(value, pandas.Index) else value
        _write_frame(series.to_frame(series.name or "value"), folder / f"{stem}.parquet")
        return _entry(name, "series", f"{stem}.parquet", type_)
    if hasattr(value, "column_names") and hasattr(value, "to_pandas"):
        value = value.to_pandas()
    if pandas is not None and isinstance(value, pandas.DataFrame):
        _write_frame(value, folder / f"{stem}.parquet")
        return _entry(name, "frame", f"{stem}.parquet", type_)
    if type(value).__module__.partition(".")[0] == "polars" and hasattr(value, "write_parquet"):
        value.write_parquet(folder / f"{stem}.parquet")
        return _entry(name, "frame", f"{stem}.parquet", type_)
    if numpy is not None and isinstance(value, numpy.ndarray) and not value.dtype.hasobject:
        numpy.savez_compressed(folder / f"{stem}.npz", value=value)
        return _entry(name, "array", f"{stem}.npz", type_)
    return _save_plain(name, value, folder / f"{stem}.json", type_)


def _save_plain(name: str, value: Any, path: Path, type_: str) -> dict[str, str]:
    try:
        plain = _plain(value)
    except TypeError as error:
        model = hasattr(value, "predict") or hasattr(value, "get_booster")
        return _entry(name, "model" if model else "none", "", type_, str(error))
    kind = "json"
    if isinstance(plain, str):
        kind = "text"
    elif isinstance(plain, int | float) and not isinstance(plain, bool):
        kind = "number"
    if isinstance(plain, float) and not math.isfinite(plain):
        plain = {"float": repr(plain)}
    path.write_text(json.dumps(plain), "utf-8")
    return _entry(name, kind, path.name, type_)


def _entry(name: str, kind: str, file: str, type_: str, detail: str = "") -> dict[str, str]:
    return {"name": name, "kind": kind, "file": file, "detail": detail, "type": type_}


def _at_hand(value: Any) -> Any:
    """A dask collection, computed if it is small, else its first rows; anything else as it is."""
    if type(value).__module__.partition(".")[0] != "dask" or not hasattr(value, "compute"):
        return value
    if not hasattr(value, "head"):
        return value.compute()
    rows = int(value.shape[0].compute()) if hasattr(value.shape[0], "compute") else len(value)
    return value.compute() if rows <= MOST_ROWS else value.head(SAMPLE, npartitions=-1)


def _write_frame(frame: Any, path: Path) -> None:
    plain = frame.copy(deep=False)
    plain.columns = [str(column) for column in plain.columns]
    plain.to_parquet(path)


def _plain(value: Any) -> Any:
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"A {type(value).__name__} has no plain form to compare.")
