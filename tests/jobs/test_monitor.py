"""Drift is seen where there is some and not where there is none; alerts arrive once, or wait; labels show decay."""

from __future__ import annotations

import csv
import importlib.util
import json
import random
import sys
from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perijove.core.errors import Invalid
from perijove.jobs import alerts, drift
from perijove.jobs.model import Labels
from perijove.jobs.monitor import Watch


@pytest.fixture(scope="module")
def profiles():
    """The module that writes profiles, as jobs have it."""
    folder = str(files("perijove.jobs").joinpath("templates"))
    sys.path.insert(0, folder)
    try:
        spec = importlib.util.spec_from_file_location("profiles_of_jobs", f"{folder}/profiles.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
        sys.modules.pop("contract", None)
    return module


def normal(seed, rows=2000, mean=0.0, spread=1.0):
    made = random.Random(seed)
    return [made.gauss(mean, spread) for _ in range(rows)]


# -- the measures


def test_psi_of_deciles_is_what_the_formula_gives(profiles):
    """By hand: a tenth of the reference in each bin, and the whole of the current in the last."""
    import math

    was = profiles.summary([float(one) for one in range(1000)])
    now = profiles.summary([5000.0 + one for one in range(1000)])
    bins = [0.1] * 10
    wanted = sum((1e-4 - one) * math.log(1e-4 / one) for one in bins[:-1]) + (1 - bins[-1]) * math.log(1 / bins[-1])
    assert drift.psi(was, now) == pytest.approx(wanted, rel=0.02)
    assert drift.ks(was, now) == 1.0


def test_psi_of_values_is_what_the_formula_gives(profiles):
    import math

    was = profiles.summary(["a"] * 50 + ["b"] * 50)
    now = profiles.summary(["a"] * 75 + ["b"] * 25)
    assert drift.psi(was, now) == pytest.approx(0.25 * math.log(1.5) - 0.25 * math.log(0.5))
    assert drift.ks(was, now) is None


def test_ks_is_scipys(profiles):
    from scipy.stats import ks_2samp

    for seed, mean in ((1, 0.0), (2, 0.3), (3, 2.0)):
        one, other = normal(seed), normal(seed + 50, mean=mean)
        was, now = profiles.summary(one), profiles.summary(other)
        exact = ks_2samp(one, other)
        assert drift.ks(was, now) == pytest.approx(exact.statistic, abs=0.012)
        assert drift.ks_by_chance(exact.statistic, was, now) == pytest.approx(exact.pvalue, abs=0.02)


def test_the_chance_limit_is_chi_squares():
    from scipy.stats import chi2

    was = {"kind": "number", "rows": 500, "nulls": 0.0, "quantiles": [float(one) for one in range(201)]}
    wanted = chi2.ppf(0.999, 9) * (1 / 500 + 1 / 500)
    assert drift.psi_by_chance(was, was) == pytest.approx(wanted, rel=0.01)


def test_samples_of_one_population_hardly_ever_drift(profiles):
    """The limit is that of one in a thousand: of four hundred pairs, no more than three exceed it."""
    beyond = 0
    for seed in range(400):
        was, now = (profiles.summary(normal(seed + part, 120)) for part in (0, 10_000))
        beyond += drift.psi(was, now) > max(0.2, drift.psi_by_chance(was, now))
    assert beyond <= 3


KINDS = st.one_of(
    st.lists(st.floats(allow_nan=True), max_size=40),
    st.lists(st.integers(-5, 5), max_size=40),
    st.lists(st.one_of(st.none(), st.sampled_from("abc")), max_size=40),
    st.lists(st.booleans(), max_size=40),
    st.lists(st.dates(date(1, 1, 1)), max_size=40),
)


@settings(max_examples=150, deadline=None)
@given(one=KINDS, other=KINDS)
def test_the_measures_take_any_column(profiles, one, other):
    was, now = (json.loads(json.dumps(profiles.summary(values))) for values in (one, other))
    for measure in (drift.psi, drift.ks):
        found = measure(was, now)
        assert found is None or 0 <= found < 100
        assert measure(was, was) in (None, 0.0)
    assert 0 <= drift.ks_by_chance(drift.ks(was, now) or 0.0, was, now) <= 1


def test_texts_that_hardly_recur_are_not_kept(profiles):
    names = [f"person {at}" for at in range(40)]
    assert profiles.summary(names) == {"kind": "text", "rows": 40, "nulls": 0.0, "distinct": 40}
    assert "values" not in profiles.summary([f"{at % 60}x" for at in range(6000)])
    assert profiles.summary(["a", "b", "a", None])["values"] == [["a", 0.666667], ["b", 0.333333]]


def test_inputs_are_profiled_by_format(profiles, tmp_path):
    import pandas

    frame = pandas.DataFrame(
        {"n": [1.5, None, 3.0], "t": ["x", "x", "y"], "d": pandas.to_datetime(["2026-01-01", None, "2026-01-03"])}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_csv(tmp_path / "a.csv", index=False)
    found = profiles.inputs(tmp_path, {"p": "a.parquet", "c": "a.csv", "gone": "b.csv", "web": "https://x/y.csv"})
    assert set(found) == {"p", "c"}
    for columns in found.values():
        assert {name: one["kind"] for name, one in columns.items()} == {"n": "number", "t": "text", "d": "date"}
        assert columns["n"]["values"] == [[1.5, 0.5], [3.0, 0.5]]
        assert columns["d"]["nulls"] == pytest.approx(1 / 3, abs=1e-5)
    assert found["p"]["d"]["values"] == found["c"]["d"]["values"]


def test_tables_between_steps_are_seen_once(profiles):
    import numpy
    import pandas

    profiles.seen.clear()
    frame = pandas.DataFrame({"a": range(30_000), "b": 1.0})
    profiles.see([frame, frame, 5, "x", numpy.zeros(3), numpy.zeros((4, 2)), numpy.zeros((0, 2))])
    profiles.see([frame])
    assert [one.shape for one in profiles.seen] == [(10_000, 2), (4, 2)]
    frame.loc[0, "a"] = 99
    assert profiles.seen[0].iloc[0, 0] == 0


# -- a job that is watched


class Hook:
    """A webhook that takes what it gets, or does not."""

    def __init__(self):
        self.got = []
        self.status = 200

    def __call__(self, address, message):
        if self.status is None:
            raise ConnectionError(f"no route to {address}")
        if self.status == 200:
            self.got.append((address, message))
        return self.status


@pytest.fixture
def hook(monkeypatch):
    monkeypatch.setenv("JOB_ALERT_WEBHOOK", "https://hooks.example/secret-token")
    return Hook()


@pytest.fixture
def job(tmp_path, profiles):
    """A job whose training was on a standard normal column, with one run."""
    folder = tmp_path / "job"
    source = folder / "src" / "loans"
    source.mkdir(parents=True)
    (folder / ".perijove-job.json").write_text(json.dumps({"name": "loans", "files": {}, "python": "3.11.7"}))
    (source / "config.toml").write_text("[parameters]\n[monitor]\npsi = 0.2\nks = 0.15\nmetric_decay = 0.05\n")
    columns = {"x": profiles.summary(normal(1)), "city": profiles.summary(["a", "b"] * 100)}
    (source / "reference.json").write_text(json.dumps({"inputs": {"in.csv": columns}}))
    features, answers = {"x": profiles.summary(normal(1))}, {"prediction": profiles.summary([0, 1] * 500)}
    models = folder / "outputs" / "models"
    models.mkdir(parents=True)
    listed = [{"name": "model", "sha256": "abc", "features": features, "predictions": answers}]
    (models / "models.json").write_text(json.dumps({"models": listed}))
    ran(folder, profiles, normal(2))
    return folder


def ran(folder, profiles, values, breaches=()):
    columns = {"x": profiles.summary(values), "city": profiles.summary(["a", "b"] * 100)}
    answers = {"prediction": profiles.summary([0, 1] * 500)}
    profiles.record(folder / "outputs", "run", inputs={"in.csv": columns}, predictions=answers, breaches=list(breaches))


def scored(folder, profiles, values, answers=(0, 1), sha256="abc", **more):
    found = {"features": {"x": profiles.summary(values)}, "sha256": sha256}
    given = {"prediction": profiles.summary(list(answers) * 500)}
    profiles.record(folder / "outputs", "batch", rows=len(values), predictions=given, **found, **more)


def test_a_run_on_the_same_population_is_steady(job, hook):
    found = Watch(job, send=hook).look()
    assert found.state == "steady"
    assert {(one.place, one.column): one.drifting for one in found.columns} == {
        ("in.csv", "x"): False,
        ("in.csv", "city"): False,
        ("predictions", "prediction"): False,
    }
    assert [(one.source, one.drifting) for one in found.history] == [("run", False)]
    assert hook.got == [] and found.alert.state == "none"


def test_a_shifted_input_drifts_and_is_told_once(job, profiles, hook):
    ran(job, profiles, normal(3, mean=1.5))
    found = Watch(job, send=hook).look()
    assert found.state == "drifting" and found.alert.state == "sent"
    assert [one.column for one in found.columns if one.drifting] == ["x"]
    assert "population stability index" in next(one.reason for one in found.columns if one.drifting)
    (address, message), *more = hook.got
    assert not more and address == "https://hooks.example/secret-token"
    assert message["columns"] == ["in.csv.x"] and message["job"] == "loans"
    assert Watch(job, send=hook).look().alert.state == "none"
    assert len(hook.got) == 1


def test_scoring_is_compared_with_the_training_of_its_model(job, profiles, hook):
    scored(job, profiles, normal(4))
    assert Watch(job, send=hook).look().state == "steady"
    scored(job, profiles, normal(5), answers=(1, 1, 1, 0))
    found = Watch(job, send=hook).look()
    assert [(one.place, one.column) for one in found.columns if one.drifting] == [("predictions", "prediction")]
    scored(job, profiles, normal(6, mean=3), sha256="of another model")
    found = Watch(job, send=hook).look()
    assert found.state == "steady" and not [one for one in found.columns if one.place == "features"]
    assert [one.drifting for one in found.history] == [False, False, True, False]


def test_a_new_run_makes_a_new_model_and_ends_the_old_ones_drift(job, profiles, hook):
    scored(job, profiles, normal(4, mean=3))
    assert Watch(job, send=hook).look().state == "drifting"
    ran(job, profiles, normal(7))
    assert Watch(job, send=hook).look().state == "steady"


def test_what_is_accepted_is_normal_from_then_on(job, profiles, hook):
    ran(job, profiles, normal(3, mean=1.5))
    scored(job, profiles, normal(3, mean=1.5), answers=(1, 1, 1, 0))
    assert Watch(job, send=hook).look().state == "drifting"
    assert Watch(job, send=hook).look(accept=True).state == "steady"
    ran(job, profiles, normal(1))
    assert Watch(job, send=hook).look().state == "drifting"
    assert set(json.loads((job / "reference.json").read_text())) == {"run", "scoring"}


def test_there_must_be_something_to_accept(job, hook):
    for path in (job / "outputs" / "profiles").iterdir():
        path.unlink()
    assert Watch(job, send=hook).look().state == "unknown"
    with pytest.raises(Invalid, match="no profile to accept"):
        Watch(job, send=hook).look(accept=True)


def test_a_breach_of_the_contract_is_told(job, profiles, hook):
    ran(job, profiles, normal(2), ["in.csv has no column 'y'."])
    found = Watch(job, send=hook).look()
    assert found.breaches == ["in.csv has no column 'y'."] and found.state == "steady"
    assert [message["breaches"] for _, message in hook.got] == [1]


@pytest.mark.parametrize("status", [None, 500, 302])
def test_an_alert_that_does_not_arrive_waits_and_names_no_address(job, profiles, hook, status):
    hook.status = status
    ran(job, profiles, normal(3, mean=1.5))
    found = Watch(job, send=hook).look()
    assert found.alert.state == "waiting" and found.alert.waiting == 1
    kept = (job / "outputs" / "monitor.json").read_text()
    assert "secret-token" not in found.alert.detail + kept and "hooks.example" not in found.alert.detail + kept
    hook.status = 200
    assert Watch(job, send=hook).look().alert.state == "sent"
    assert len(hook.got) == 1


@pytest.mark.parametrize("value", [None, "file:///etc/passwd", "hooks"])
def test_without_an_address_the_alert_is_kept(job, profiles, hook, monkeypatch, value):
    monkeypatch.delenv("JOB_ALERT_WEBHOOK")
    if value:
        monkeypatch.setenv("JOB_ALERT_WEBHOOK", value)
    ran(job, profiles, normal(3, mean=1.5))
    found = Watch(job, send=hook).look().alert
    assert found.state == ("waiting" if value else "off") and "JOB_ALERT_WEBHOOK" in found.detail
    assert not value or value not in found.detail
    assert hook.got == []


def test_a_real_webhook_gets_json():
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert alerts.post(f"http://127.0.0.1:{server.server_port}/", {"text": "drift"}) == 204
        thread.join()
    assert got == [{"text": "drift"}]


def test_a_history_of_another_version_is_made_again(job, profiles, hook):
    ran(job, profiles, normal(3, mean=1.5))
    Watch(job, send=hook).look()
    place = job / "outputs" / "monitor.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), "history": {"x": {"other": 1}}}))
    assert [one.drifting for one in Watch(job, send=hook).look().history] == [False, True]
    assert len(hook.got) == 1


@pytest.mark.parametrize("text", ["[monitor]\npsi = 'much'\n", "[monitor", None])
def test_settings_that_make_no_sense_are_named(job, text):
    config = job / "src" / "loans" / "config.toml"
    config.unlink() if text is None else config.write_text(text)
    with pytest.raises(Invalid, match="config.toml cannot be read"):
        Watch(job)


# -- labels


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


def test_only_so_many_profiles_are_kept(profiles, tmp_path, monkeypatch):
    monkeypatch.setattr(profiles, "KEPT", 3)
    for at in range(5):
        profiles.record(tmp_path, "run", at_number=at)
    kept = sorted((tmp_path / "profiles").iterdir())
    assert [json.loads(one.read_text())["at_number"] for one in kept] == [2, 3, 4]
    assert json.loads((tmp_path / "profile.json").read_text())["at_number"] == 4
    assert datetime.fromisoformat(json.loads(kept[0].read_text())["at"]).tzinfo == UTC
