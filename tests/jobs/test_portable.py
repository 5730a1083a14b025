"""Portable forms: each agrees with its model or is not served, and what cannot be had is said.

The tests that convert run where the converters are installed, and are skipped elsewhere; the rest runs everywhere.
"""

from __future__ import annotations

import json

import pytest

from perijove.jobs import portable
from tests.jobs import scoring as given


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return given.package(tmp_path_factory.mktemp("portable"), "portable_loans", {})


@pytest.fixture(scope="module")
def table():
    import numpy as np

    random = np.random.default_rng(3)
    x = random.normal(size=(300, 3))
    return x, (x[:, 0] + x[:, 1] > 0).astype(int)


class Half:
    """A model whose answers are easily told."""

    classes_ = None

    def predict(self, rows):
        return rows[:, 0] / 2


def test_parity_counts_rows_differences_and_flips(job, table):
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    x, y = table
    model = LogisticRegression().fit(x, y)
    answers = job["models"].answer(model, x)
    exact = job["portable"].compare(model, x, lambda rows: answers)
    assert (exact["agrees"], exact["max_difference"], exact["label_flips"], exact["rows"]) == (True, 0.0, 0, 300)
    flipped = {**answers, "prediction": [1 - answers["prediction"][0], *answers["prediction"][1:]]}
    found = job["portable"].compare(model, x, lambda rows: flipped)
    assert (found["agrees"], found["label_flips"]) == (False, 1) and "1 of 300 labels flip" in found["detail"]
    off = {**answers, "probability_1": (np.array(answers["probability_1"]) + 0.01).tolist()}
    found = job["portable"].compare(model, x, lambda rows: off)
    assert not found["agrees"] and found["max_difference"] == pytest.approx(0.01)
    assert "The translation differs" in found["detail"]


def test_rounding_is_told_from_a_wrong_translation(job):
    """A model that single precision breaks: its translation is right, and still does not agree."""
    import numpy as np

    class Steep:
        classes_ = None

        def predict(self, rows):
            return (rows[:, 0].astype("float64") - 1e8) * 10

    rows = np.array([[1e8 + 1.0], [1e8 + 3.0]])
    single = Steep().predict(rows.astype("float32"))
    found = job["portable"].compare(Steep(), rows, lambda _: {"prediction": single.tolist()})
    assert not found["agrees"] and found["max_difference_float32"] == 0.0
    assert found["detail"].startswith("Single precision makes the difference")


def test_a_number_that_is_none_on_one_side_is_a_difference(job, table):
    x, _ = table
    answers = [float("nan"), *Half().predict(x)[1:].tolist()]
    found = job["portable"].compare(Half(), x, lambda rows: {"prediction": answers})
    assert not found["agrees"] and found["max_difference"] == float("inf")


def test_a_form_without_its_packages_says_which(job, table, tmp_path, monkeypatch):
    x, y = table
    from sklearn.linear_model import LogisticRegression

    monkeypatch.setattr(job["portable"], "NEEDS", {"onnx": ("no_such_converter",), "treelite": ("no_such_trees",)})
    model = LogisticRegression().fit(x, y)
    job["models"].save({"model": model}, [x], tmp_path, tmp_path, True)
    found = portable.parities(tmp_path / "parity.json")
    assert [(one.form, one.agrees, one.detail) for one in found] == [
        ("onnx", False, "Not installed here: no_such_converter."),
        ("treelite", False, "Not installed here: no_such_trees."),
    ]


def test_a_form_that_does_not_agree_is_not_served(job, table, tmp_path):
    from sklearn.linear_model import LogisticRegression

    x, y = table
    models = job["models"]
    models.save({"model": LogisticRegression().fit(x, y)}, [x], tmp_path, tmp_path, False)
    place = tmp_path / "models" / "models.json"
    listed = json.loads(place.read_text())
    made = {"form": "onnx", "file": "m.onnx", "sha256": "0", "agrees": False, "detail": "2 of 9 labels flip."}
    listed["models"][0]["portable"] = [made]
    place.write_text(json.dumps(listed))
    with pytest.raises(models.Unusable, match="2 of 9 labels flip"):
        models.read(tmp_path, "", "onnx")
    made |= {"agrees": True}
    place.write_text(json.dumps(listed))
    (tmp_path / "models" / "m.onnx").write_bytes(b"other bytes")
    with pytest.raises(models.Unusable, match="not the one that the run wrote"):
        models.read(tmp_path, "", "onnx")


@pytest.mark.parametrize("text", ["", "[]", '{"models": {"m": [{"form": 1}]}}', '{"models": 3}'])
def test_a_report_that_is_none_holds_nothing(tmp_path, text):
    (tmp_path / "parity.json").write_text(text)
    assert portable.parities(tmp_path / "parity.json") == []
    assert portable.parities(tmp_path / "none.json") == []


def _forests():
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
    from xgboost import XGBClassifier, XGBRegressor

    return {
        "forest": RandomForestClassifier(5, max_depth=4),
        "forest of numbers": RandomForestRegressor(5, max_depth=4),
        "boosted": HistGradientBoostingClassifier(max_iter=5),
        "xgboost": XGBClassifier(n_estimators=5, max_depth=3),
        "xgboost of numbers": XGBRegressor(n_estimators=5, max_depth=3),
    }


FORESTS = ("forest", "forest of numbers", "boosted", "xgboost", "xgboost of numbers")


def _round_trip(job, model, x, folder, form):
    """The parity of a form, and whether what is read again answers as the model does."""
    job["models"].save({"model": model}, [x], folder, folder, True)
    found = {one.form: one for one in portable.parities(folder / "parity.json")}[form]
    if found.agrees:
        ready = job["scoring"].scorer(folder, "model", form)
        names = list(ready.columns)
        rows = [dict(zip(names, one, strict=True)) for one in x[:20].tolist()]
        answers = ready.predict(ready.checked({"rows": rows}))
        wanted = job["models"].answer(model, x[:20])
        for name, values in wanted.items():
            assert [one[name] for one in answers] == pytest.approx(values, abs=1e-5)
    return found


@pytest.mark.parametrize("case", FORESTS)
def test_treelite_holds_trees(job, table, tmp_path, case):
    pytest.importorskip("treelite")
    x, y = table
    found = _round_trip(job, _forests()[case].fit(x, y), x, tmp_path, "treelite")
    assert found.agrees and found.label_flips == 0 and found.rows == 300, found.detail


@pytest.mark.parametrize("case", [one for one in FORESTS if one != "boosted"])
def test_onnx_holds_trees(job, table, tmp_path, case):
    for name in ("skl2onnx", "onnxmltools", "onnxruntime"):
        pytest.importorskip(name)
    x, y = table
    found = _round_trip(job, _forests()[case].fit(x, y), x, tmp_path, "onnx")
    assert found.agrees and found.label_flips == 0 and found.rows == 300, found.detail


def test_onnx_holds_a_pipeline_over_columns(job, tmp_path):
    for name in ("skl2onnx", "onnxmltools", "onnxruntime"):
        pytest.importorskip(name)
    loans, bad = given.loans()
    loans = loans.drop(columns="member").assign(member="no")
    model = given.model().fit(loans, bad)
    job["models"].save({"model": model}, [loans], tmp_path, tmp_path, True)
    onnx, trees = portable.parities(tmp_path / "parity.json")
    assert onnx.agrees and onnx.label_flips == 0, onnx.detail
    assert not trees.agrees and "treelite holds ensembles of trees" in trees.detail


def test_the_model_card_has_the_parity_and_the_package_its_groups(tmp_path, monkeypatch):
    import tomllib

    from perijove.jobs import lock, package
    from perijove.jobs.notebook import read_notebook
    from perijove.jobs.slice import backward_slice
    from tests.jobs import notebooks

    monkeypatch.setattr(lock, "lock", lambda lines, *_: "".join(f"{one}\n" for one in lines))
    path = notebooks.write(tmp_path / "nb.ipynb", [("train", "code", "model = [1]")])
    book = read_notebook(path, "nb.ipynb")
    values, out = tmp_path / "values", tmp_path / "job"
    values.mkdir()
    entry = {"name": "model", "kind": "model", "file": "", "detail": "", "type": "sklearn.dummy.DummyClassifier"}
    (values / "values.json").write_text(json.dumps({"values": [entry], "python": "3.11.7", "packages": {}}))
    job = package.plan("job_one", book, [0], backward_slice(book.sources, [0]))
    before = package.contents(job, values, out)
    assert b"Portable forms" not in before["MODEL_CARD.md"]
    assert set(tomllib.loads(before["pyproject.toml"].decode())["project"]["optional-dependencies"]) == {
        "serve",
        "portable",
    }
    assert b"starlette==" in before["requirements-serve.lock"] and b"treelite==" in before["requirements-portable.lock"]
    out.mkdir()
    made = {"form": "onnx", "agrees": True, "rows": 300, "max_difference": 1e-7, "label_flips": 0, "detail": ""}
    (out / "parity.json").write_text(json.dumps({"models": {"model": [made]}}))
    card = package.contents(job, values, out)["MODEL_CARD.md"].decode()
    assert "| `onnx` | yes | `1e-07` | `0` | 300 |" in card
