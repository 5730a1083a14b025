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
from typing import Any, NamedTuple

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
    last: list[str] = []
    for number in range(edges // 4):
        notebook, place = divmod(number, CELLS)
        cell = f"cell:team-{notebook % 40}/notebook-{notebook}.ipynb#{number:08x}"
        reads = [f"dataset:s3://lake/area-{one % 50}/table-{one}" for one in _popular(chance, shared)]
        own = f"dataset:file:///data/project-{notebook % 40}/results/notebook-{notebook}-{place}.parquet"
        if place and chance.random() < 0.5:
            reads[1] = own.replace(f"-{place}.parquet", f"-{chance.randrange(place)}.parquet")
        before = f"cell:team-{notebook % 40}/notebook-{notebook}.ipynb#{number - 1:08x}" if place else cell
        made += [(one, cell, "read") for one in reads]
        made += [(before, cell, "fed")] if place else [(reads[0], cell, "flowed")]
        made.append((cell, own, "wrote"))
        earlier = place and chance.random() < 0.3  # what the cell before has read is written here
        flows.append((cell, chance.choice(last if earlier else reads), own))
        refs |= {cell, own, *reads}
        last = reads
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
                with cursor.copy(f"COPY {into} FROM STDIN") as copy:  # type: ignore[attr-defined]  # psycopg has it
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


def timed(asked: list[str], answer: Callable[[str], Any], spent: Callable[[], float], rounds: int = 3) -> Times:
    """Milliseconds of each answer, by the clock (the least of the rounds) and of CPU, and its size."""
    wall, cpu, sizes = [], [], []
    for ref in asked:
        least, used = float("inf"), float("inf")
        for _ in range(rounds):
            begin, before = time.perf_counter(), spent()
            found = answer(ref)
            least = min(least, (time.perf_counter() - begin) * 1000)
            used = min(used, (spent() - before) * 1000)
        wall.append(least)
        cpu.append(used)
        sizes.append(float(found if isinstance(found, int) else len(found.nodes)))
    return Times(wall, cpu, sizes)


class Times(NamedTuple):
    """What some answers took."""

    wall: list[float]
    cpu: list[float]
    sizes: list[float]


def spent_by(database: Database) -> Callable[[], float]:
    """Seconds of CPU of this process, and of the database's process where there is one."""
    with database.read() as connection:
        if connection.dialect.name != "postgresql":
            return time.process_time
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    file = Path(f"/proc/{pid}/schedstat")
    return lambda: time.process_time() + int(file.read_text().split()[0]) / 1e9


def share(values: list[float], part: float) -> float:
    """The value below which this part of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measured(kind: str, database: Database, asked: list[str]) -> str:
    """One line of the table."""
    lineage = Lineage(database)
    spent = spent_by(database)
    found = timed(asked, lambda ref: lineage.around(Ref.parse(ref), 3, 3), spent)
    peer = min(timed(asked[:2], lambda ref: load_all(database, ref), spent, 1).cpu)
    p95 = share(found.wall, 0.95)
    cells = [f"{share(found.wall, 0.5):.1f}", f"{p95:.1f}", f"{max(found.wall):.1f}", f"{share(found.cpu, 0.95):.1f}"]
    cells += [f"{share(found.sizes, 0.95):.0f}", f"≤ {BAR:.0f}", "yes" if p95 <= BAR else "no", f"{peer:.0f}"]
    return f"| {kind} | {' | '.join(cells)} | {share(found.cpu, 0.95) / peer:.4f} × |"


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
    heads = ["", "p50, ms", "p95, ms", "largest, ms", "p95, ms CPU", "nodes p95", "bar", "holds"]
    heads += ["whole graph first, ms CPU", "ratio of CPU p95"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
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
    lines.append(
        f"{len(edges):,} edges and {len(flows):,} flows between {len(refs):,} nodes; the least of three rounds."
    )
    command = f"python benchmarks/lineage.py --edges {options.edges} --asked {options.asked}"
    put("lineage", command, "\n".join(lines))


if __name__ == "__main__":
    main()
