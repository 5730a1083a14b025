"""Writes values as plain files, described in values.json: the notebook's when a job is made, the job's at each run.

Kinds: frame and series (parquet), array (npz), number, text and json (json), figure (json of what it draws), model (json
and npz: parameters, what it learnt, and predictions on a sample), nested (a container of the others), and none, with
the reason in ``detail``. Nothing is pickled.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import errno
import json
import math
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

MOST_ROWS = 200_000
SAMPLE = 10_000
MOST_CELLS = 20_000_000
MOST_PARTS = 200
DEEPEST = 8
HELD = 64
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
Entry = dict[str, Any]


def save(outputs: Mapping[str, Any], folder: Path) -> list[Entry]:
    """Write each output into the folder and list them in values.json; models predict on the samples of tests/golden."""
    writer = Writer(folder, _samples(Path(__file__).resolve().parents[2] / "tests" / "golden"))
    values = [writer.write(name, value) for name, value in outputs.items()]
    described = {"values": values, "python": platform.python_version()}
    (folder / "values.json").write_text(json.dumps(described, indent=2) + "\n", "utf-8")
    return values


def _samples(folder: Path) -> dict[str, Path]:
    if not (folder / "values.json").is_file():
        return {}
    listed = json.loads((folder / "values.json").read_text("utf-8"))["values"]
    every = [part for entry in listed for part in (entry, *entry.get("parts", ()))]
    return {entry["name"]: folder / entry["sample"] for entry in every if entry.get("sample")}


class Writer:
    """Writes values into one folder; ``find`` looks for a sample for a model that has none."""

    def __init__(
        self, folder: Path, samples: Mapping[str, Path], find: Callable[[Any], Iterator[Any]] = lambda _: iter(())
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.samples = samples
        self.find = find
        self.stems: set[str] = set()

    def write(self, name: str, value: Any, depth: int = 0) -> Entry:
        """Write one value and describe it."""
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        entry: Entry = {"name": name, "kind": "none", "file": "", "detail": "", "type": kind}
        try:
            value, entry["detail"] = _at_hand(value)
            for known in (self._table, self._array, self._figure, self._model):
                if known(entry, value):
                    return entry
            return self._plain(entry, value, depth)
        except Exception as error:  # noqa: BLE001 - one value that cannot be written is listed, the others are written
            if isinstance(error, OSError) and error.errno in FULL:
                raise
            for name_ in ("file", "sample", "parts"):
                entry.pop(name_, None)
            return entry | {"kind": "none", "file": "", "detail": f"{type(error).__name__}: {error}"[:300]}

    def _path(self, entry: Entry, kind: str, ending: str) -> Path:
        stem = re.sub(r"[^A-Za-z0-9_]+", "_", entry["name"])[:100]
        stem = stem if stem not in self.stems else f"{stem}-{len(self.stems)}"
        self.stems.add(stem)
        file = f"{stem}.{ending}"
        entry["kind"], entry["file"] = kind, file
        return self.folder / file

    def _table(self, entry: Entry, value: Any) -> bool:
        pandas = sys.modules.get("pandas")
        if pandas is not None and isinstance(value, pandas.Series | pandas.Index):
            series = value.to_series() if isinstance(value, pandas.Index) else value
            _write_frame(series.to_frame(series.name or "value"), self._path(entry, "series", "parquet"), entry)
        elif hasattr(value, "column_names") and hasattr(value, "to_pandas"):
            _write_frame(value.to_pandas(), self._path(entry, "frame", "parquet"), entry)
        elif pandas is not None and isinstance(value, pandas.DataFrame):
            _write_frame(value, self._path(entry, "frame", "parquet"), entry)
        elif _top(value) == "polars" and (hasattr(value, "write_parquet") or hasattr(value, "to_frame")):
            series = hasattr(value, "to_frame")
            frame = value.to_frame() if series else value
            frame.write_parquet(self._path(entry, "series" if series else "frame", "parquet"))
            entry["rows"], entry["types"] = frame.height, [str(one) for one in frame.dtypes]
        else:
            return False
        return True

    def _array(self, entry: Entry, value: Any) -> bool:
        numpy = sys.modules.get("numpy")
        if numpy is None:
            return False
        if _top(value) == "torch" and hasattr(value, "detach"):
            value = value.detach().cpu().numpy()
        if _top(value) == "scipy" and hasattr(value, "tocoo"):
            coo = value.tocoo()
            value = numpy.vstack([*(numpy.asarray(one) for one in coo.coords), coo.data])
            entry["detail"] = f"the entries of a sparse matrix of shape {coo.shape}"
        if not isinstance(value, numpy.ndarray) or value.dtype.hasobject:
            return False
        if numpy.ma.isMaskedArray(value):
            value = numpy.ma.filled(value.astype(float), numpy.nan)
        numpy.savez_compressed(self._path(entry, "array", "npz"), value=numpy.asarray(value))
        return True

    def _figure(self, entry: Entry, value: Any) -> bool:
        drawn = _drawn(value)
        if drawn is None:
            return False
        self._path(entry, "figure", "json").write_text(json.dumps(drawn), "utf-8")
        return True

    def _model(self, entry: Entry, value: Any) -> bool:
        if isinstance(value, type) or not (_is_model(value) or hasattr(value, "get_booster") or _is_network(value)):
            return False
        facts: dict[str, Any] = {}
        arrays: dict[str, Any] = {}
        _learnt(value, "", facts, arrays, 0)
        path = self._path(entry, "model", "json")
        predicted = self._predicted(entry, value, path.stem)
        if predicted is not None:
            arrays["predictions"] = predicted
        if arrays:
            import numpy

            places = {f"a{at}": place for at, place in enumerate(arrays)}
            numpy.savez_compressed(path.with_suffix(".npz"), **{key: arrays[place] for key, place in places.items()})
            entry["arrays"] = {"file": path.with_suffix(".npz").name, "places": places}
        path.write_text(json.dumps(facts, default=str), "utf-8")
        return True

    def _predicted(self, entry: Entry, value: Any, stem: str) -> Any:
        """What the model says to the sample that is kept, or to the first that it takes; None where there is none."""
        kept = self.samples.get(entry["name"])
        for sample in [_read_sample(kept)] if kept is not None else self.find(value):
            try:
                answer = _predict(value, sample)
            except Exception:  # noqa: BLE001, S112 - not a sample for this model; the next may be
                continue
            if kept is None:
                entry["sample"] = _write_sample(sample, self.folder / f"{stem}.sample")
            return answer
        return None

    def _plain(self, entry: Entry, value: Any, depth: int) -> Entry:
        try:
            plain = _plain(value, 0)
        except TypeError as error:
            parts = _parts(value) if depth < 3 else {}
            if not parts or len(parts) > MOST_PARTS:
                return entry | {"detail": str(error)}
            found = [self.write(entry["name"] + place, one, depth + 1) for place, one in parts.items()]
            return entry | {"kind": "nested", "parts": found}
        kind = "json"
        if isinstance(plain, str):
            kind = "text"
        elif isinstance(plain, int | float) and not isinstance(plain, bool):
            kind = "number"
        if isinstance(plain, float) and not math.isfinite(plain):
            plain = {"float": repr(plain)}
        self._path(entry, kind, "json").write_text(json.dumps(plain), "utf-8")
        return entry


def _top(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def _at_hand(value: Any) -> tuple[Any, str]:
    """A lazy collection, computed if it is small, else its first rows; anything else as it is."""
    if _top(value) == "polars" and hasattr(value, "collect"):
        return value.collect(), "collected from a lazy frame"
    if _top(value) == "dask" and hasattr(value, "compute"):
        if not hasattr(value, "head"):
            if getattr(value, "size", 0) > MOST_CELLS:
                raise ValueError(f"it has {value.size:,} elements, more than {MOST_CELLS:,}")
            return value.compute(), "computed from a dask collection"
        rows = int(value.shape[0].compute()) if hasattr(value.shape[0], "compute") else len(value)
        if rows > MOST_ROWS:
            words = f"the first {SAMPLE:,} of {rows:,} rows of a dask collection"
            return value.head(SAMPLE, npartitions=-1), words
        return value.compute(), "computed from a dask collection"
    return value, ""


def _write_frame(frame: Any, path: Path, entry: Entry) -> None:
    """Write a frame, or of a large one every n-th row beside the sums of its columns."""
    plain = frame.copy(deep=False)
    entry["rows"], entry["types"] = len(plain), [str(one) for one in plain.dtypes]
    if len(plain) > MOST_ROWS:
        numbers = plain.select_dtypes("number")
        entry["sums"] = {str(name): float(total) for name, total in numbers.sum().items()}
        plain = plain.iloc[:: -(-len(plain) // SAMPLE)]
        entry["detail"] = f"{len(plain):,} of {entry['rows']:,} rows"
    names = [str(column) for column in plain.columns]
    plain.columns = names if len(set(names)) == len(names) else [f"{at} {name}" for at, name in enumerate(names)]
    try:
        plain.to_parquet(path)
    except Exception:  # noqa: BLE001 - a column of mixed objects has no type in Parquet, its text has
        texts = {name: [repr(one) for one in plain[name]] for name in plain if plain[name].dtype == object}
        plain.assign(**texts).to_parquet(path)
        entry["detail"] = f"{entry['detail']} mixed columns as text: {', '.join(texts)}".strip()


def _parts(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {f"[{key!r}]": one for key, one in value.items()}
    return {f"[{at}]": one for at, one in enumerate(value)} if isinstance(value, list | tuple) else {}


def _plain(value: Any, depth: int) -> Any:
    """A value as JSON has it; raises TypeError at what has no such form."""
    if depth > DEEPEST:
        raise TypeError("It is nested too deeply to compare.")
    if type(value).__module__ == "numpy" and hasattr(value, "tolist") and getattr(value, "size", 0) <= SAMPLE:
        return _plain(value.tolist(), depth + 1)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, enum.Enum):
        return str(value)
    if isinstance(value, int | float):
        return value + 0
    if isinstance(value, Mapping):
        return {str(key): _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, set | frozenset):
        return {"set": sorted((_plain(one, depth + 1) for one in value), key=repr)}
    if isinstance(value, datetime.timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, complex | bytes | decimal.Decimal | datetime.date | datetime.time | PurePath):
        return {type(value).__name__.lstrip("_"): str(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name), depth + 1) for field in dataclasses.fields(value)}
    if type(value).__module__ == "pandas._libs.missing":
        return None
    own = type(value).__module__ == "__main__" or type(value).__module__.endswith(".steps")
    if own and isinstance(getattr(value, "__dict__", None), dict):
        return {type(value).__name__: _plain(vars(value), depth + 1)}
    raise TypeError(f"A {type(value).__name__} has no plain form to compare.")


# -- figures


def _drawn(value: Any) -> Any:
    """What a figure draws, without its style; None for what is none."""
    if hasattr(value, "to_plotly_json") or (_top(value) == "altair" and hasattr(value, "to_dict")):
        return json.loads(value.to_json())
    if _top(value) == "seaborn" and hasattr(value, "figure"):
        value = value.figure
    if _top(value) != "matplotlib":
        numpy = sys.modules.get("numpy")
        if numpy is None or not isinstance(value, numpy.ndarray) or not value.size or _top(value.flat[0]) != "matplotlib":
            return None
        return {"axes": [_axes(one) for one in value.flat if hasattr(one, "get_xlabel")]}
    if hasattr(value, "savefig"):
        return {"axes": [_axes(one) for one in value.axes]}
    return {"axes": [_axes(value)]} if hasattr(value, "get_xlabel") else None


def _axes(axes: Any) -> dict[str, Any]:
    legend = axes.get_legend()
    return {
        "title": axes.get_title(),
        "labels": [axes.get_xlabel(), axes.get_ylabel()],
        "scales": [axes.get_xscale(), axes.get_yscale()],
        "legend": [one.get_text() for one in legend.get_texts()] if legend else [],
        "texts": [one.get_text() for one in axes.texts],
        "lines": [{"label": _label(one), "xy": _floats(one.get_xydata())} for one in axes.lines],
        "points": [_floats(one.get_offsets()) for one in axes.collections if hasattr(one, "get_offsets")],
        "values": [_floats(one.get_array()) for one in axes.collections if one.get_array() is not None],
        "patches": [_floats(one.get_patch_transform().transform_path(one.get_path()).vertices) for one in axes.patches],
        "images": [_floats(one.get_array()) for one in axes.images],
    }


def _label(line: Any) -> str:
    text = str(line.get_label())
    return "" if text.startswith("_") else text


def _floats(array: Any) -> Any:
    import numpy

    plain: Any = numpy.ma.filled(numpy.ma.asarray(array, dtype=float), numpy.nan)
    if plain.size > SAMPLE:
        plain = plain.reshape(-1)[:: -(-plain.size // SAMPLE)]
    return plain.tolist()


# -- models


def _is_model(value: Any) -> bool:
    return hasattr(value, "get_params") and (hasattr(value, "fit") or hasattr(value, "predict"))


def _is_network(value: Any) -> bool:
    return callable(getattr(value, "state_dict", None)) or type(value).__name__ == "Booster"


def _learnt(value: Any, place: str, facts: dict[str, Any], arrays: dict[str, Any], depth: int) -> None:
    """Note the parameters of a model and what it learnt, by place; what has no plain form by its type alone."""
    numpy = sys.modules["numpy"] if "numpy" in sys.modules else None
    fields = getattr(getattr(value, "dtype", None), "names", None)
    if numpy is not None and isinstance(value, numpy.ndarray) and not value.dtype.hasobject and not fields:
        if sum(one.size for one in arrays.values()) + value.size <= MOST_CELLS // 10:
            arrays[place] = value
        return
    if depth > DEEPEST or len(facts) > 20_000:
        return
    if numpy is not None and isinstance(value, numpy.ndarray):
        value = {name: numpy.ascontiguousarray(value[name]) for name in fields} if fields else value.tolist()
    inner: dict[str, Any] = {}
    if isinstance(value, type) or callable(value) and hasattr(value, "__qualname__"):
        facts[place] = value.__qualname__
    elif type(value).__name__ == "Booster" and hasattr(value, "save_raw"):
        inner = {"raw": bytes(value.save_raw("json")).decode("utf-8", "replace")}
    elif _is_model(value):
        inner = dict(value.get_params(deep=False))
        inner |= {name: one for name, one in vars(value).items() if name.endswith("_") and not name.startswith("_")}
        if hasattr(value, "get_booster"):
            inner["booster"] = value.get_booster()
        facts[place or "/"] = type(value).__qualname__
    elif _is_network(value):
        inner = {name: getattr(one, "numpy", lambda one=one: one)() for name, one in value.state_dict().items()}
    elif type(value).__qualname__ == "Tree" and hasattr(value, "__getstate__"):
        inner = {"tree": list(value.__getstate__().values())}
    elif isinstance(value, dict):
        inner = {str(key): one for key, one in value.items()}
    elif isinstance(value, list | tuple) and (len(value) < 2_000 or depth < 2):
        inner = {str(at): one for at, one in enumerate(value)}
    else:
        try:
            facts[place] = _plain(value, 0)
        except TypeError:
            facts[place] = type(value).__qualname__
    for name in sorted(inner):
        _learnt(inner[name], f"{place}/{name}", facts, arrays, depth + 1)


def _predict(model: Any, sample: Any) -> Any:
    import numpy

    if type(model).__name__ == "Booster":
        sample = sys.modules["xgboost"].DMatrix(sample)
    for verb in ("predict_proba", "predict", "transform"):
        if hasattr(model, verb):
            answer = getattr(model, verb)(sample)
            answer = answer.toarray() if hasattr(answer, "toarray") else answer
            array = numpy.asarray(answer)
            return array.astype(str) if array.dtype.hasobject else array
    raise TypeError(f"A {type(model).__name__} predicts nothing.")


def _write_sample(sample: Any, path: Path) -> str:
    if hasattr(sample, "to_parquet"):
        path = path.with_name(path.name + ".parquet")
        sample.to_parquet(path)
    elif hasattr(sample, "dtype"):
        path = path.with_name(path.name + ".npz")
        sys.modules["numpy"].savez_compressed(path, value=sample)
    else:
        path = path.with_name(path.name + ".json")
        path.write_text(json.dumps(sample), "utf-8")
    return path.name


def _read_sample(path: Path) -> Any:
    if path.suffix == ".parquet":
        import pandas

        return pandas.read_parquet(path)
    if path.suffix == ".npz":
        import numpy

        return numpy.load(path, allow_pickle=False)["value"]
    return json.loads(path.read_text("utf-8"))
