"""A parquet file of at least 400 MB for the preview benchmark: 5.6 million rows, 13 columns, 56 row groups."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, GROUP = 5_600_000, 100_000


def make(path: Path, rows: int = ROWS) -> Path:
    """Write the file where it is not there yet: keys, sorted times, skewed amounts, text, nulls."""
    if path.exists():
        return path
    chance = np.random.default_rng(7)
    words = np.array([f"city {index:04d}" for index in range(2_000)])
    with pq.ParquetWriter(path.with_suffix(".part"), _schema(), compression="snappy") as writer:
        for start in range(0, rows, GROUP):
            writer.write_table(_group(chance, words, start), row_group_size=GROUP)
    path.with_suffix(".part").rename(path)
    return path


def _schema() -> pa.Schema:
    kinds = {"id": pa.int64(), "at": pa.timestamp("us"), "amount": pa.float64(), "normal": pa.float64()}
    kinds |= {"drift": pa.float64(), "uniform": pa.float32(), "small": pa.int16(), "city": pa.string()}
    kinds |= {"code": pa.string(), "flag": pa.bool_(), "day": pa.date32(), "sparse": pa.float64(), "rank": pa.int64()}
    return pa.schema(list(kinds.items()))


def _group(chance: np.random.Generator, words: np.ndarray, start: int) -> pa.Table:
    count = GROUP
    index = np.arange(start, start + count)
    columns = [
        index,
        (1_700_000_000_000_000 + index * 1_000_000 + chance.integers(0, 900_000, count)).astype("datetime64[us]"),
        np.round(chance.lognormal(3, 1.5, count), 2),
        chance.normal(0, 1, count),
        chance.normal(start / 1e6, 1, count),  # its mean moves through the file
        chance.random(count).astype("float32"),
        chance.integers(0, 100, count).astype("int16"),
        words[np.minimum(chance.zipf(1.3, count), 2_000) - 1],
        np.char.mod("%016x", chance.integers(0, 2**62, count)),
        chance.random(count) < 0.3,
        (19_000 + chance.integers(0, 900, count)).astype("int32"),
        pa.array(chance.normal(5, 2, count), mask=chance.random(count) < 0.8),
        chance.permutation(count).astype("int64") * 50,
    ]
    arrays = [pa.array(column).cast(field.type) for column, field in zip(columns, _schema(), strict=True)]
    return pa.table(arrays, schema=_schema())


if __name__ == "__main__":
    print(make(Path(sys.argv[1])).stat().st_size)
