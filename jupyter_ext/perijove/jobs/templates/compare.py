"""Compares two folders of values by kind: python compare.py EXPECTED ACTUAL [AGAIN]; prints JSON, one line a value.

A value is identical, within_tolerance (1e-6 relative; a hundred steps of a shorter float), different, not_comparable, or
not_deterministic when a second run of the same job differs from the first by as much as the first differs from what was
expected. ``compare.toml`` beside this file may widen the tolerance of single values, and name frames whose rows come in
any order:  any_order = ["frame"]  and  [tolerance]  auc = 1e-3
"""

from __future__ import annotations

import json
import math
import sys
import tomllib
from pathlib import Path
from typing import Any

RELATIVE = 1e-6
ABSOLUTE = 1e-9
NOISE = 2.0
Answer = tuple[str, str, float | None]
Entry = dict[str, Any]


def main(expected: str, actual: str, again: str = "") -> None:
    """Print the verdict on every expected value."""
    print(json.dumps(compare(Path(expected), Path(actual), Path(again) if again else None)))


def compare(expected: Path, actual: Path, again: Path | None = None) -> list[dict[str, str]]:
    """The verdict on every value of the expected folder."""
    file = expected.parent / "compare.toml"
    rules = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    judge = Judge(expected, actual, again, rules)
    return [judge.judge(entry) for entry in _entries(expected).values()]


def _entries(folder: Path) -> dict[str, Entry]:
    listed = json.loads((folder / "values.json").read_text("utf-8"))["values"]
    return {entry["name"]: entry for entry in listed}


class Judge:
    """Compares the values of one folder with those of another; ``again`` is a second run's."""

    def __init__(self, expected: Path, actual: Path, again: Path | None, rules: dict[str, Any]) -> None:
        self.folders = (expected, actual, again)
        self.other = _entries(actual)
        self.again = _entries(again) if again is not None else {}
        self.any_order = set(rules.get("any_order", ()))
        self.tolerance = {str(name): float(value) for name, value in rules.get("tolerance", {}).items()}

    def judge(self, entry: Entry) -> dict[str, str]:
        """The verdict on one value."""
        found = self._judge(entry, self.other.get(entry["name"]), self.again.get(entry["name"]))
        return {"name": entry["name"], "result": found[0], "detail": found[1]}

    def _judge(self, entry: Entry, other: Entry | None, again: Entry | None) -> Answer:
        if entry["kind"] == "none":
            return "not_comparable", entry["detail"] or "It has no plain form.", None
        if other is None:
            return "different", "The job does not yield it.", None
        if other["kind"] != entry["kind"]:
            reason = f" ({other['detail']})" if other["kind"] == "none" else ""
            return "different", f"It was a {entry['kind']}, now it is a {other['kind']}{reason}.", None
        if entry["kind"] == "nested":
            return self._nested(entry, other, again)
        if changed := _types(entry, other):
            return "different", changed, None
        result, detail, difference = self._differ(entry, other, self.folders[0], self.folders[1])
        if result == "different" and again is not None and again["kind"] == other["kind"]:
            noise = self._differ(other, again, self.folders[1], self.folders[2])
            if noise[0] == "different" and (difference is None or noise[2] is None or difference <= NOISE * noise[2]):
                return "not_deterministic", f"Two runs of the job differ: {noise[1]}", difference
        return result, detail, difference

    def _nested(self, entry: Entry, other: Entry, again: Entry | None) -> Answer:
        """A container: as bad as the worst of its parts."""
        theirs = {one["name"]: one for one in other["parts"]}
        second = {one["name"]: one for one in (again or {}).get("parts", ())}
        if set(theirs) != {one["name"] for one in entry["parts"]}:
            return "different", "Its parts are others.", None
        found = [(one["name"], self._judge(one, theirs[one["name"]], second.get(one["name"]))) for one in entry["parts"]]
        order = ["different", "not_deterministic", "within_tolerance", "identical", "not_comparable"]
        name, worst = min(found, key=lambda one: order.index(one[1][0]))
        same = sum(1 for _, one in found if one[0] in ("identical", "within_tolerance"))
        detail = f"{same} of {len(found)} parts agree" if same else worst[1]
        return worst[0], f"{name}: {worst[1]}" if worst[0] == "different" else detail, worst[2]

    def _differ(self, entry: Entry, other: Entry, left: Path, right: Path | None) -> Answer:
        assert right is not None
        self.relative = self.tolerance.get(entry["name"], RELATIVE)
        want, got = _load(entry, left), _load(other, right)
        if entry["kind"] in ("frame", "series"):
            found = self._frames(want, got, entry["name"] in self.any_order)
            return self._sums(entry, other) or found
        if entry["kind"] == "array":
            return self._arrays(want, got)
        if entry["kind"] == "model":
            return self._models(want, got)
        return self._plain(entry["kind"], want, got)

    def _plain(self, kind: str, want: Any, got: Any) -> Answer:
        if want == got and type(want) is type(got):
            return "identical", "what it draws" if kind == "figure" else _short(want), 0.0
        if kind == "number":
            return self._numbers([float(want)], [float(got)], f"{_short(want)} became {_short(got)}")
        left, right = _leaves(want), _leaves(got)
        if [place for place, _ in left] != [place for place, _ in right]:
            return "different", "Its parts are others.", None
        pairs = [(one, two, place) for (place, one), (_, two) in zip(left, right, strict=True) if one != two]
        if all(_is_number(one) and _is_number(two) for one, two, _ in pairs):
            words = f"{len(pairs)} numbers differ"
            return self._numbers([float(one) for one, _, _ in pairs], [float(two) for _, two, _ in pairs], words)
        one, two, place = next(pair for pair in pairs if not (_is_number(pair[0]) and _is_number(pair[1])))
        return "different", f"{place or 'it'}: {_short(one)} became {_short(two)}", None

    def _numbers(self, want: list[float], got: list[float], words: str) -> Answer:
        pairs = [(one, two) for one, two in zip(want, got, strict=True) if not (math.isnan(one) and math.isnan(two))]
        if not pairs:
            return "identical", "the same numbers", 0.0
        largest = max(abs(one - two) for one, two in pairs)
        close = all(math.isclose(one, two, rel_tol=self.relative, abs_tol=ABSOLUTE) for one, two in pairs)
        words = f"{words}; the largest difference is {largest:.3g}"
        return "within_tolerance" if close else "different", words, largest

    def _arrays(self, want: Any, got: Any) -> Answer:
        import numpy

        if want.shape != got.shape:
            return "different", f"Its shape was {want.shape}, now it is {got.shape}.", None
        if want.dtype != got.dtype and not (want.dtype.kind == got.dtype.kind == "U"):
            return "different", f"Its type was {want.dtype}, now it is {got.dtype}.", None
        number = numpy.issubdtype(want.dtype, numpy.number)
        if numpy.array_equal(want, got, equal_nan=bool(number)):
            return "identical", f"{want.size:,} elements", 0.0
        words = f"{int((want != got).sum()):,} of {want.size:,} elements differ"
        if not number:
            return "different", f"{words}.", None
        largest = float(numpy.nanmax(numpy.abs(want.astype(complex) - got.astype(complex)), initial=0.0))
        relative, absolute = self._tolerance([want.dtype])
        close = numpy.allclose(want, got, rtol=relative, atol=absolute, equal_nan=True)
        return "within_tolerance" if close else "different", f"{words}; the largest difference is {largest:.3g}", largest

    def _tolerance(self, kinds: Any) -> tuple[float, float]:
        import numpy

        steps = [
            float(numpy.finfo(kind).eps)
            for kind in kinds
            if getattr(kind, "kind", "") == "f" and isinstance(kind, numpy.dtype)
        ]
        return max([self.relative, *(100 * one for one in steps)]), max([ABSOLUTE, *(8 * one for one in steps)])

    def _frames(self, want: Any, got: Any, any_order: bool) -> Answer:
        from pandas.testing import assert_frame_equal

        size = f"{len(want):,} rows, {len(want.columns)} columns"
        if any_order and list(want.columns) == list(got.columns):
            want, got, size = _sorted(want), _sorted(got), f"{size}, in any order"
        try:
            assert_frame_equal(want, got, check_exact=True)
            return "identical", size, 0.0
        except AssertionError:
            pass  # not exactly; the next look says by how much
        largest = _largest(want, got)
        relative, absolute = self._tolerance(want.dtypes)
        try:
            assert_frame_equal(want, got, check_exact=False, rtol=relative, atol=absolute)
            return "within_tolerance", f"{size}; the largest difference is {largest}", largest
        except AssertionError as error:
            words = " ".join(str(error).split())[:300]
        if not any_order and want.shape == got.shape and list(want.columns) == list(got.columns):
            if self._frames(want, got, True)[0] != "different":
                hint = "if that is right, name it under any_order in tests/compare.toml"
                return "different", f"The same rows in another order; {hint}.", None
        return "different", words, largest

    def _sums(self, entry: Entry, other: Entry) -> Answer | None:
        """The sums over all rows of a frame of which only some were kept; None where they agree."""
        for name, total in entry.get("sums", {}).items():
            now = other.get("sums", {}).get(name, math.nan)
            if not math.isclose(total, now, rel_tol=self.relative, abs_tol=ABSOLUTE) and not math.isnan(total):
                return "different", f"The sum of {name} was {total:.6g}, now it is {now:.6g}.", abs(total - now)
        return None

    def _models(self, want: Any, got: Any) -> Answer:
        """Parameters, then predictions, then what was learnt, and never a pickle."""
        (facts, arrays), (facts2, arrays2) = want, got
        if set(facts) != set(facts2) or set(arrays) != set(arrays2):
            odd = sorted((set(facts) ^ set(facts2)) | (set(arrays) ^ set(arrays2)))
            return "different", f"It learnt other things: {', '.join(odd[:3])}.", None
        skipped: list[str] = []
        worst: Answer = ("identical", "", 0.0)
        for place in sorted(arrays, key=lambda one: one != "predictions"):
            found = self._arrays(arrays[place], arrays2[place])
            if found[0] == "different" and _is_timing(place):
                skipped.append(place)
            elif found[0] == "different":
                return "different", f"{place}: {found[1]}", found[2]
            elif found[0] != "identical":
                worst = found
        for place in facts:
            found = self._plain("json", facts[place], facts2[place])
            if found[0] == "different" and _is_timing(place):
                skipped.append(place)
            elif found[0] == "different":
                return "different", f"{place}: {found[1]}", found[2]
        words = f"{len(facts)} parameters and facts, {len(arrays)} arrays"
        words += ", predictions on a sample" if "predictions" in arrays else ", no sample to predict on"
        return worst[0], words + (f"; not compared: {', '.join(skipped)}" if skipped else ""), worst[2]


def _is_timing(place: str) -> bool:
    return "time" in place.rpartition("/")[2]


def _types(entry: Entry, other: Entry) -> str:
    """How the type has changed, empty where it has not; a class of the notebook's own lives in another module now."""
    if entry["type"].rpartition(".")[2] != other["type"].rpartition(".")[2]:
        return f"Its type was {entry['type']}, now it is {other['type']}."
    for name in ("rows", "types"):
        if entry.get(name) != other.get(name) and name in entry:
            return f"Its {name} were {_short(entry[name])}, now they are {_short(other.get(name))}."
    return ""


def _load(entry: Entry, folder: Path) -> Any:
    path = folder / entry["file"]
    if entry["kind"] in ("frame", "series"):
        import pandas

        return pandas.read_parquet(path)
    if entry["kind"] == "array":
        import numpy

        return numpy.load(path, allow_pickle=False)["value"]
    value = json.loads(path.read_text("utf-8"))
    if entry["kind"] == "model":
        if "arrays" not in entry:
            return value, {}
        import numpy

        held = numpy.load(folder / entry["arrays"]["file"], allow_pickle=False)
        return value, {place: held[key] for key, place in entry["arrays"]["places"].items()}
    return float(value["float"]) if isinstance(value, dict) and set(value) == {"float"} else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(value: Any, place: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in _leaves(value[key], f"{place}/{key}")]
    if isinstance(value, list):
        return [leaf for at, one in enumerate(value) for leaf in _leaves(one, f"{place}/{at}")]
    return [(place, value)]


def _sorted(frame: Any) -> Any:
    """The rows in the order of their text, floats to six digits so that noise in them does not change it."""
    keys = frame.reset_index(drop=True)
    for name in keys.columns:
        floating = getattr(keys[name].dtype, "kind", "") == "f"
        keys[name] = [f"{one:.6g}" if floating else repr(one) for one in keys[name]]
    order = keys.sort_values(list(keys.columns), kind="stable").index if len(keys.columns) else keys.index
    return frame.iloc[order].reset_index(drop=True)


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
