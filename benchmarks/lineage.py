"""How long the graph takes to answer at a million edges: three hops each way, on SQLite and PostgreSQL.

    python benchmarks/lineage.py [--edges 1000000] [--asked 400]

The graph is that of many notebooks: cells read datasets of which some are read by thousands, write others, and feed
each other; each write has its flow. Beside it stands what loads the whole graph to answer one question, as some servers
do.
Prints a table and writes it into benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.results import put  # noqa: E402

from perijove.core.database import Database  # noqa: E402
from perijove.core.keys import digest  # noqa: E402
from perijove.core.lineage import Lineage  # noqa: E402
from perijove.core.refs import Ref  # noqa: E402

AT = datetime(2026, 11, 1, tzinfo=UTC)
CELLS = 12  # of a notebook
BAR = 50.0


def graph(edges: int) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]], set[str]]:
    """Edges (source, target, kind), flows (via, source, target) and refs: four edges a cell."""
    chance = random.Random(7)
    made: list[tuple[str, ...]] = []
    flows: list[tuple[str, ...]] = []
    refs: set[str] = set()
    shared = max(10, edges // 20)
    for number in range(edges // 4):
        notebook, place = divmod(number, CELLS)
        cell = f"cell:team-{notebook % 40}/notebook-{notebook}.ipynb#{number:08x}"
        reads = [f"dataset:s3://lake/area-{one % 50}/table-{one}" for one in _popular(chance, shared)]
        own = f"dataset:file:///home/work/project-{notebook % 40}/results/notebook-{notebook}-{place}.parquet"
        if place and chance.random() < 0.5:
            reads[1] = own.replace(f"-{place}.parquet", f"-{chance.randrange(place)}.parquet")
        before = f"cell:team-{notebook % 40}/notebook-{notebook}.ipynb#{number - 1:08x}" if place else cell
        made += [(one, cell, "read") for one in reads]
        made += [(before, cell, "fed")] if place else [(reads[0], cell, "flowed")]
        made.append((cell, own, "wrote"))
        flows.append((cell, chance.choice(reads), own))
        refs |= {cell, own, *reads}
    return list(dict.fromkeys(made)), flows, refs


def _popular(chance: random.Random, shared: int) -> list[int]:
    """Two different datasets, few of them read very often."""
    first = int(shared ** chance.random()) - 1
    return [first, (first + 1 + int(shared ** chance.random())) % shared]


def fill(database: Database, edges: list[tuple[str, ...]], flows: list[tuple[str, ...]], refs: set[str]) -> None:
    """Put the graph into a database as fast as it takes it."""
    at = AT.isoformat(" ")
    nodes = [(ref, ref.partition(":")[0], ref.rpartition("/")[2], "") for ref in sorted(refs)]
    rows = {
        "lineage_nodes (ref, kind, name, detail)": nodes,
        "lineage_edges (source, target, kind, how, at, version)": [(*edge, "observed", at, "") for edge in edges],
        "lineage_flows (key, via, source, target, how, at)": [(digest(*flow), *flow, "observed", at) for flow in flows],
    }
    with database.begin() as connection:
        cursor = connection.connection.cursor()
        for into, values in rows.items():
            if connection.dialect.name == "postgresql":
                with cursor.copy(f"COPY {into} FROM STDIN") as copy:  # type: ignore[attr-defined]
                    for value in values:
                        copy.write_row(value)
            else:
                marks = ", ".join("?" * len(values[0]))
                cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", values)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))


def load_all(database: Database, ref: str) -> int:
    """Three hops each way by loading every edge first."""
    with database.read() as connection:
        pairs = connection.execute(text("SELECT source, target FROM lineage_edges")).all()
    down: dict[str, list[str]] = {}
    up: dict[str, list[str]] = {}
    for source, target in pairs:
        down.setdefault(source, []).append(target)
        up.setdefault(target, []).append(source)
    seen = {ref}
    for ways in (up, down):
        level = {ref}
        for _ in range(3):
            level = {far for near in level for far in ways.get(near, ())} - seen
            seen |= level
    return len(seen)


def timed(asked: list[str], answer: Callable[[str], Any]) -> tuple[list[float], list[int]]:
    """Milliseconds of each answer, and its size."""
    times, sizes = [], []
    for ref in asked:
        begin = time.perf_counter()
        found = answer(ref)
        times.append((time.perf_counter() - begin) * 1000)
        sizes.append(found if isinstance(found, int) else len(found.nodes))
    return times, sizes


def share(values: list[float], part: float) -> float:
    """The value below which this part of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measured(kind: str, database: Database, asked: list[str]) -> str:
    """One line of the table."""
    lineage = Lineage(database)
    timed(asked[:20], lambda ref: lineage.around(Ref.parse(ref), 3, 3))
    times, sizes = timed(asked, lambda ref: lineage.around(Ref.parse(ref), 3, 3))
    whole, _ = timed(asked[:2], lambda ref: load_all(database, ref))
    p95, peer, nodes = share(times, 0.95), min(whole), share([float(size) for size in sizes], 0.95)
    said = f"| {kind} | {share(times, 0.5):.1f} | {p95:.1f} | {max(times):.1f} | {nodes:.0f} | ≤ {BAR:.0f} "
    return f"{said}| {'yes' if p95 <= BAR else 'no'} | {peer:.0f} | {p95 / peer:.4f} × |"


def databases(folder: Path) -> Iterator[tuple[str, Database]]:
    """Both kinds, fresh."""
    from tests.postgres import Server

    yield "SQLite", Database(f"sqlite:///{folder / 'graph.db'}")
    server = Server(folder)
    server.start()
    try:
        yield "PostgreSQL", Database(server.fresh_database())
    finally:
        server.stop()


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=400)
    options = parser.parse_args()
    edges, flows, refs = graph(options.edges)
    chance = random.Random(11)
    asked = chance.sample(sorted(refs), options.asked)
    asked += [f"dataset:s3://lake/area-{one}/table-{one}" for one in range(options.asked // 20)]  # the most read ones
    lines = ["| | p50, ms | p95, ms | largest, ms | nodes p95 | bar p95 | holds | whole graph first, ms | ratio p95 |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="perijove-lineage-") as name:
        for kind, database in databases(Path(name)):
            begin = time.monotonic()
            fill(database, edges, flows, refs)
            print(f"{kind}: {len(edges):,} edges, {len(flows):,} flows in {time.monotonic() - begin:.0f} s", flush=True)
            lines.append(measured(kind, database, asked))
            print(lines[-1], flush=True)
            database.close()
    lines.append(
        f"\nThree hops each way around {len(asked)} refs, {options.asked // 20} of them the most read, in a graph of"
    )
    lines.append(f"{len(edges):,} edges and {len(flows):,} flows between {len(refs):,} nodes.")
    command = f"python benchmarks/lineage.py --edges {options.edges} --asked {options.asked}"
    put("lineage", command, "\n".join(lines))


if __name__ == "__main__":
    main()
