"""Figures of one column: of the rows that were drawn, with the error that the draw leaves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from perijove.catalog.model import Basis, Bin, ColumnProfile, Common, Method
from perijove.catalog.plain import plain
from perijove.catalog.rows import scalar
from perijove.catalog.sampling_error import of_clusters, of_rows
from perijove.catalog.values_in import comparable_type

SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
BINS = 20
COMMON = 10
LONG_TAIL = 20
COUNTED = 50_000


class Drawn:
    """The rows that were read, cluster by cluster, and how they were chosen."""

    def __init__(self, method: Method, rows: int | None, parts: int) -> None:
        self.method = method
        self.rows = rows
        self.parts = parts
        self.clusters: list[tuple[int, list[Any]]] = []
        self.taken = 0
        self.bytes = 0
        self.cut = False
        self.step = 1
        """Of how many rows of a part one was kept."""
        self.stretches = True
        """Whether one part was drawn from each of some equal stretches; else every part had the same chance."""

    def add(self, number: int, batches: Iterable[Any]) -> bool:
        """Take the batches of a part; whether it was read whole (a None among them says it was not)."""
        kept: list[Any] = []
        whole = True
        for batch in batches:
            if batch is None:
                whole = False
                break
            kept.append(batch)
            self.taken += batch.num_rows
            self.bytes += batch.nbytes
        self.clusters.append((number, kept))
        self.cut = self.cut or not whole
        return whole

    def sorted(self) -> Drawn:
        """Itself, its clusters in the order of the table."""
        self.clusters.sort(key=lambda cluster: cluster[0])
        return self

    @property
    def whole(self) -> bool:
        """Whether every row was read."""
        return not self.cut and self.step == 1 and len(self.clusters) == self.parts

    @property
    def by_chance(self) -> bool:
        """Whether the rows were chosen by chance, so that an error can be stated."""
        return not self.cut and self.method not in ("first rows", "all rows") and len(self.clusters) > 1

    def column(self, index: int) -> list[Any]:
        """The chunks of a column, a chunked array for each cluster."""
        import pyarrow as pa

        return [pa.chunked_array([batch.column(index) for batch in kept]) for _, kept in self.clusters if kept]

    def total(self) -> int | None:
        """Rows of the table, where known."""
        return self.taken if self.whole else self.rows

    def basis(self, error: float | None = None) -> Basis:
        """What figures of these rows rest on."""
        total = self.total()
        share = 1.0 if self.whole else self.taken / total if total else None
        method: Method = "all rows" if self.whole else "first rows" if self.cut else self.method
        return Basis(method, self.taken, total, share, error)


def figures(field: Any, clusters: Sequence[Any], drawn: Drawn) -> ColumnProfile:
    """The profile of a column; a type without an order, or values that cannot be counted, has its nulls only."""
    import pyarrow as pa

    try:
        return _figures(field, clusters, drawn)
    except MemoryError:
        raise
    except (pa.ArrowException, ValueError, OverflowError, TypeError, KeyError) as error:
        said = " ".join(str(error).split())[:200]
        problem = f"No figures but the nulls: {said}."
        return ColumnProfile(field.name, str(field.type), drawn.basis(), **_known(clusters, drawn), problem=problem)


def unknown(field: Any, drawn: Drawn) -> ColumnProfile:
    """A column that was left out because time was up."""
    return ColumnProfile(field.name, str(field.type), drawn.basis(), problem="Too many columns for a look.")


def _known(clusters: Sequence[Any], drawn: Drawn) -> dict[str, Any]:
    """How many values there are and how many are missing, which every type can say."""
    nulls = sum(one.null_count for one in clusters)
    return {"count": drawn.taken - nulls, "nulls": nulls, "null_share": nulls / drawn.taken if drawn.taken else None}


def _figures(field: Any, clusters: Sequence[Any], drawn: Drawn) -> ColumnProfile:
    import pyarrow as pa

    kind = field.type
    if not clusters:
        return ColumnProfile(field.name, str(kind), drawn.basis(), count=0, nulls=0)
    if (plainer := comparable_type(kind)) != kind:
        clusters, kind = [one.cast(plainer) for one in clusters], plainer
    known = _known(clusters, drawn)
    shares = [[one.null_count / len(one)] for one in clusters if len(one)]
    if pa.types.is_nested(kind) or pa.types.is_null(kind) or isinstance(kind, pa.BaseExtensionType):
        return ColumnProfile(field.name, str(field.type), drawn.basis(_error(shares, clusters, drawn)), **known)
    more, of_values = _ordered(kind, clusters) if _is_ordered(kind) else ({}, [])
    counted, of_common = _counted(clusters, drawn)
    shares = [
        [*null, *value, *common]
        for null, value, common in zip(shares, of_values or [[]] * len(shares), of_common, strict=True)
    ]
    basis = drawn.basis(_error(shares, clusters, drawn))
    return ColumnProfile(field.name, str(field.type), basis, **known, **{**_ends(clusters), **counted, **more})


def _is_ordered(kind: Any) -> bool:
    import pyarrow as pa

    checks = pa.types
    return bool(
        checks.is_integer(kind) or checks.is_floating(kind) or checks.is_decimal(kind) or checks.is_temporal(kind)
    ) and not checks.is_interval(kind)


def _error(shares: Sequence[Sequence[float]], clusters: Sequence[Any], drawn: Drawn) -> float | None:
    """The half width of a 95 % interval: the wider of what clusters and single rows leave."""
    if drawn.whole or not drawn.by_chance:
        return None
    sizes = [len(one) for one in clusters if len(one)]
    if len(sizes) < 2:
        return None
    between = of_clusters(shares, sizes, drawn.parts, stretches=drawn.stretches)
    return round(min(max(between, of_rows(sum(sizes), drawn.rows)), 1.0), 6)


def _ends(clusters: Sequence[Any]) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pa.chunked_array([chunk for one in clusters for chunk in one.chunks], clusters[0].type)
    if pa.types.is_duration(whole.type):  # Arrow orders durations but has no least of them
        found = pc.min_max(whole.cast(pa.int64())).cast(pa.struct([("min", whole.type), ("max", whole.type)]))
    else:
        found = pc.min_max(whole)
    return {"min": scalar(found["min"]), "max": scalar(found["max"])} if found["min"].is_valid else {}


def _counted(clusters: Sequence[Any], drawn: Drawn) -> tuple[dict[str, Any], list[list[float]]]:
    """Distinct and most common values, and the share of each common one in each cluster.

    Which values are common is found in a thinner draw of the rows, how often they are there in all that were read.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    full = [one for one in clusters if len(one)]
    step = 1 if drawn.whole else max(drawn.taken // COUNTED, 1)
    thin = pa.chunked_array([chunk for one in full for chunk in _every(one, step).chunks], clusters[0].type)
    seen, thin = len(thin), thin.drop_null()
    if not len(thin):
        return {"distinct": 0}, [[] for _ in full]
    counts = thin.value_counts()
    numbers = counts.field("counts")
    top = counts.take(pc.select_k_unstable(numbers, COMMON, sort_keys=[("", "descending")]))
    values = [one for one, count in zip(top.field("values"), top.field("counts").to_pylist(), strict=True) if count > 1]
    found = [[pc.sum(pc.equal(one, value)).as_py() or 0 for value in values] for one in full]
    totals = [sum(column) for column in zip(*found, strict=True)] if values else []
    common = [Common(scalar(value), count) for value, count in zip(values, totals, strict=True)]
    shares = [[count / len(one) for count in row] for row, one in zip(found, full, strict=True)]
    return {"distinct": _distinct(numbers, len(thin), seen, drawn), "common": common}, shares


def _every(column: Any, step: int) -> Any:
    import numpy as np

    return column if step == 1 else column.take(np.arange(0, len(column), step))


def _distinct(numbers: Any, values: int, seen: int, drawn: Drawn) -> int:
    """How many different values: counted, or estimated (GEE), wrong by at most a factor of √(rows/seen)."""
    import pyarrow.compute as pc

    found = len(numbers)
    total = drawn.total()
    if drawn.whole or not total or not seen:
        return found
    single = pc.sum(pc.equal(numbers, 1)).as_py() or 0
    most = round(values / seen * total)
    if single == found:
        return most  # every value is there once: so it is a key
    return min(round(found - single + math.sqrt(total / seen) * single), most)


def _ordered(kind: Any, clusters: Sequence[Any]) -> tuple[dict[str, Any], list[list[float]]]:
    """Mean, deviation, quantiles and histogram of numbers and times, and each cluster's share below each quantile."""
    import numpy as np

    numbers = [_numbers(one, kind) for one in clusters if len(one)]
    values = np.concatenate(numbers)
    if not len(values):
        return {}, [[] for _ in numbers]
    back = _back(kind)
    ranks = [max(math.ceil(share * len(values)) - 1, 0) for share in SHARES]
    parted = np.partition(values, ranks)
    quantiles = {f"{share:g}": parted[rank] for share, rank in zip(SHARES, ranks, strict=True)}
    shares = [
        [float(np.count_nonzero(one <= value)) / max(len(one), 1) for value in quantiles.values()] for one in numbers
    ]
    found: dict[str, Any] = {
        "quantiles": {share: back(value) for share, value in quantiles.items()},
        "bins": _bins(values, quantiles, back),
    }
    if not _is_time(kind):
        mean, deviation = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else None
        found |= {"mean": plain(mean), "std": plain(deviation)}
    return found, shares


def _is_time(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_temporal(kind))


def _numbers(column: Any, kind: Any) -> Any:
    """The values of a column as numbers of numpy, without null and NaN."""
    import numpy as np
    import pyarrow as pa

    kept = column.drop_null()
    if pa.types.is_decimal(kind):
        kept = kept.cast(pa.float64())
    elif pa.types.is_date32(kind) or pa.types.is_time32(kind):
        kept = kept.cast(pa.int32()).cast(pa.int64())
    elif _is_time(kind):
        kept = kept.cast(pa.int64())
    elif pa.types.is_float16(kind):
        kept = kept.cast(pa.float32())
    values = kept.to_numpy()
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values


def _back(kind: Any) -> Any:
    """A function from a number to the plain value that the column shows for it."""
    import pyarrow as pa

    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return lambda value: scalar(pa.scalar(int(value), pa.int64()).cast(pa.int32()).cast(kind))
    if _is_time(kind):
        return lambda value: scalar(pa.scalar(int(value), pa.int64()).cast(kind))
    return lambda value: plain(value.item() if hasattr(value, "item") else value)


def _bins(values: Any, quantiles: dict[str, Any], back: Any) -> list[Bin]:
    """About 20 bars of equal width; where a few values lie far out, one bar at each end holds them."""
    import numpy as np

    low, high = values.min(), values.max()
    if low == high:
        return [Bin(back(low), back(high), len(values))]
    near, far = quantiles["0.01"], quantiles["0.99"]
    if far > near and float(high) - float(low) > LONG_TAIL * (float(far) - float(near)):
        edges = np.unique(np.concatenate([[float(low)], np.linspace(float(near), float(far), BINS - 1), [float(high)]]))
    else:
        edges = np.linspace(float(low), float(high), _bars(low, high) + 1)
    counts, edges = np.histogram(values, bins=edges)
    return [
        Bin(back(start), back(end), int(count)) for start, end, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _bars(low: Any, high: Any) -> int:
    whole = getattr(low, "dtype", None) is not None and low.dtype.kind in "iu"
    return int(min(BINS, int(high) - int(low))) if whole else BINS
