"""The measures of drift are what their formulas and scipy give, over profiles of any column."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perijove.jobs import drift
from tests.jobs.watching import load_profiles, normal


@pytest.fixture(scope="module")
def profiles():
    return load_profiles()


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


def test_only_so_many_profiles_are_kept(profiles, tmp_path, monkeypatch):
    monkeypatch.setattr(profiles, "KEPT", 3)
    for at in range(5):
        profiles.record(tmp_path, "run", at_number=at)
    kept = sorted((tmp_path / "profiles").iterdir())
    assert [json.loads(one.read_text())["at_number"] for one in kept] == [2, 3, 4]
    assert json.loads((tmp_path / "profile.json").read_text())["at_number"] == 4
    assert datetime.fromisoformat(json.loads(kept[0].read_text())["at"]).tzinfo == UTC
