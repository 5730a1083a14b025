"""Figures of a table: what footers say, a sample that says how far it can be wrong, or all rows.

Vocabulary
  level    footer, sample or full
  draw     the parts that were chosen by chance: one from each of as many equal stretches as time allows
  cluster  the rows of one drawn part; rows of one part are more alike than others, and the error takes that in
A sample stops by itself when its time is up. Where parts can only be read in order, or one part is too large to read
whole, it is the first rows, and no error is given: nothing can be said of rows that chance did not choose.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec.structs import replace

from perijove.catalog.model import Basis, Column, ColumnProfile, Method, Profile, Reading
from perijove.catalog.profile_column import Drawn, figures, unknown
from perijove.catalog.rows import Part, Table
from perijove.core.errors import Invalid

SECONDS = 0.4
THREADS = 2
PATIENCE = 3
ENOUGH_ROWS = 200_000
ENOUGH_CELLS = 12_000_000
ENOUGH_PARTS = 48
FEW_PARTS = 8
SMALL_BATCH = 16_384  # the clock is looked at after each
MOST_BYTES = 400 * 2**20
MOST_COLUMNS = 2_000


class Clock:
    """A budget of computing time; waiting for storage counts less, but it counts."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._computing = time.process_time()
        self._all = time.monotonic()

    def used(self) -> float:
        """Seconds of the budget that are gone."""
        return max(time.process_time() - self._computing, (time.monotonic() - self._all) / PATIENCE)

    def left(self) -> float:
        """Seconds of the budget that are left."""
        return self.seconds - self.used()

    def late(self) -> bool:
        """Whether the budget is spent."""
        return self.left() <= 0


def of_footer(reading: Reading) -> Profile:
    """What is known of a dataset without reading any of its rows."""
    basis = Basis("footer", 0, reading.rows, None, None)
    columns = [
        ColumnProfile(
            one.name,
            one.type,
            basis,
            count=reading.rows - one.nulls if reading.rows is not None and one.nulls is not None else None,
            nulls=one.nulls,
            null_share=one.nulls / reading.rows if reading.rows and one.nulls is not None else None,
            min=one.min,
            max=one.max,
        )
        for one in reading.columns
    ]
    return Profile("footer", basis, columns, reading.rows, reading.bytes, reading.version)


def with_ends(profile: Profile, columns: Sequence[Column]) -> Profile:
    """A sample with what the footer says exactly: least, greatest, and how many are null of all rows."""
    known = {one.name: one for one in columns}
    if len(known) < len(columns):
        return profile  # which of two columns of one name a figure is of cannot be told here
    return replace(profile, columns=[_with_ends(one, known.get(one.name), profile.rows) for one in profile.columns])


def _with_ends(figures: ColumnProfile, footer: Column | None, rows: int | None) -> ColumnProfile:
    if footer is None or figures.basis.method == "all rows":
        return figures
    ends = {"min": footer.min, "max": footer.max} if footer.min is not None and footer.max is not None else {}
    if footer.nulls is None or not rows:
        return replace(figures, **ends)
    nulls = {"nulls": footer.nulls, "count": rows - footer.nulls, "null_share": footer.nulls / rows}
    return replace(figures, **ends, **nulls)


def of_sample(table: Table, seed: str, seconds: float = SECONDS) -> Profile:
    """Figures of rows drawn by chance, within a time; of all rows where they are few."""
    begin = time.monotonic()
    names = _names(table)
    drawn = _draw(table, names, random.Random(seed), Clock(seconds))
    columns = _figures(list(table.schema)[: len(names)], drawn, seconds)
    return Profile("sample", drawn.basis(), columns, drawn.total(), seconds=_since(begin))


def _figures(fields: Sequence[Any], drawn: Drawn, seconds: float) -> list[ColumnProfile]:
    """The figures of as many columns as there is time for, two at a time."""
    clock = Clock(seconds)

    def one(index: int) -> ColumnProfile:
        field = fields[index]
        return unknown(field, drawn) if clock.late() else figures(field, drawn.column(index), drawn)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(len(fields))))


def of_clusters(
    schema: Any, clusters: Sequence[Sequence[Any]], method: Method, rows: int | None, parts: int, begin: float
) -> Profile:
    """Figures of rows that a database drew by chance: the batches of each cluster, of how many clusters there are."""
    drawn = Drawn(method, rows, max(parts, len(clusters)))
    for number, batches in enumerate(clusters):
        drawn.add(number, batches)
    drawn.cut = parts == 0
    drawn.stretches = False
    columns = _figures(list(schema), drawn, SECONDS)
    return Profile("sample", drawn.basis(), columns, rows, seconds=_since(begin))


def of_all(table: Table, step: Callable[[float], None]) -> Profile:
    """Figures of all rows, as many columns at a time as memory allows; ``step`` hears the share done."""
    begin = time.monotonic()
    names = _names(table)
    columns: list[ColumnProfile] = []
    rows = 0
    groups = [names] if _has_twins(names) else _columns_at_a_time(table, names)
    for group in groups:
        done = len(columns)
        drawn = _all_rows(table, group, _scaled(step, done / len(names), len(group) / len(names)))
        rows = drawn.taken
        for index in range(len(group)):
            columns.append(figures(table.schema.field(done + index), drawn.column(index), drawn))
            step((done + len(group) * 0.8 + 0.2 * (index + 1)) / len(names))
    basis = Basis("all rows", rows, rows, 1.0, None)
    return Profile("full", basis, columns, rows, seconds=_since(begin))


def _scaled(step: Callable[[float], None], start: float, width: float) -> Callable[[float], None]:
    return lambda share: step(start + 0.8 * width * share)


def _since(begin: float) -> float:
    return round(time.monotonic() - begin, 3)


def _names(table: Table) -> list[str]:
    names = list(table.schema.names)
    if len(names) > MOST_COLUMNS and _has_twins(names):
        raise Invalid("Two columns have the same name, so neither can be profiled.", hint="Give them different names.")
    return names[:MOST_COLUMNS]


def _has_twins(names: Sequence[str]) -> bool:
    """Whether two columns have one name; then all are read, as they can only be told apart by their place."""
    return len(set(names)) != len(names)


def _draw(table: Table, names: Sequence[str], chance: random.Random, clock: Clock) -> Drawn:
    parts = list(table.parts())
    if not table.apart:
        return _first_rows(table, parts, names, clock)
    order = _order(parts, chance)
    drawn = Drawn(table.method, table.rows, len(parts))
    enough = _enough_rows(len(names))
    if table.rows is not None and table.rows > enough:
        drawn.step = max(1, min(FEW_PARTS, len(parts)) * table.rows // (len(parts) * enough))
    left = list(order)
    while left:
        number = left.pop(0)
        whole = drawn.add(number, _batches(table, parts[number], names, clock, drawn))
        if len(drawn.clusters) == 1:
            left = _planned(left, number, len(parts), drawn, clock, enough, chance)
        if not whole or clock.late() or drawn.bytes > MOST_BYTES:
            break
    return drawn.sorted()


def _enough_rows(columns: int) -> int:
    """How many rows are enough: fewer where there are many columns, whose figures take time too."""
    return max(min(ENOUGH_ROWS, ENOUGH_CELLS // max(columns, 1)), 2_000)


def _order(parts: Sequence[Part], chance: random.Random) -> list[int]:
    order = list(range(len(parts)))
    chance.shuffle(order)
    return order


def _planned(
    left: list[int], first: int, total: int, drawn: Drawn, clock: Clock, enough: int, chance: random.Random
) -> list[int]:
    """What to read after the first part: all where that is cheap, else one part of each of some equal stretches."""
    affordable = 1 + int(max(clock.left(), 0) / max(clock.used(), 1e-4))
    per_part = max(drawn.taken * drawn.step, 1)
    wanted = max(FEW_PARTS, min(ENOUGH_PARTS, enough // per_part))
    if total * per_part <= enough and affordable >= total:
        return left
    count = max(2, min(wanted if per_part * total > enough else total, affordable, total))
    chosen = []
    for stretch in range(count):
        low, high = stretch * total // count, (stretch + 1) * total // count
        if not low <= first < high:
            chosen.append(chance.randrange(low, max(high, low + 1)))
    chance.shuffle(chosen)
    return chosen


def _batches(table: Table, part: Part, names: Sequence[str], clock: Clock, drawn: Drawn) -> Iterator[Any]:
    """The batches of a part; None at the end where it was not read whole."""
    taken = 0
    for batch in table.read(part, names, SMALL_BATCH):
        yield _thinned(batch, drawn.step)
        taken += batch.num_rows
        enough = taken >= _enough_rows(len(names)) * (1 if not drawn.clusters else 2)
        if (clock.late() and (not drawn.clusters or clock.left() < -clock.seconds / 2)) or (enough and clock.late()):
            if part.rows is None or taken < part.rows:
                yield None
            return


def _thinned(batch: Any, step: int) -> Any:
    """One of so many rows of a batch, the first: large parts give as good figures by some of their rows, and sooner."""
    return batch if step == 1 else batch.slice(0, -(-batch.num_rows // step))


def _first_rows(table: Table, parts: Sequence[Part], names: Sequence[str], clock: Clock) -> Drawn:
    drawn = Drawn("first rows", table.rows, len(parts))
    for number, part in enumerate(parts):
        whole = drawn.add(number, _batches(table, part, names, clock, drawn))
        if not whole or drawn.taken >= ENOUGH_ROWS or clock.late():
            drawn.cut = drawn.cut or number + 1 < len(parts)
            break
    return drawn


def _columns_at_a_time(table: Table, names: Sequence[str]) -> Iterator[list[str]]:
    rows = table.rows or 1_000_000
    group: list[str] = []
    size = 0
    for name in names:
        width = _width(table.schema.field(name).type) * rows
        if group and size + width > MOST_BYTES:
            yield group
            group, size = [], 0
        group.append(name)
        size += width
    if group or not names:
        yield group


def _width(kind: Any) -> int:
    try:
        return max(int(kind.bit_width) // 8, 1)
    except ValueError:
        return 32  # text: a guess


def _all_rows(table: Table, names: Sequence[str], step: Callable[[float], None]) -> Drawn:
    parts = list(table.parts())
    drawn = Drawn("all rows", table.rows, len(parts))
    for number, part in enumerate(parts):
        drawn.add(number, table.read(part, names))
        if drawn.bytes > 3 * MOST_BYTES:
            raise Invalid(
                "These columns are too large to be looked at whole.", hint="Take the sample, or compute it in a kernel."
            )
        step((number + 1) / len(parts))
    return drawn
