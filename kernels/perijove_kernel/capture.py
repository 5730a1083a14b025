"""Hands over the values of a kernel for verification: each as a plain file, described in ``values.json``.

Kinds: frame and series (parquet), array (npz), number and json (json), text (json), model (a trained estimator: not
captured, its predictions are), none (cannot be captured; the reason is in ``detail``). Nothing is pickled.
"""

from __future__ import annotations

import json
import math
import platform
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from perijove_kernel import home

MOST_ROWS = 200_000
MOST_CELLS = 20_000_000
Entry = dict[str, str]


def capture(names: list[str], folder: str, sample: int = 10_000) -> dict[str, Any]:
    """Write the named values of this kernel into a folder; of a large dask collection, its first ``sample`` rows."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    space = _namespace()
    values = [_capture_one(name, space, target, sample) for name in names]
    found = {
        "values": values,
        "python": platform.python_version(),
        "packages": packages(),
        "at": datetime.now(UTC).isoformat(),
    }
    home.write_json(target / "values.json", found)
    return found


def packages() -> dict[str, str]:
    """The distributions of this environment and their versions."""
    found = {dist.metadata["Name"]: dist.version for dist in distributions() if dist.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _namespace() -> dict[str, Any]:
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    space: dict[str, Any] = shell.user_ns if shell is not None else vars(sys.modules["__main__"])
    return space


def _capture_one(name: str, space: dict[str, Any], folder: Path, sample: int) -> Entry:
    if name not in space:
        return _entry(name, "none", "", "There is no variable of this name in the kernel.", "")
    value = space[name]
    kind_of = f"{type(value).__module__}.{type(value).__qualname__}"
    try:
        value, detail = _at_hand(value, sample)
        kind, write, reason = _writer(value)
        if write is None:
            return _entry(name, kind, "", reason, kind_of)
        file = f"{_file_name(name)}.{ {'frame': 'parquet', 'series': 'parquet', 'array': 'npz'}.get(kind, 'json') }"
        write(folder / file)
        return _entry(name, kind, file, detail, kind_of)
    except Exception as error:  # noqa: BLE001 - one value that cannot be written is listed, the others are captured
        return _entry(name, "none", "", f"It could not be written: {type(error).__name__}: {error}"[:300], kind_of)


def _entry(name: str, kind: str, file: str, detail: str, type_: str) -> Entry:
    return {"name": name, "kind": kind, "file": file, "detail": detail, "type": type_}


def _file_name(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _at_hand(value: Any, sample: int) -> tuple[Any, str]:
    """A dask collection, computed if it is small, else its first rows; anything else as it is."""
    module = type(value).__module__.partition(".")[0]
    if module != "dask" or not hasattr(value, "compute"):
        return value, ""
    if not hasattr(value, "head"):
        if getattr(value, "size", 0) > MOST_CELLS:
            raise ValueError(f"it has {value.size:,} elements, more than {MOST_CELLS:,}")
        return value.compute(), "computed from a dask collection"
    rows = int(value.shape[0].compute()) if hasattr(value.shape[0], "compute") else int(len(value))
    if rows <= MOST_ROWS:
        return value.compute(), "computed from a dask collection"
    return value.head(sample, npartitions=-1), f"the first {sample:,} of {rows:,} rows of a dask collection"


Writer = Callable[[Path], None]


def _writer(value: Any) -> tuple[str, Writer | None, str]:
    """The kind of a value, how to write it, and where that cannot be done, why."""
    for known in (_writer_of_frame, _writer_of_array, _writer_of_plain):
        if found := known(value):
            return found
    if hasattr(value, "predict") or hasattr(value, "get_booster") or type(value).__name__ == "Booster":
        return "model", None, "A model is compared by its predictions, not by itself."
    return "none", None, f"A {type(value).__name__} has no plain form to compare."


def _writer_of_frame(value: Any) -> tuple[str, Writer | None, str] | None:
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return "frame", lambda path: _write_frame(value, path), ""
    if pandas is not None and isinstance(value, pandas.Series | pandas.Index):
        series = value.to_series() if isinstance(value, pandas.Index) else value
        return "series", lambda path: _write_frame(series.to_frame(series.name or "value"), path), ""
    module = type(value).__module__.partition(".")[0]
    if module == "pyarrow" and hasattr(value, "to_pandas") and hasattr(value, "column_names"):
        return "frame", lambda path: _write_frame(value.to_pandas(), path), ""
    if module == "polars" and hasattr(value, "write_parquet"):
        return "frame", lambda path: value.write_parquet(path), ""
    return None


def _write_frame(frame: Any, path: Path) -> None:
    plain = frame.copy(deep=False)
    plain.columns = [str(column) for column in plain.columns]
    plain.to_parquet(path)


def _writer_of_array(value: Any) -> tuple[str, Writer | None, str] | None:
    numpy = sys.modules.get("numpy")
    if numpy is None or isinstance(value, numpy.generic) or not isinstance(value, numpy.ndarray):
        return None
    if value.dtype.hasobject:
        return "none", None, "An array of Python objects has no plain form to compare."
    return "array", lambda path: numpy.savez_compressed(path, value=value), ""


def _writer_of_plain(value: Any) -> tuple[str, Writer | None, str] | None:
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        value = value.item()
    if isinstance(value, bool) or value is None:
        return "json", lambda path: _write_json(value, path), ""
    if isinstance(value, int | float):
        return "number", lambda path: _write_json(value, path), ""
    if isinstance(value, str):
        return "text", lambda path: _write_json(value, path), ""
    if isinstance(value, list | tuple | dict):
        plain = _plain(value)
        return "json", lambda path: _write_json(plain, path), ""
    return None


def _plain(value: Any) -> Any:
    """Nested values with NumPy's numbers turned into Python's; raises TypeError at what has no plain form."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "tolist") and type(value).__module__ == "numpy":
        return _plain(value.tolist())
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"it holds a {type(value).__name__}")


def _write_json(value: Any, path: Path) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        value = {"float": repr(value)}
    path.write_text(json.dumps(value))
