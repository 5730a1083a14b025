"""Types that few columns have get figures too, and a column without any says why."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from perijove.catalog.cli import _say_profile
from perijove.catalog.model import Level
from perijove.catalog.sandbox import Sandbox

SANDBOX = Sandbox()
FAR = 3_000_000
"""Days from 1970 to a day in the year 10183."""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("odd") / "odd.parquet"
    spans = [dt.timedelta(days=-2, hours=3), None, dt.timedelta(microseconds=1)]
    columns: dict[str, Any] = {
        "half": pa.array(np.array([0.5, 2, 60_000], np.float16)),
        "span": pa.array(spans, pa.duration("us")),
        "fine": pa.array([0, 1_234_567_890_123_456_789, None], pa.int64()).cast(pa.timestamp("ns")),
        "far": pa.array([FAR, 0, None], pa.int32()).cast(pa.date32()),
    }
    pq.write_table(pa.table(columns), path)
    return path.as_uri()


def test_the_footer_says_values_and_not_their_bytes(odd: str) -> None:
    found = {one.name: one for one in SANDBOX.describe("files", odd, odd).columns}
    assert (found["half"].min, found["half"].max, found["half"].nulls) == (0.5, 60_000.0, 0)
    assert (found["span"].min, found["span"].max) == ("-2 days, 3:00:00", "0:00:00.000001")
    assert [found[name].nulls for name in ("span", "fine", "far")] == [1, 1, 1]


@pytest.mark.parametrize("level", ["sample", "full"])
def test_odd_types_have_all_figures(odd: str, level: Level) -> None:
    found = {one.name: one for one in SANDBOX.profile("files", odd, odd, level, {}).columns}
    assert [one.problem for one in found.values()] == [""] * 4
    assert [(one.count, one.nulls) for one in found.values()] == [(3, 0), (2, 1), (2, 1), (2, 1)]
    assert (found["half"].min, found["half"].max, found["half"].quantiles["0.5"]) == (0.5, 60_000.0, 2.0)
    assert (found["span"].min, found["span"].max) == ("-2 days, 3:00:00", "0:00:00.000001")
    assert str(found["fine"].max).endswith("23:31:30.123456789")
    assert (found["far"].min, found["far"].max) == ("1970-01-01", "10183-09-21")


def test_a_column_without_figures_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "steps.arrow"
    steps = pa.array([pa.MonthDayNano([1, 2, 3]), None], pa.month_day_nano_interval())
    feather.write_feather(pa.table({"step": steps}), path, "uncompressed")
    profile = SANDBOX.profile("files", path.as_uri(), path.as_uri(), "full", {})
    step = profile.columns[0]
    assert (step.count, step.nulls) == (1, 1) and step.problem.startswith("No figures but the nulls: ")
    _say_profile(profile)
    assert "step: No figures but the nulls: " in capsys.readouterr().out
