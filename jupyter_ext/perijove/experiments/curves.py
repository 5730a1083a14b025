"""A metric over its steps, in few enough points to draw and without losing a spike."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from perijove.experiments.model import Curve

INFINITE = sys.float_info.max


def number(value: float | None, is_nan: Any) -> float | None:
    """A value as it was logged; NaN and infinities (which MLflow keeps as the greatest float) are None."""
    if value is None or is_nan or value != value or abs(value) >= INFINITE:
        return None
    return float(value)


def curve(history: Iterable[Sequence[Any]], total: int, points: int) -> Curve:
    """The curve of ``total`` logged values in at most ``points`` buckets of as equal size as can be.

    Each bucket keeps its last step and value, and the least and greatest of its values.
    """
    steps: list[int] = []
    values: list[float | None] = []
    least: list[float | None] = []
    greatest: list[float | None] = []
    rows = iter(history)
    buckets = min(points, total)
    for index in range(buckets):
        size = (index + 1) * total // buckets - index * total // buckets
        bucket = [(step, number(value, is_nan)) for step, value, is_nan in islice(rows, size)]
        if not bucket:
            break
        known = [value for _, value in bucket if value is not None]
        steps.append(int(bucket[-1][0]))
        values.append(bucket[-1][1])
        least.append(min(known, default=None))
        greatest.append(max(known, default=None))
    return Curve(steps, values, least, greatest, total)
