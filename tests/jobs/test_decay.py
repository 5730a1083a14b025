"""Labels show whether predictions got worse, and labels that do not fit are refused."""

from __future__ import annotations

import csv
import random

import pytest

from perijove.core.errors import Invalid
from perijove.jobs.decay import metrics
from perijove.jobs.model import Labels
from perijove.jobs.monitor import Watch
from tests.jobs.watching import normal, scored


def write_csv(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return str(path)


def answered(folder, profiles, rows):
    """A scored file of ids, predictions and probabilities, with its profile."""
    from pyarrow import Table, parquet

    ids, predicted, chances = zip(*rows, strict=True)
    columns = {"id": ids, "prediction": predicted, "probability_0": [1 - one for one in chances]}
    parquet.write_table(Table.from_pydict({**columns, "probability_1": chances}), folder / "scored.parquet")
    scored(folder, profiles, normal(4), output=str(folder / "scored.parquet"))


def test_labels_show_decay_against_the_first_that_came(job, profiles, hook, tmp_path):
    from sklearn.metrics import roc_auc_score

    made = random.Random(5)
    truth = [made.random() > 0.5 for _ in range(200)]
    chances = [min(1, max(0, (0.7 if one else 0.3) + made.gauss(0, 0.2))) for one in truth]
    answered(job, profiles, [(at, int(one > 0.5), one) for at, one in enumerate(chances)])
    labels = Labels(write_csv(tmp_path / "t.csv", ["bad"], [[int(one)] for one in truth]))
    found = Watch(job, send=hook).look(labels)
    now = {one.name: one.value for one in found.metrics}
    assert now["auc"] == pytest.approx(roc_auc_score(truth, chances), abs=1e-6)
    assert now["accuracy"] == sum((one > 0.5) == other for one, other in zip(chances, truth, strict=True)) / 200
    assert found.state == "steady" and found.history[-1].metrics == now
    answered(job, profiles, [(at, int(one <= 0.5), 1 - one) for at, one in enumerate(chances)])
    shuffled = [[at, int(truth[at])] for at in made.sample(range(200), 150)]
    by_key = Labels(write_csv(tmp_path / "k.csv", ["id", "bad"], shuffled), key="id")
    found = Watch(job, send=hook).look(by_key)
    assert found.state == "drifting" and {one.rows for one in found.metrics} == {150}
    assert all(one.drifting and one.baseline == now[one.name] for one in found.metrics)
    assert hook.got[-1][1]["columns"] == ["metrics.accuracy", "metrics.auc"]
    assert Watch(job, send=hook).look().state == "drifting"  # until better labels come


def test_errors_of_numbers_are_relative_to_a_set_baseline(job, profiles, hook, tmp_path):
    from pyarrow import Table, parquet

    config = job / "src" / "loans" / "config.toml"
    config.write_text("[monitor]\nmetric_decay = 0.5\nbaseline = {mae = 1.0, rmse = 5.0}\n")
    parquet.write_table(Table.from_pydict({"prediction": [1.0, 2.0, 3.0]}), job / "scored.parquet")
    scored(job, profiles, normal(4), output=str(job / "scored.parquet"))
    labels = Labels(write_csv(tmp_path / "t.csv", ["y"], [[3.0], [4.0], [5.0]]))
    found = {one.name: (one.baseline, one.value, one.drifting) for one in Watch(job, send=hook).look(labels).metrics}
    assert found == {"mae": (1.0, 2.0, True), "rmse": (5.0, 2.0, False), "r2": (-5.0, -5.0, False)}


WRONG_LABELS = {
    "fewer": (["y"], [[1]], {}),
    "two columns": (["y", "z"], [[1, 2]] * 2, {}),
    "no such column": (["y"], [[1]] * 2, {"column": "z"}),
    "no such key": (["y"], [[1]] * 2, {"key": "k"}),
    "a key that recurs": (["id", "y"], [[1, 1], [1, 0]], {"key": "id"}),
    "no common key": (["id", "y"], [[7, 1], [8, 0]], {"key": "id"}),
}


@pytest.mark.parametrize("case", WRONG_LABELS)
def test_labels_that_do_not_fit_are_refused(job, profiles, hook, tmp_path, case):
    header, rows, more = WRONG_LABELS[case]
    answered(job, profiles, [(1, 0, 0.2), (2, 1, 0.7)])
    with pytest.raises(Invalid) as refused:
        Watch(job, send=hook).look(Labels(write_csv(tmp_path / "t.csv", header, rows), **more))
    assert refused.value.hint


def test_labels_need_a_scored_file_and_one_that_can_be_read(job, profiles, hook, tmp_path):
    with pytest.raises(Invalid, match="Nothing was scored"):
        Watch(job, send=hook).look(Labels(str(tmp_path / "none.csv")))
    answered(job, profiles, [(1, 0, 0.2), (2, 1, 0.7)])
    with pytest.raises(Invalid, match="cannot be read"):
        Watch(job, send=hook).look(Labels(str(tmp_path / "none.csv")))


def test_a_key_that_is_not_there_is_named_and_an_index_of_pandas_is_no_label(job, profiles, hook, tmp_path):
    import pandas as pd

    truth = [True, False] * 3
    write_csv(job / "outputs" / "scored.csv", ["id", "prediction"], [[at, one] for at, one in enumerate(truth)])
    frame = pd.DataFrame({"id": range(6), "bad": truth}, index=[5, 4, 3, 2, 1, 0])
    frame.to_parquet(tmp_path / "t.parquet")
    assert metrics(job / "outputs" / "scored.csv", Labels(str(tmp_path / "t.parquet"), key="id"))[0]["accuracy"] == 1.0
    with pytest.raises(Invalid, match="have no column “nokey”"):
        metrics(job / "outputs" / "scored.csv", Labels(str(tmp_path / "t.parquet"), key="nokey"))
