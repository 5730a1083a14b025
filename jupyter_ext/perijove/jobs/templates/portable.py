"""Turns a model into ONNX and treelite, compares them with it on the same rows, and answers with them.

Single precision is ONNX's policy: numbers are made single before anything else happens to them. Each form is compared
with the model as the notebook had it, and, to tell rounding from a wrong translation, with the model asked in single
precision. A form that flips a label or differs by more than the tolerance does not agree, and is not served.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import importlib.util
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

models = importlib.import_module(f"{__package__}.models" if __package__ else "models")

Facts = dict[str, Any]
Answers = dict[str, Any]
TOLERANCE = 1e-3  # of a difference, relative to the largest answer, at least 1
NEEDS = {"onnx": ("skl2onnx", "onnxmltools", "onnxruntime"), "treelite": ("treelite",)}


class NotPortable(Exception):
    """A model has no such form; the text says why."""


def convert(model: Any, rows: Any, folder: Path, stem: str) -> list[Facts]:
    """Write each portable form and compare it; one that cannot be made is listed with the reason."""
    return [_made(form, model, rows, folder, stem) for form in NEEDS]


def _made(form: str, model: Any, rows: Any, folder: Path, stem: str) -> Facts:
    facts: Facts = {"form": form, "file": "", "sha256": "", "agrees": False, "detail": ""}
    missing = [name for name in NEEDS[form] if importlib.util.find_spec(name) is None]
    if missing:
        return facts | {"detail": f"Not installed here: {', '.join(missing)}."}
    try:
        content = _onnx(model, rows) if form == "onnx" else _treelite(model)
        told = {
            "takes": models.takes(rows),
            "gives": models.gives(model, models.answer(model, rows)),
            "type": _type(model),
        }
        parity = compare(model, rows, reader(form, content, told))
    except Exception as error:  # noqa: BLE001 - converters raise what they like; the model itself is kept anyway
        return facts | {"detail": f"{type(error).__name__}: {error}"[:400]}
    file = folder / f"{stem}.{'onnx' if form == 'onnx' else 'treelite'}"
    file.write_bytes(content)
    return facts | {"file": file.name, "sha256": hashlib.sha256(content).hexdigest(), **parity}


def _type(model: Any) -> str:
    return f"{type(model).__module__}.{type(model).__qualname__}"


# -- comparing


def compare(model: Any, rows: Any, ask: Callable[[Any], Answers]) -> Facts:
    """The parity of a form with its model on rows: largest difference, labels that flip, rows, and the verdict."""
    found = ask(rows)
    difference, flips, width = _apart(models.answer(model, rows), found)
    single, single_flips, _ = _apart(models.answer(model, _single(rows)), found)
    agrees = not flips and difference <= TOLERANCE * width
    detail = ""
    if not agrees:
        rounding = not single_flips and single <= TOLERANCE * width
        why = "Single precision makes the difference" if rounding else "The translation differs"
        detail = f"{why}: {flips} of {len(rows)} labels flip, the largest difference is {difference:.3g}."
    return {
        "rows": len(rows),
        "max_difference": difference,
        "label_flips": flips,
        "max_difference_float32": single,
        "label_flips_float32": single_flips,
        "agrees": agrees,
        "detail": detail,
    }


def _apart(wanted: Answers, found: Answers) -> tuple[float, int, float]:
    """The largest difference of numbers, how many labels flip, and the largest number."""
    difference, width, flipped = 0.0, 1.0, set()
    for name, values in wanted.items():
        for at, (one, other) in enumerate(zip(values, found[name], strict=True)):
            if isinstance(one, float) and not isinstance(other, str):
                gap = abs(one - float(other))
                difference = (
                    math.inf
                    if math.isnan(gap) and not (math.isnan(one) and math.isnan(other))
                    else max(difference, gap)
                )
                width = max(width, abs(one)) if math.isfinite(one) else width
            elif str(one) != str(other):
                flipped.add(at)
    return difference, len(flipped), width


def _single(rows: Any) -> Any:
    """The same rows with their numbers in single precision."""
    if hasattr(rows, "columns"):
        numbers = {
            name: "float32" for name in rows.columns if str(rows[name].dtype).startswith(("float", "int", "uint"))
        }
        return rows.astype(numbers)
    return rows.astype("float32") if hasattr(rows, "dtype") else rows


# -- ONNX


def _onnx(model: Any, rows: Any) -> bytes:
    if type(model).__name__ == "Booster":
        raise NotPortable("A bare Booster says nothing of its classes; train an XGBClassifier or XGBRegressor.")
    if _type(model).startswith("xgboost"):
        return bytes(_xgboost_onnx(model, rows).SerializeToString())
    _register()
    skl2onnx = importlib.import_module("skl2onnx")
    options = {id(model): {"zipmap": False}} if hasattr(model, "classes_") else None
    failed: Exception | None = None
    for inputs in _input_types(rows):
        try:
            made = skl2onnx.convert_sklearn(model, initial_types=inputs, options=options, target_opset=_opset())
        except Exception as error:  # noqa: BLE001 - the other way of giving the columns may do
            failed = failed or error
            continue
        return bytes(made.SerializeToString())
    raise failed or NotPortable("No column could be given to ONNX.")


def _opset() -> dict[str, int]:
    return {"": 18, "ai.onnx.ml": 3}


def _input_types(rows: Any) -> list[list[tuple[str, Any]]]:
    """How the columns may be given: all as one tensor where they are numbers, else each by its name."""
    types = importlib.import_module("skl2onnx.common.data_types")
    columns = models.takes(rows)["columns"]
    ways = []
    if all(one["kind"] in ("integer", "number", "boolean") for one in columns.values()):
        ways.append([("x", types.FloatTensorType([None, len(columns)]))])
    if hasattr(rows, "columns"):
        text, number = types.StringTensorType, types.FloatTensorType
        ways.append([(name, (text if one["kind"] == "text" else number)([None, 1])) for name, one in columns.items()])
    return ways


def _xgboost_onnx(model: Any, rows: Any) -> Any:
    """XGBoost's models, whose columns the converter wants without names."""
    tools, types = (
        importlib.import_module("onnxmltools"),
        importlib.import_module("onnxmltools.convert.common.data_types"),
    )
    plain = copy.deepcopy(model)
    plain.get_booster().feature_names = None
    return tools.convert_xgboost(
        plain, initial_types=[("x", types.FloatTensorType([None, rows.shape[1]]))], target_opset=15
    )


def _register() -> None:
    """Teach skl2onnx XGBoost's models, for those in a pipeline."""
    if importlib.util.find_spec("xgboost") is None:
        return
    xgboost, skl2onnx = importlib.import_module("xgboost"), importlib.import_module("skl2onnx")
    shapes = importlib.import_module("skl2onnx.common.shape_calculator")
    maker = importlib.import_module("onnxmltools.convert.xgboost.operator_converters.XGBoost").convert_xgboost
    options = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    skl2onnx.update_registered_converter(
        xgboost.XGBClassifier,
        "XGBoostXGBClassifier",
        shapes.calculate_linear_classifier_output_shapes,
        maker,
        options=options,
    )
    skl2onnx.update_registered_converter(
        xgboost.XGBRegressor, "XGBoostXGBRegressor", shapes.calculate_linear_regressor_output_shapes, maker
    )


def _ask_onnx(content: bytes, facts: Mapping[str, Any]) -> Callable[[Any], Answers]:
    import numpy

    runtime = importlib.import_module("onnxruntime")
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    named = [one.name for one in session.get_inputs()]
    texts = {one.name for one in session.get_inputs() if "string" in one.type}
    columns = list(facts["takes"]["columns"])
    classes = facts["gives"]["classes"]

    def ask(rows: Any) -> Answers:
        if named == ["x"] and columns != ["x"]:
            given = {"x": numpy.asarray(rows, dtype="float32")}
        else:
            given = {name: _tensor(rows, name, columns, name in texts) for name in named}
        answers = session.run(None, given)
        if not classes:
            return dict(
                models._columns("prediction", numpy.asarray(answers[0]).squeeze(-1) if _one(answers[0]) else answers[0])
            )
        found: Answers = {"prediction": numpy.asarray(answers[0]).tolist()}
        shares = numpy.asarray(answers[1])
        found |= {f"probability_{one}": shares[:, at].tolist() for at, one in enumerate(classes)}
        return found

    return ask


def _one(values: Any) -> bool:
    return bool(values.ndim == 2 and values.shape[1] == 1)


def _tensor(rows: Any, name: str, columns: Sequence[str], text: bool) -> Any:
    import numpy

    column = rows[name] if hasattr(rows, "columns") else rows[:, columns.index(name)]
    values = numpy.asarray(column)
    made = numpy.array([str(one) for one in values], dtype=object) if text else values.astype("float32")
    return made.reshape(-1, 1)


# -- treelite


def _treelite(model: Any) -> bytes:
    treelite = importlib.import_module("treelite")
    if _type(model).startswith("xgboost"):
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        return bytes(treelite.frontend.from_xgboost(booster).serialize_bytes())
    if not _type(model).startswith("sklearn.ensemble"):
        raise NotPortable(f"treelite holds ensembles of trees; this is a {type(model).__name__}.")
    return bytes(treelite.sklearn.import_model(model).serialize_bytes())


def _ask_treelite(content: bytes, facts: Mapping[str, Any]) -> Callable[[Any], Answers]:
    import numpy

    treelite = importlib.import_module("treelite")
    importlib.import_module("treelite.gtil")
    trees = treelite.Model.deserialize_bytes(content)
    classes = facts["gives"]["classes"]
    precision = "float32" if facts["type"].startswith("xgboost") else "float64"

    def ask(rows: Any) -> Answers:
        raw = numpy.asarray(treelite.gtil.predict(trees, numpy.ascontiguousarray(rows, dtype=precision)))
        flat = raw.reshape(len(rows), -1)
        if not classes:
            return dict(models._columns("prediction", flat[:, 0] if flat.shape[1] == 1 else flat))
        if flat.shape[1] == 1 and len(classes) == 2:
            flat = numpy.hstack([1 - flat, flat])
        found: Answers = {"prediction": [classes[at] for at in flat.argmax(axis=1)]}
        found |= {f"probability_{one}": flat[:, at].tolist() for at, one in enumerate(classes)}
        return found

    return ask


def reader(form: str, content: bytes, facts: Mapping[str, Any]) -> Callable[[Any], Answers]:
    """The function that answers with a portable form; ``facts`` say what the model takes and gives."""
    return _ask_onnx(content, facts) if form == "onnx" else _ask_treelite(content, facts)
