"""A sample's stated error holds: of many draws, the true share lies within it at least as often as it says."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from perijove.catalog import profile as profiles
from perijove.catalog.model import ColumnProfile
from perijove.catalog.rows import Part
from perijove.catalog.sampling_error import of_rows

PARTS, EACH = 200, 2_000


class Groups:
    """A table in many parts, whose columns differ in how alike the rows of one part are."""

    apart = True
    method = "row groups"

    def __init__(self) -> None:
        chance = np.random.default_rng(3)
        count = PARTS * EACH
        level = np.repeat(chance.normal(0, 1, PARTS), EACH)
        self.table = pa.table(
            {
                "even": chance.normal(0, 1, count),
                "alike": level + chance.normal(0, 0.3, count),
                "sorted": np.sort(chance.normal(0, 1, count)),
                "drift": np.linspace(0, 4, count) + chance.normal(0, 1, count),
                "waves": np.sin(np.arange(count) / 20_000) + chance.normal(0, 0.1, count),
                "word": pa.array(chance.choice(["a", "b", "c"], count, p=[0.6, 0.3, 0.1])),
                "gaps": pa.array(chance.normal(0, 1, count), mask=np.repeat(chance.random(PARTS) < 0.3, EACH)),
            }
        )
        self.schema = self.table.schema
        self.rows: int | None = count

    def parts(self) -> list[Part]:
        return [Part(number, EACH) for number in range(PARTS)]

    def read(self, part: Part, columns: Sequence[str], batch: int = 65_536) -> Any:
        yield from self.table.select(list(columns)).slice(part.where * EACH, EACH).combine_chunks().to_batches()


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> Groups:
    monkeypatch.setattr(profiles, "ENOUGH_CELLS", 7 * 12 * EACH)  # twelve of the parts
    return Groups()


def holds(figures: ColumnProfile, column: pa.ChunkedArray) -> bool:
    """Whether nulls, quantiles and common values are within the stated error of the truth."""
    assert figures.basis.error is not None and figures.null_share is not None
    wrong = [abs(figures.null_share - column.null_count / len(column))]
    known = column.drop_null()
    if figures.quantiles:
        values = np.sort(known.to_numpy())
        for share, value in figures.quantiles.items():
            wrong.append(abs(np.searchsorted(values, value, "right") / len(values) - float(share)))
    for one in figures.common if column.type == pa.string() else []:
        true = known.to_pylist().count(one.value) / len(column)
        wrong.append(abs(one.count / (figures.basis.rows_read or 1) - true))
    return max(wrong) <= figures.basis.error


def test_the_stated_error_holds_for_95_of_100_draws(groups: Groups) -> None:
    held = dict.fromkeys(groups.schema.names, 0)
    draws = 60
    for seed in range(draws):
        found = profiles.of_sample(groups, str(seed), seconds=60)
        assert found.basis.method == "row groups" and (found.basis.share or 1) < 0.2
        for figures in found.columns:
            held[figures.name] += holds(figures, groups.table.column(figures.name))
    assert sum(held.values()) >= 0.95 * draws * len(held), held
    assert min(held.values()) >= 0.85 * draws, held


def test_the_same_table_gives_the_same_sample(groups: Groups) -> None:
    first, second = (profiles.of_sample(groups, "seed", seconds=60).columns for _ in range(2))
    assert first == second


def test_first_rows_state_no_error(groups: Groups) -> None:
    groups.apart = False
    found = profiles.of_sample(groups, "seed", seconds=0)
    assert (found.basis.method, {one.basis.error for one in found.columns}) == ("first rows", {None})


def test_rows_drawn_one_by_one_are_within_dkw() -> None:
    chance = random.Random(1)
    inside = 0
    for _ in range(200):
        drawn = sorted(chance.random() for _ in range(500))
        worst = max(max(abs((index + 1) / 500 - value), abs(index / 500 - value)) for index, value in enumerate(drawn))
        inside += worst <= of_rows(500, None)
    assert inside >= 190


def test_distinct_values_of_a_key_are_all_rows_and_of_a_code_few(groups: Groups) -> None:
    figures = {one.name: one for one in profiles.of_sample(groups, "x", seconds=60).columns}
    assert figures["even"].distinct == groups.rows
    assert figures["word"].distinct == 3
    full = {one.name: one for one in profiles.of_all(groups, lambda share: None).columns}
    assert (full["word"].distinct, full["gaps"].basis.error) == (3, None)
    assert [one.value for one in full["word"].common] == ["a", "b", "c"]


def test_a_full_profile_is_that_of_numpy(groups: Groups) -> None:
    shares: list[float] = []
    full = {one.name: one for one in profiles.of_all(groups, shares.append).columns}
    values = groups.table.column("even").to_numpy()
    assert full["even"].quantiles["0.25"] == np.quantile(values, 0.25, method="inverted_cdf")
    assert full["even"].mean == pytest.approx(values.mean()) and full["even"].std == pytest.approx(values.std(ddof=1))
    assert (full["even"].min, full["even"].max) == (values.min(), values.max())
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
