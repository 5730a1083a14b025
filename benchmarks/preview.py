"""First rows and first profile of a parquet file of at least 400 MB, through the worker process, beside peers.

    python benchmarks/preview.py [--file PATH] [--peers fast|all]

Wall time is the least of several tries where a try is short. Computing time (all threads) is printed beside it, as
another program may be busy on the machine. Our figures are what a person waits: a fresh process is part of each. First
rows are asked of the service, as the route does, by someone who looks again after half a second (SPACED), each time
with polars beside it, warm and in this process; then without a pause, when no worker is prepared yet.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import preview_data

import perijove.wiring  # noqa: F401 - names every table
from perijove.catalog import profile as profiles
from perijove.catalog.model import NewSource, Sort, Window
from perijove.catalog.service import Catalog
from perijove.catalog.sources.parquet import ParquetTable
from perijove.catalog.sources.spots import Local
from perijove.catalog.store import CatalogStore
from perijove.core.access import Person
from perijove.core.database import Database
from perijove.core.events import Events
from perijove.core.lineage import Lineage
from perijove.core.plugins import Parts
from perijove.core.project import Project
from perijove.core.refs import Ref
from perijove.core.tasks import Tasks

ROWS = 100
SPACED = 0.5
Figures = dict[str, tuple[float, float]]


def timed(verb: Callable[[], object], tries: int) -> tuple[float, float]:
    """The least wall time of some tries, and the least computing time of this process."""
    walls, computed = [], []
    for _ in range(tries):
        begin, before = time.perf_counter(), time.process_time()
        verb()
        walls.append(time.perf_counter() - begin)
        computed.append(time.process_time() - before)
    return min(walls), min(computed)


def first_rows(path: Path, catalog: Catalog, who: Person) -> Figures:
    """What a person waits for the first rows, and polars in turns with it; least and median of the same tries."""
    import polars as pl

    ref = Ref("dataset", path.as_uri())
    asked = {
        "first rows": lambda: catalog.preview(ref, ROWS, who),
        "polars scan head": lambda: pl.scan_parquet(str(path)).head(ROWS).collect(),
    }
    walls: dict[str, list[float]] = {name: [] for name in asked}
    computed: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(30):
        for name, verb in asked.items():
            time.sleep(SPACED)
            begin, before = time.perf_counter(), time.process_time()
            verb()
            walls[name].append(time.perf_counter() - begin)
            computed[name].append(time.process_time() - before)
    found = {name: (min(walls[name][3:]), min(computed[name][3:])) for name in asked}
    middle = {
        f"{name}, median": (float(np.median(walls[name][3:])), float(np.median(computed[name][3:]))) for name in asked
    }
    at_once = timed(asked["first rows"], 15)
    return {**found, **middle, "first rows, at once again": at_once}


def serving(folder: Path, path: Path) -> tuple[Catalog, Person]:
    """The catalog of a fresh project that knows the file."""
    who = Person("ada", owner=True)
    database = Database(f"sqlite:///{folder / 'catalog.db'}")
    events = Events()
    parts = Parts("perijove.catalog_sources_v1")
    os.environ["PERIJOVE_HOME"] = str(folder / ".perijove")
    project = Project.find(folder)
    project.prepare()
    catalog = Catalog(project, CatalogStore(database), parts, events, Tasks(database, events), Lineage(database))
    catalog.add(NewSource("bench", str(path)), who)
    catalog.tasks.wait(catalog.start_scan("bench", who).id, who)
    return catalog, who


def ours(path: Path, folder: Path) -> Figures:
    uri = path.as_uri()
    catalog, who = serving(folder, path)
    sandbox = catalog.sandbox
    time.sleep(20)  # what it loads in idle time is loaded
    order = Window(rows=ROWS, sort=[Sort("amount", descending=True)])
    found = first_rows(path, catalog, who)
    found |= {
        "schema and footer": timed(lambda: sandbox.profile("files", uri, uri, "footer", {}), 10),
        "first profile": timed(lambda: sandbox.profile("files", uri, uri, "sample", {}), 5),
        "sorted rows": timed(lambda: sandbox.look("files", uri, uri, order, {}), 2),
    }
    table = ParquetTable([Local(path)], Local(path))
    here = timed(lambda: profiles.of_sample(table, "bench"), 3)
    found["first profile, computing only"] = here
    full = timed(lambda: sandbox.profile("files", uri, uri, "full", {}), 1)
    found["full profile"] = full
    sandbox.close()
    return found


def peers(path: Path, which: str) -> Figures:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow.parquet as pq

    name = str(path)
    found = {
        "duckdb LIMIT": timed(lambda: duckdb.sql(f"SELECT * FROM '{name}' LIMIT {ROWS}").fetchall(), 5),
        "pyarrow read_metadata": timed(lambda: pq.read_metadata(name), 10),
        "pandas head": timed(lambda: pd.read_parquet(name).head(ROWS), 2),
        "polars describe": timed(lambda: pl.read_parquet(name).describe(), 1),
    }
    if which == "all":
        found["duckdb SUMMARIZE"] = timed(lambda: duckdb.sql(f"SUMMARIZE SELECT * FROM '{name}'").fetchall(), 1)
    return found


def held(path: Path) -> tuple[int, int, list[str]]:
    """How many columns have every sampled quantile within the stated error, of how many; which have not."""
    table = ParquetTable([Local(path)], Local(path))
    found = profiles.of_sample(table, path.as_uri())
    good, all_of, bad = 0, 0, []
    for one in found.columns:
        if not one.quantiles or one.basis.error is None:
            continue
        batches = [batch.column(0) for part in table.parts() for batch in table.read(part, [one.name])]
        values = np.sort(np.concatenate([_numbers(column) for column in batches]))
        wrong = 0.0
        for share, value in one.quantiles.items():
            at = _number(value, batches[0].type)
            low, high = np.searchsorted(values, at, "left"), np.searchsorted(values, at, "right")
            inside = low / len(values) <= float(share) <= high / len(values)
            ends = (abs(low / len(values) - float(share)), abs(high / len(values) - float(share)))
            wrong = max(wrong, 0 if inside else min(ends))
        all_of += 1
        good += wrong <= one.basis.error
        if wrong > one.basis.error:
            bad.append(f"{one.name}: {wrong:.4f} > {one.basis.error:.4f}")
    return good, all_of, bad


def _numbers(column):
    import pyarrow as pa

    kept = column.drop_null()
    if pa.types.is_date32(kept.type):
        kept = kept.cast(pa.int32())
    elif pa.types.is_timestamp(kept.type):
        kept = kept.cast(pa.int64())
    return kept.to_numpy(zero_copy_only=False)


def _number(value, kind):
    import pyarrow as pa

    if pa.types.is_date32(kind):
        return pa.scalar(value).cast(kind).cast(pa.int32()).as_py()
    if pa.types.is_timestamp(kind):
        return pa.scalar(value).cast(kind).cast(pa.int64()).as_py()
    return float(value) if isinstance(value, str) else value


def show(found: Figures) -> None:
    for name, (wall, computed) in found.items():
        print(f"{name:32} {wall * 1000:10.1f} ms wall {computed * 1000:10.1f} ms computing here")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, default=Path(tempfile.gettempdir()) / "perijove-preview.parquet")
    parser.add_argument("--peers", choices=("fast", "all"), default="all")
    arguments = parser.parse_args()
    path = preview_data.make(arguments.file)
    size = path.stat().st_size / 1e6
    print(f"{size:.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        mine = ours(path, Path(folder))
    theirs = peers(path, arguments.peers)
    show({**mine, **theirs})
    good, columns, bad = held(path)
    first, profile = mine["first rows"][0], mine["first profile"][0]
    ratios = {
        "first rows / polars head (<= 1.5)": first / mine["polars scan head"][0],
        "first rows / polars head, medians": mine["first rows, median"][0] / mine["polars scan head, median"][0],
        "first rows / pandas (<= 0.02)": first / theirs["pandas head"][0],
        "first rows / duckdb LIMIT (<= 0.2)": first / theirs["duckdb LIMIT"][0],
        "first profile / polars describe (<= 0.2)": profile / theirs["polars describe"][0],
        "full profile / polars describe (<= 1)": mine["full profile"][0] / theirs["polars describe"][0],
        "columns within the stated error (>= 0.95)": good / columns,
    }
    if "duckdb SUMMARIZE" in theirs:
        ratios["first profile / duckdb SUMMARIZE (<= 0.1)"] = profile / theirs["duckdb SUMMARIZE"][0]
    print(json.dumps({name: round(value, 4) for name, value in ratios.items()}, indent=1))
    print("outside the stated error:", bad or "none")
    print(f"peak memory here: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
