"""Says how good predictions were once the true answers have come, and whether that is worse than the baseline."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perijove.core.errors import Invalid
from perijove.jobs.model import Labels, MetricDecay

SCORES = ("accuracy", "auc", "r2")  # of which more is better; of the others less


def metrics(scored: Path, labels: Labels) -> tuple[dict[str, float], int]:
    """The metrics of a scored file, and of how many rows; raises Invalid where the labels do not fit it."""
    answers, truth = _columns(scored), _columns(Path(labels.file))
    column = labels.column or _only(truth, labels)
    if column not in truth:
        raise Invalid(f"The labels have no column “{column}”.", hint=f"They have: {', '.join(truth)}.")
    if "prediction" not in answers:
        raise Invalid(f"{scored} holds no column “prediction”.", hint="Score a file again with serve --batch.")
    pairs = _paired(answers, truth, column, labels)
    given = [at for at, (_, true) in enumerate(pairs) if true is not None]
    if not given:
        raise Invalid("No prediction has a label.", hint="Check the key, or that the rows are in the same order.")
    shares = [name for name in answers if name.startswith("probability_")]
    predicted, true = [answers["prediction"][pairs[at][0]] for at in given], [pairs[at][1] for at in given]
    if shares or isinstance(true[0], str | bool):
        found = {"accuracy": sum(map(_same, predicted, true)) / len(given)}
        if len(shares) == 2:
            positive = shares[1].removeprefix("probability_")
            chances = [answers[shares[1]][pairs[at][0]] for at in given]
            found |= _auc(chances, [_same(positive, one) for one in true])
    else:
        found = _errors(predicted, true)
    return {name: round(value, 6) for name, value in found.items()}, len(given)


def judged(now: Mapping[str, float], baseline: Mapping[str, float], rows: int, most: float) -> list[MetricDecay]:
    """Each metric beside its baseline: a score may fall by ``most``, an error may grow by that part of itself."""
    found = []
    for name, value in sorted(now.items()):
        was = float(baseline.get(name, value))
        worse = was - value if name in SCORES else (value - was) / was if was else value
        found.append(MetricDecay(name, was, value, rows, worse > most))
    return found


def _columns(path: Path) -> dict[str, list[Any]]:
    from pyarrow import ArrowInvalid, csv, parquet

    try:
        table = csv.read_csv(path) if path.suffix.lower() in (".csv", ".tsv") else parquet.read_table(path)
    except (OSError, ArrowInvalid) as error:
        raise Invalid(f"{path} cannot be read: {error}"[:300], hint="Name a Parquet or CSV file.") from error
    return {name: table.column(name).to_pylist() for name in table.column_names}


INDEX = re.compile(r"__index_level_\d+__")  # what pandas writes of an index without a name


def _only(truth: Mapping[str, Any], labels: Labels) -> str:
    if labels.key and labels.key not in truth:
        raise Invalid(f"The labels have no column “{labels.key}”.", hint=f"They have: {', '.join(truth)}.")
    others = [name for name in truth if name != labels.key and not INDEX.fullmatch(name)]
    if len(others) != 1:
        raise Invalid("Which column holds the labels?", hint=f"Name one of {', '.join(others)} (`--label-column`).")
    return others[0]


def _paired(
    answers: Mapping[str, list[Any]], truth: Mapping[str, list[Any]], column: str, labels: Labels
) -> list[tuple[int, Any]]:
    """The place of each prediction, and its label."""
    if not labels.key:
        if len(truth[column]) != len(answers["prediction"]):
            counts = f"{len(truth[column])} labels, {len(answers['prediction'])} predictions"
            raise Invalid(f"There are {counts}.", hint="Give one label for each row, or name a key that both have.")
        return list(enumerate(truth[column]))
    for where, table in (("The labels", truth), ("The scored file", answers)):
        if labels.key not in table:
            raise Invalid(f"{where} have no column “{labels.key}”.", hint=f"There are: {', '.join(table)}.")
    by_key = dict(zip(truth[labels.key], truth[column], strict=True))
    if len(by_key) != len(truth[column]):
        raise Invalid(f"The key “{labels.key}” recurs in the labels.", hint="Name a column whose values are unique.")
    return [(at, by_key.get(key)) for at, key in enumerate(answers[labels.key])]


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) or str(one) == str(other)


def _auc(chances: Sequence[float], true: Sequence[bool]) -> dict[str, float]:
    """The area under the ROC curve by mean ranks (Mann-Whitney); nothing where one class is missing."""
    ordered = sorted(range(len(chances)), key=lambda at: chances[at])
    ranks = [0.0] * len(chances)
    start = 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and chances[ordered[end]] == chances[ordered[start]]:
            end += 1
        for at in ordered[start:end]:
            ranks[at] = (start + 1 + end) / 2
        start = end
    positives = sum(true)
    negatives = len(true) - positives
    if not positives or not negatives:
        return {}
    total = sum(rank for rank, one in zip(ranks, true, strict=True) if one)
    return {"auc": (total - positives * (positives + 1) / 2) / (positives * negatives)}


def _errors(predicted: Sequence[Any], true: Sequence[Any]) -> dict[str, float]:
    try:
        gaps = [float(one) - float(other) for one, other in zip(predicted, true, strict=True)]
    except (TypeError, ValueError) as error:
        raise Invalid("The labels are no numbers, the predictions are.", hint="Name another column.") from error
    mean = sum(map(float, true)) / len(true)
    spread = sum((float(one) - mean) ** 2 for one in true)
    squares = sum(gap * gap for gap in gaps)
    found = {"mae": sum(map(abs, gaps)) / len(gaps), "rmse": math.sqrt(squares / len(gaps))}
    return found | ({"r2": 1 - squares / spread} if spread else {})
