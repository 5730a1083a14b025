"""Says how far one profile of a column is from another: the population stability index and the Kolmogorov-Smirnov
distance, from stored quantiles and shares alone.

Sources
  PSI      N. Siddiqi, *Credit Risk Scorecards*, 2006, ch. 12 (under 0.1 no change, over 0.25 a major one); its spread
           between two samples of one population: B. Yurdakul, *Statistical Properties of Population Stability Index*,
           2018: (1/n + 1/m) times a chi-square variable of bins - 1 degrees of freedom.
  KS       N. Smirnov, *Table for estimating the goodness of fit*, 1948; the probability by M. Stephens, *Use of the
           Kolmogorov-Smirnov ... without extensive tables*, 1970, as *Numerical Recipes*, 3rd ed., §14.3.3 has it.
  chi²     E. Wilson and M. Hilferty, *The distribution of chi-square*, 1931.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Summary = Mapping[str, Any]
BINS = 10
FLOOR = 1e-4  # a share is never taken for less, or the logarithm of an empty bin would decide alone
SURE = 3.090  # the normal quantile of 0.999: how unlikely chance must be before it is called drift
ORDERED = ("number", "date")


def psi(reference: Summary, current: Summary) -> float | None:
    """The population stability index over deciles or values of the reference, nulls being a bin of their own.

    None where the two cannot be compared: of different kinds, empty, or text whose values were not kept.
    """
    bins = _bins(reference, current)
    if bins is None:
        return None
    return sum((now - was) * math.log(now / was) for was, now in bins)


def psi_by_chance(reference: Summary, current: Summary) -> float:
    """The index that two samples of one population of these sizes exceed once in a thousand times."""
    bins = _bins(reference, current)
    freedom = max(1, len(bins or ()) - 1)
    rows = [max(1, int(one.get("rows", 0))) for one in (reference, current)]
    part = 2 / (9 * freedom)
    chi = freedom * math.pow(1 - part + SURE * math.sqrt(part), 3)
    return chi * (1 / rows[0] + 1 / rows[1])


def ks(reference: Summary, current: Summary) -> float | None:
    """The largest distance between the two distribution functions; None where the columns are no numbers or dates."""
    if reference.get("kind") != current.get("kind") or reference.get("kind") not in ORDERED:
        return None
    points = sorted({*_points(reference), *_points(current)})
    return max((abs(_below(reference, x) - _below(current, x)) for x in points), default=None)


def ks_by_chance(distance: float, reference: Summary, current: Summary) -> float:
    """How likely two samples of one population of these sizes are as far apart."""
    sizes = [max(1.0, float(one.get("rows", 0)) * (1 - float(one.get("nulls", 0)))) for one in (reference, current)]
    root = math.sqrt(sizes[0] * sizes[1] / sum(sizes))
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:
        return 1.0
    terms = ((1 if at % 2 else -1) * math.exp(-2 * at * at * scaled * scaled) for at in range(1, 101))
    return max(0.0, min(1.0, 2 * sum(terms)))


def _bins(reference: Summary, current: Summary) -> list[tuple[float, float]] | None:
    """The share of each bin before and now, never less than the floor."""
    kind = reference.get("kind")
    if kind == "empty" or kind != current.get("kind"):
        return None
    pairs = _ordered_bins(reference, current) if kind in ORDERED else _value_bins(reference, current)
    if pairs is None:
        return None
    was, now = float(reference.get("nulls", 0)), float(current.get("nulls", 0))
    given = [(one * (1 - was), other * (1 - now)) for one, other in pairs]
    if was or now:
        given.append((was, now))
    return [(max(FLOOR, one), max(FLOOR, other)) for one, other in given]


def _ordered_bins(reference: Summary, current: Summary) -> list[tuple[float, float]] | None:
    if not _points(reference) or not _points(current):
        return None
    edges = sorted(set(_edges(reference)))
    both = [[0.0, *(_below(one, edge) for edge in edges), 1.0] for one in (reference, current)]
    shares = [[after - before for before, after in pairwise(one)] for one in both]
    pairs = list(zip(*shares, strict=True))
    return [one for one in pairs if one != (0.0, 0.0)]


def _edges(one: Summary) -> list[float]:
    """The upper ends of all bins but the last."""
    if "values" in one:
        return [float(value) for value, _ in one["values"]]
    found = list(one["quantiles"])
    return [found[round(at * (len(found) - 1) / BINS)] for at in range(1, BINS)]


def _value_bins(reference: Summary, current: Summary) -> list[tuple[float, float]] | None:
    if "values" not in reference or "values" not in current:
        return None
    was, now = dict(map(tuple, reference["values"])), dict(map(tuple, current["values"]))
    return [(was.get(value, 0.0), now.get(value, 0.0)) for value in sorted({*was, *now})]


def _points(one: Summary) -> Sequence[float]:
    return [float(value) for value, _ in one["values"]] if "values" in one else list(one.get("quantiles", ()))


def _below(one: Summary, x: float) -> float:
    """The share of values that are not greater than x."""
    if "values" in one:
        return min(1.0, float(sum(share for value, share in one["values"] if value <= x)))
    return bisect_right(one["quantiles"], x) / len(one["quantiles"])
