"""A filter takes the values of every type as the preview shows them, or says why not: never nothing without a word."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from perijove.catalog.cli import _filter
from perijove.catalog.model import Filter, Sort, Window
from perijove.catalog.sandbox import Sandbox
from perijove.core.errors import Invalid

SANDBOX = Sandbox()
FAR = 253_402_300_800_005
"""Milliseconds to five after the year 9999."""


def ints(kind: pa.DataType, *values: int) -> pa.Array:
    return pa.array(values, pa.int32() if kind.bit_width == 32 else pa.int64()).cast(kind)


COLUMNS: dict[str, pa.Array] = {
    "dec256": pa.array([Decimal("9" * 60 + ".00"), Decimal("1.50")], pa.decimal256(70, 2)),
    "dec32": pa.array([Decimal("1.50"), Decimal("2.00")], pa.decimal32(5, 2)),
    "tiny": pa.array([Decimal("1E-9"), Decimal(0)], pa.decimal128(20, 10)),
    "bin": pa.array([b"\x00\xff", b"ab"], pa.binary()),
    "digits": pa.array([b"\x61\x62", b"\x63"], pa.large_binary()),
    "fixed": pa.array([b"abcd", b"\x00\x01\x02\xff"], pa.binary(4)),
    "time": pa.array([dt.time(23, 59, 59, 999_999), dt.time(1)], pa.time64("us")),
    "seconds": pa.array([dt.time(23, 59, 59), dt.time(1)], pa.time32("s")),
    "nanos": ints(pa.time64("ns"), 123_456_789, 5_000),
    "span": pa.array([dt.timedelta(microseconds=1), dt.timedelta(days=-2, hours=3)], pa.duration("us")),
    "spans": ints(pa.duration("ns"), 123_456_789, 2_000),
    "day": ints(pa.date32(), 3_000_000, 20_000),
    "days": ints(pa.date64(), 3_000_000 * 86_400_000, 0),
    "moment": ints(pa.timestamp("ms"), FAR, 5),
    "zoned": ints(pa.timestamp("ms", "Europe/Berlin"), FAR, 5),
    "fine": ints(pa.timestamp("ns"), 1_234_567_890_123_456_789, 0),
    "half": pa.array(np.array([0.1, 2], np.float16)),
    "single": pa.array([0.1, 2], pa.float32()),
    "big": pa.array([2**63, 2**64 - 1], pa.uint64()),
    "truth": pa.array([True, False]),
    "said": pa.array(["true", "1.5"]),
    "view": pa.array(["a", "b"], pa.string_view()),
    "coded": pa.array([b"\x01", b"\x02"]).dictionary_encode(),
}
FEATHER = ("dec32", "view", "coded")
"""Types that only Arrow's own files keep."""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    pq.write_table(pa.table({name: one for name, one in COLUMNS.items() if name not in FEATHER}), folder / "t.parquet")
    feather.write_feather(pa.table({name: COLUMNS[name] for name in FEATHER}), folder / "t.arrow", "uncompressed")
    return folder


def look(odd: Path, name: str, *where: Filter, sort: bool = False) -> list[Any]:
    uri = (odd / ("t.arrow" if name in FEATHER else "t.parquet")).as_uri()
    window = Window(where=list(where), columns=[name], sort=[Sort(name, True)] if sort else [])
    return [row[0] for row in SANDBOX.look("files", uri, uri, window, {}).rows]


@pytest.mark.parametrize("name", COLUMNS)
def test_a_value_as_it_is_shown_finds_its_row(odd: Path, name: str) -> None:
    for shown in look(odd, name):
        assert look(odd, name, Filter(name, "=", shown)) == [shown]
        assert shown not in look(odd, name, Filter(name, "!=", shown))
        assert look(odd, name, _filter(f"{name} = {shown}")) == [shown], "as it is written at the terminal"
        if isinstance(shown, str):
            assert shown in look(odd, name, Filter(name, "starts", shown[:3]))
            assert look(odd, name, Filter(name, "contains", shown)) == [shown]


@pytest.mark.parametrize("name", ["dec32", "half", "view", "single", "big"])
def test_types_that_arrow_has_no_order_of_are_sorted_too(odd: Path, name: str) -> None:
    assert look(odd, name, sort=True) == look(odd, name)[::-1]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("bin", "xyz", "no value of column “bin”"),
        ("bin", 1e10, "no value of column “bin”"),
        ("fixed", "61", "no value of column “fixed”"),
        ("bin", "00…", "only the begin of one"),
        ("said", "x" * 2000 + "…", "only the begin of one"),
        ("said", None, "needs a value"),
        ("time", "25", "no value of column “time”"),
        ("time", "23:59:59.1234567", "no value of column “time”"),
        ("span", "soon", "no value of column “span”"),
        ("day", "tomorrow", "no value of column “day”"),
        ("zoned", "10000-01-01T00:00:00", "no value of column “zoned”"),
        ("moment", "99999999999-01-01", "no value of column “moment”"),
    ],
)
def test_what_is_no_value_is_said(odd: Path, name: str, value: object, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        look(odd, name, Filter(name, "=", value))
