"""Keeps the models of a run for scoring, and reads them again; with the packages for it, also in portable forms.

Forms
  xgboost   the library's own file
  pickle    Python's; read only if it is, byte for byte, what the run wrote (``models.json`` has its SHA-256)
  onnx      computes in single precision; for pipelines, linear models, trees
  treelite  computes in the precision of the trees; for ensembles of trees
The portable forms are compared with the model on the same rows; ``parity.json`` says how far they are from it.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import logging
import pickle
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

profiles = importlib.import_module(f"{__package__}.profiles" if __package__ else "profiles")

log = logging.getLogger(__package__)
FOLDER = "models"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
FLOAT32 = 1e-3  # by which a portable form may differ, relative to the width of the answers
ROWS = 2_000  # that the forms are compared on
PACKAGES = ("scikit-learn", "xgboost", "numpy", "pandas", "skl2onnx", "onnxmltools", "onnxruntime", "treelite")
Facts = dict[str, Any]


class Unusable(Exception):
    """A model cannot be read or asked; the text says why and what to do."""


# -- after a run


def save(outputs: Mapping[str, Any], tables: Sequence[Any], out: Path, golden: Path, portable: bool) -> list[Facts]:
    """Write every model among the outputs that can predict, with what it takes; gives what ``models.json`` lists."""
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for name, value in outputs.items():
        if not is_model(value):
            continue
        rows = _rows_for(value, name, [*tables, *outputs.values()], golden)
        facts = _saved(value, name, folder)
        if rows is not None:
            facts |= {"takes": takes(rows), "features": profiles.table_profile(rows, names_of(value, rows))}
            answers = answer(value, rows)
            facts["gives"] = gives(value, answers)
            facts["predictions"] = {key: profiles.summary(list(column)) for key, column in answers.items()}
            if portable:
                facts["portable"] = convert(value, rows, folder, str(facts["stem"]))
        else:
            facts["detail"] = facts["detail"] or "No table of the job fits it, so what it takes is not known."
        listed.append(facts)
    described = {"models": listed, "packages": _packages(), "python": platform.python_version()}
    _write_json(folder / "models.json", described)
    if portable:
        _write_json(out / "parity.json", {"models": {one["name"]: one.get("portable", []) for one in listed}})
    return listed


def is_model(value: Any) -> bool:
    """Whether a value is a model that predicts."""
    return not isinstance(value, type) and callable(getattr(value, "predict", None))


def _saved(value: Any, name: str, folder: Path) -> Facts:
    stem = (
        "".join(one if one.isascii() and one.isalnum() else "_" for one in name)[:60] + f"_{_digest(name.encode())[:6]}"
    )
    facts: Facts = {"name": name, "stem": stem, "type": f"{type(value).__module__}.{type(value).__qualname__}"}
    facts |= {"form": "", "file": "", "sha256": "", "detail": ""}
    try:
        if hasattr(value, "save_model") and type(value).__module__.startswith("xgboost"):
            form, file = "xgboost", folder / f"{stem}.ubj"
            value.save_model(file)
        else:
            form, file = "pickle", folder / f"{stem}.pickle"
            file.write_bytes(pickle.dumps(value, protocol=5))
    except Exception as error:  # noqa: BLE001 - the run is good without it; serving says why there is no model
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        log.warning("the model %s cannot be kept: %s", name, error)
        return facts | {"detail": f"It cannot be written to a file: {type(error).__name__}: {error}"[:300]}
    sha256 = _digest(file.read_bytes())
    kept = file.with_name(f"{stem}-{sha256[:8]}{file.suffix}")  # beside that of an earlier run, until the list names it
    file.replace(kept)
    return facts | {"stem": kept.stem, "form": form, "file": kept.name, "sha256": sha256}


def _rows_for(model: Any, name: str, tables: Sequence[Any], golden: Path) -> Any:
    """The rows that the model learnt from, as far as they passed by; else the sample of the notebook's."""
    wanted, width = _wanted(model)
    for table in sorted((one for one in tables if len(getattr(one, "shape", ())) == 2), key=len, reverse=True):
        columns = [str(one) for one in getattr(table, "columns", ())]
        fits = table
        if wanted and set(wanted) <= set(columns):
            fits = table[wanted]
        elif wanted or width != table.shape[1]:
            continue
        if _answers(model, fits):
            return profiles.sample(fits)
    kept = _golden(name, golden)
    return kept if kept is not None and _answers(model, kept) else None


def _wanted(model: Any) -> tuple[list[str], int | None]:
    """The names of the columns that a model wants, where it knows them, and how many there are."""
    if type(model).__name__ == "Booster":
        return list(model.feature_names or ()), int(model.num_features())
    names = getattr(model, "feature_names_in_", None)
    return ([str(one) for one in names] if names is not None else []), getattr(model, "n_features_in_", None)


def _answers(model: Any, rows: Any) -> bool:
    try:
        answer(model, rows[:5])
    except Exception:  # noqa: BLE001 - not made for this table; the next may be
        return False
    return True


def _golden(name: str, golden: Path) -> Any:
    if not (golden / "values.json").is_file():
        return None
    listed = json.loads((golden / "values.json").read_text("utf-8"))["values"]
    file = next((one["sample"] for one in listed if one["name"] == name and one.get("sample")), "")
    values = importlib.import_module(f"{__package__}.values" if __package__ else "values")
    return values._read_sample(golden / file) if file else None


def names_of(model: Any, rows: Any) -> list[str]:
    """The names of the columns that a model takes."""
    if hasattr(rows, "columns"):
        return [str(one) for one in rows.columns]
    if len(getattr(rows, "shape", ())) == 2:
        own = list(getattr(model, "feature_names", None) or ())
        return own if len(own) == rows.shape[1] else [f"x{at}" for at in range(rows.shape[1])]
    return ["text"]


def takes(rows: Any) -> Facts:
    """What a model is asked with: a frame, an array or texts; its columns with type, kind, nulls and range."""
    if hasattr(rows, "columns"):
        columns = {str(name): _column(rows[name], str(rows[name].dtype)) for name in rows.columns}
        return {"kind": "frame", "columns": columns}
    if len(getattr(rows, "shape", ())) == 2:
        names = names_of(None, rows)
        return {
            "kind": "array",
            "columns": {name: _column(rows[:, at], str(rows.dtype)) for at, name in enumerate(names)},
        }
    return {"kind": "texts", "columns": {"text": {"kind": "text", "dtype": "str", "nulls": 0.0}}}


def _column(values: Any, dtype: str) -> Facts:
    plain = values.astype(object).tolist() if hasattr(values, "astype") else list(values)
    told = profiles.summary(plain)
    kind = {"empty": "number"}.get(told["kind"], told["kind"])
    if kind == "number" and dtype.lower().startswith(("int", "uint")):
        kind = "integer"
    column: Facts = {"kind": kind, "dtype": dtype, "nulls": told["nulls"]}
    if dtype == "category":
        column["categories"] = values.cat.categories.tolist()
    points = [one[0] for one in told.get("values", ())] or told.get("quantiles", ())
    if kind in ("integer", "number") and points:
        column |= {"min": min(points), "max": max(points)}
    return column


def tidy(out: Path) -> None:
    """Remove the files of models of earlier runs, which ``models.json`` names no more."""
    listed = json.loads((out / FOLDER / "models.json").read_text("utf-8"))["models"]
    named = {"models.json", *(one["file"] for one in listed)}
    named |= {made["file"] for one in listed for made in one.get("portable", [])}
    for path in (out / FOLDER).iterdir():
        if path.is_file() and path.name not in named:
            path.unlink(missing_ok=True)


# -- asking


def answer(model: Any, rows: Any) -> dict[str, Any]:
    """The predictions for rows, by name: ``prediction``, and where it classifies, a probability for each class."""
    import numpy

    if type(model).__name__ == "Booster":
        xgboost = importlib.import_module("xgboost")
        rows = xgboost.DMatrix(rows)
    found = _columns("prediction", numpy.asarray(model.predict(rows)))
    classes = getattr(model, "classes_", None)
    if classes is not None and hasattr(model, "predict_proba"):
        shares = numpy.asarray(model.predict_proba(rows))
        if shares.ndim == 2 and len(classes) == shares.shape[1]:
            found |= {f"probability_{one}": shares[:, at].tolist() for at, one in enumerate(classes)}
    return found


def _columns(name: str, values: Any) -> dict[str, Any]:
    if values.ndim == 1:
        return {name: values.tolist()}
    flat = values.reshape(len(values), -1)
    return {f"{name}_{at}": flat[:, at].tolist() for at in range(flat.shape[1])}


def gives(model: Any, answers: Mapping[str, Sequence[Any]]) -> Facts:
    """What a model answers with: a class or a number, and the names of the columns."""
    classes = getattr(model, "classes_", None)
    plain = classes.tolist() if classes is not None and hasattr(classes, "tolist") else []
    return {"kind": "class" if plain else "number", "classes": plain, "columns": list(answers)}


# -- reading


def read(out: Path, name: str = "", form: str = "") -> tuple[Facts, Callable[[Any], dict[str, Any]]]:
    """A model of a run, and the function that answers for rows; raises Unusable."""
    folder = out / FOLDER
    try:
        listed = json.loads((folder / "models.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{out} holds no model: run the job first, with `run --out {out}`.") from error
    names = [one["name"] for one in listed["models"]]
    usable = [one for one in listed["models"] if one["file"] and "takes" in one]
    facts = next((one for one in (listed["models"] if name else usable) if name in ("", one["name"])), None)
    if facts is None:
        why = "; ".join(f"{one['name']}: {one['detail']}" for one in listed["models"]) or "the run yielded none"
        raise Unusable(
            f"There is no model {name!r}; there are: {', '.join(names)}." if name else f"No model to serve: {why}"
        )
    if facts["detail"] or not facts["file"]:
        raise Unusable(f"The model {facts['name']} cannot be served. {facts['detail']}")
    if form and form != "python":
        return facts, _portable(facts, folder, form)
    changed = [
        f"{key} {listed['packages'][key]} (now {now})"
        for key, now in _packages().items()
        if listed["packages"].get(key, now) != now
    ]
    if facts["form"] == "pickle" and changed:
        raise Unusable(f"The model was made with {', '.join(changed)}. Run the job again with these packages.")
    model = _read_model(facts, folder)
    return facts, lambda rows: answer(model, rows)


def _checked(folder: Path, facts: Mapping[str, Any]) -> bytes:
    try:
        content = (folder / Path(str(facts["file"])).name).read_bytes()
    except OSError as error:
        raise Unusable(f"The model's file {facts['file']} is gone. Run the job again.") from error
    if _digest(content) != facts["sha256"]:
        raise Unusable(f"The model's file {facts['file']} is not the one that the run wrote. Run the job again.")
    return content


def _read_model(facts: Mapping[str, Any], folder: Path) -> Any:
    content = _checked(folder, facts)
    if facts["form"] == "pickle":
        return pickle.loads(content)  # noqa: S301 - its bytes are those that this job's own run wrote
    xgboost = importlib.import_module("xgboost")
    model = getattr(xgboost, str(facts["type"]).rpartition(".")[2])()
    model.load_model(bytearray(content))
    return model


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _write_json(path: Path, value: Any) -> None:
    making = path.with_name(f".{path.name}.making")
    making.write_text(json.dumps(value, indent=1, default=str) + "\n", "utf-8")
    making.replace(path)


def convert(model: Any, rows: Any, folder: Path, stem: str) -> list[Facts]:
    """The portable forms of a model, each compared with it; one that cannot be made says why."""
    portable = importlib.import_module(f"{__package__}.portable" if __package__ else "portable")
    found: list[Facts] = portable.convert(model, profiles.sample(rows)[:ROWS], folder, stem)
    return found


def _portable(facts: Mapping[str, Any], folder: Path, form: str) -> Callable[[Any], dict[str, Any]]:
    made = next((one for one in facts.get("portable", []) if one["form"] == form and one["file"]), None)
    if made is None:
        raise Unusable(f"The model was not kept as {form}. Run the job with `run --portable` where its packages are.")
    if not made["agrees"]:
        raise Unusable(f"The {form} form does not agree with the model: {made['detail']} See parity.json.")
    portable = importlib.import_module(f"{__package__}.portable" if __package__ else "portable")
    reader: Callable[[Any], dict[str, Any]] = portable.reader(form, _checked(folder, made), facts)
    return reader
