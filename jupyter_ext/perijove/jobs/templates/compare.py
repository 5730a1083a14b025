"""Compares two folders of values by kind: python compare.py EXPECTED ACTUAL [AGAIN]; prints JSON, one line a value.

A value is identical, within_tolerance (1e-6 relative; a hundred steps of a shorter float), different, not_comparable, or not_deterministic when a second
run of the same job differs from the first by as much as the first differs from what was expected.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

RELATIVE = 1e-6
ABSOLUTE = 1e-9
NOISE = 2.0


def main(expected: str, actual: str, again: str = "") -> None:
    """Print the verdict on every expected value."""
    print(json.dumps(compare(Path(expected), Path(actual), Path(again) if again else None)))


def compare(expected: Path, actual: Path, again: Path | None = None) -> list[dict[str, str]]:
    """The verdict on every value of the expected folder."""
    return [_judge(name, _entries(expected)[name], expected, actual, again) for name in _entries(expected)]


def _entries(folder: Path) -> dict[str, dict[str, str]]:
    listed = json.loads((folder / "values.json").read_text("utf-8"))["values"]
    return {entry["name"]: entry for entry in listed}


def _judge(name: str, entry: dict[str, str], expected: Path, actual: Path, again: Path | None) -> dict[str, str]:
    if entry["kind"] in ("model", "none"):
        return {"name": name, "result": "not_comparable", "detail": entry["detail"] or "It has no plain form."}
    other = _entries(actual).get(name)
    if other is None:
        return {"name": name, "result": "different", "detail": "The job does not yield it."}
    if other["kind"] != entry["kind"]:
        return {"name": name, "result": "different", "detail": f"It was a {entry['kind']}, now it is a {other['kind']}."}
    want, got = _load(entry, expected), _load(other, actual)
    result, detail, difference = _differ(entry["kind"], want, got)
    if result == "different" and again is not None:
        noise = _differ(entry["kind"], got, _load(_entries(again)[name], again))
        if noise[0] == "different" and (difference is None or noise[2] is None or difference <= NOISE * noise[2]):
            return {"name": name, "result": "not_deterministic", "detail": f"Two runs of the job differ: {noise[1]}"}
    return {"name": name, "result": result, "detail": detail}


def _load(entry: dict[str, str], folder: Path) -> Any:
    path = folder / entry["file"]
    if entry["kind"] in ("frame", "series"):
        import pandas

        return pandas.read_parquet(path)
    if entry["kind"] == "array":
        import numpy

        return numpy.load(path, allow_pickle=False)["value"]
    value = json.loads(path.read_text("utf-8"))
    return float(value["float"]) if isinstance(value, dict) and set(value) == {"float"} else value


def _differ(kind: str, want: Any, got: Any) -> tuple[str, str, float | None]:
    if kind in ("frame", "series"):
        return _frames(want, got)
    if kind == "array":
        return _arrays(want, got)
    if want == got:
        return "identical", _short(want), 0.0
    if kind == "number":
        return _numbers([float(want)], [float(got)], f"{_short(want)} became {_short(got)}")
    left, right = _leaves(want), _leaves(got)
    if [place for place, _ in left] != [place for place, _ in right]:
        return "different", "Its parts are others.", None
    pairs = [(one, two) for (_, one), (_, two) in zip(left, right) if one != two]
    if all(_is_number(one) and _is_number(two) for one, two in pairs):
        return _numbers([float(a) for a, _ in pairs], [float(b) for _, b in pairs], f"{len(pairs)} numbers differ")
    return "different", f"{_short(want)} became {_short(got)}", None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(value: Any, place: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in _leaves(value[key], f"{place}/{key}")]
    if isinstance(value, list):
        return [leaf for at, one in enumerate(value) for leaf in _leaves(one, f"{place}/{at}")]
    return [(place, value)]


def _numbers(want: list[float], got: list[float], words: str) -> tuple[str, str, float | None]:
    pairs = [(one, two) for one, two in zip(want, got) if not (math.isnan(one) and math.isnan(two))]
    largest = max((abs(one - two) for one, two in pairs), default=0.0)
    close = all(math.isclose(one, two, rel_tol=RELATIVE, abs_tol=ABSOLUTE) for one, two in pairs)
    return ("within_tolerance" if close else "different"), f"{words}; the largest difference is {largest:.3g}", largest


def _arrays(want: Any, got: Any) -> tuple[str, str, float | None]:
    import numpy

    if want.shape != got.shape:
        return "different", f"Its shape was {want.shape}, now it is {got.shape}.", None
    if want.dtype != got.dtype:
        return "different", f"Its type was {want.dtype}, now it is {got.dtype}.", None
    number = numpy.issubdtype(want.dtype, numpy.number)
    if numpy.array_equal(want, got, equal_nan=bool(number)):
        return "identical", f"{want.size:,} elements", 0.0
    if not number:
        return "different", f"{int((want != got).sum()):,} of {want.size:,} elements differ.", None
    largest = float(numpy.nanmax(numpy.abs(want.astype(complex) - got.astype(complex))))
    relative, absolute = _tolerance([want.dtype])
    close = numpy.allclose(want, got, rtol=relative, atol=absolute, equal_nan=True)
    words = f"{int((want != got).sum()):,} of {want.size:,} elements differ; the largest difference is {largest:.3g}"
    return ("within_tolerance" if close else "different"), words, largest


def _tolerance(kinds: Any) -> tuple[float, float]:
    """Single precision cannot be held to the tolerance of double precision."""
    import numpy

    steps = [float(numpy.finfo(kind).eps) for kind in kinds if getattr(kind, "kind", "") == "f"]
    return max([RELATIVE, *(100 * one for one in steps)]), max([ABSOLUTE, *(8 * one for one in steps)])


def _frames(want: Any, got: Any) -> tuple[str, str, float | None]:
    from pandas.testing import assert_frame_equal

    size = f"{len(want):,} rows, {len(want.columns)} columns"
    try:
        assert_frame_equal(want, got, check_exact=True)
        return "identical", size, 0.0
    except AssertionError:
        pass  # not exactly; the next look says by how much
    largest = _largest(want, got)
    relative, absolute = _tolerance(want.dtypes)
    try:
        assert_frame_equal(want, got, check_exact=False, rtol=relative, atol=absolute)
        return "within_tolerance", f"{size}; the largest difference is {largest}", largest
    except AssertionError as error:
        return "different", " ".join(str(error).split())[:300], largest


def _largest(want: Any, got: Any) -> float | None:
    if want.shape != got.shape or list(want.columns) != list(got.columns):
        return None
    numbers = want.select_dtypes("number").columns
    if not len(numbers):
        return None
    gaps = (want[numbers].reset_index(drop=True) - got[numbers].reset_index(drop=True)).abs()
    return float(gaps.max().max())


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


if __name__ == "__main__":
    main(*sys.argv[1:])
