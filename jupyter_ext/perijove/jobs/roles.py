"""Names the steps of a job for what they do: load, prepare, train, predict, evaluate, save, plot, connect."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from perijove.jobs.effects import matches, table

_TRAIN = ("fit", "train", "partial_fit", "fit_predict", "fit_resample", "tune", "minimize", "cv")
_PREPARE = re.compile(r"(Scaler|Encoder|Imputer|Vectorizer|Transformer|Normalizer|Binarizer|Discretizer|PCA|Features)$")
_EVALUATE = re.compile(
    r"\w+_(score|error|loss|report|matrix|curve)|(accuracy|roc_auc|auc|f1|r2|score|evaluate|cross_validate|crosstab)"
)
_PREDICT = re.compile(r"predict\w*|decision_function|forecast|get_forecast|inference|classify")
_PLOT = re.compile(r"plot\w*|hist|imshow|scatter|barh?|subplots|figure|beeswarm|heatmap|\w+plot|tight_layout")
ORDER = ("train", "evaluate", "save", "predict", "load", "plot", "connect", "prepare")
_OTHER = {
    "train": "train_model",
    "evaluate": "evaluate_model",
    "save": "save_results",
    "predict": "make_predictions",
    "load": "load_data",
    "plot": "draw",
    "connect": "connect_cluster",
    "prepare": "prepare_data",
}


def role(nodes: Iterable[ast.stmt], makers: dict[str, str]) -> str:
    """What statements do, in one word. ``makers`` says which class a name was made from, as far as it is known."""
    found = {"prepare"}
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Call):
                found.add(_call(part, makers))
    return next(one for one in ORDER if one in found)


def _call(call: ast.Call, makers: dict[str, str]) -> str:
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    method = isinstance(func, ast.Attribute)
    owner = func.value.id if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) else ""
    files = table()["files"]
    if name in _TRAIN and method:
        return "prepare" if _PREPARE.search(makers.get(owner, "")) else "train"
    if _EVALUATE.fullmatch(name):
        return "evaluate"
    if name in files["write_methods"] and method and name not in ("mkdir", "replace", "rename", "unlink"):
        return "save"
    if name == "to_sql" or (name in ("dump", "save") and method):
        return "save"
    if _PREDICT.fullmatch(name) and method:
        return "predict"
    if (
        name.startswith("read_")
        or name == "open"
        or matches(f"{owner}.{name}", ["numpy.load*", "np.load*", "joblib.load"])
    ):
        return "load"
    if name.startswith(("load_", "fetch_", "from_csv", "scan_")):
        return "load"
    if method and _PLOT.fullmatch(name):
        return "plot"
    return "connect" if name in ("Client", "create_engine", "connect") else "prepare"


def step_names(
    roles: Sequence[str], gives: Sequence[Sequence[str]], cells: Sequence[str], taken: set[str]
) -> list[str]:
    """A name for each step that nothing else in the program has; ``cells`` are the ids of the cells they come from.

    The first of a kind has the plain word; later ones say what they give, or have their cell's id where it reads like a
    word, or a number. So a step that is added at the end renames none.
    """
    names: list[str] = []
    used = set(taken)
    for word, given, cell in zip(roles, gives, cells, strict=True):
        wanted = [word, _OTHER[word]] if word not in roles[: len(names)] else []
        if len(given) == 1 and given[0].isascii():
            wanted.append(f"{word}_{given[0].lower()}")
        if re.fullmatch(r"[A-Za-z]{3,20}([_-][A-Za-z]{2,20}){0,2}", cell):
            wanted.append(f"{word}_{cell.lower().replace('-', '_')}".replace(f"{word}_{word}", word))
        if len(given) == 2 and all(one.isascii() for one in given):
            wanted.append(f"{word}_{'_'.join(given).lower()}")
        wanted += [f"{word}_{number}" for number in range(2, len(roles) + len(used) + 3)]
        name = next(one for one in wanted if one not in used)
        used.add(name)
        names.append(name)
    return names


def models(nodes: Iterable[ast.stmt]) -> set[str]:
    """The names that stand for trained models, as far as the text tells."""
    found: set[str] = set()
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr in _TRAIN[:3]:
                owner = part.func.value
                found |= {owner.id} if isinstance(owner, ast.Name) and part.func.attr != "train" else set()
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            value = node.value
            if (
                isinstance(value, ast.Call)
                and isinstance(value.func, ast.Attribute)
                and value.func.attr in ("fit", "train")
            ):
                found.add(node.targets[0].id)
            if (
                isinstance(value, ast.Subscript)
                and isinstance(value.slice, ast.Constant)
                and value.slice.value == "booster"
            ):
                found.add(node.targets[0].id)
    return found
