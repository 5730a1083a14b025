"""How many statements of TPC-H and TPC-DS have all their columns resolved, with the schemas and without, and how fast.

    python benchmarks/sql_columns.py FOLDER

FOLDER is a clone of https://github.com/tobymao/sqlglot, whose tests hold the statements (``tests/fixtures/optimizer``)
and the schemas (``tests/helpers.py``). Each statement is taken as one that makes a table. Prints a table and writes it
into benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import ast
import logging
import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.results import put  # noqa: E402

from perijove.core.sql_columns import columns_of  # noqa: E402
from perijove.core.sql_tables import Candidate  # noqa: E402

SETS = {"tpc-h": "TPCH_SCHEMA", "tpc-ds": "TPCDS_SCHEMA"}
BASE = "dataset:postgresql://db/x#"


def schemas(folder: Path) -> dict[str, dict[str, dict[str, str]]]:
    """The schemas by the name of their constant."""
    tree = ast.parse((folder / "tests" / "helpers.py").read_text())
    found = {}
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in SETS.values()
        ):
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def statements(folder: Path, name: str) -> list[str]:
    """The statements of one set, without the expected answers that stand beside them."""
    text = (folder / "tests" / "fixtures" / "optimizer" / name / f"{name}.sql").read_text()
    blocks = re.split(r"-{20,}\n-- TPC-[HDS]+ ?\d*.*\n-{20,}\n", text)[1:]
    lines = ([line for line in block.split(";")[0].splitlines() if not line.startswith("#")] for block in blocks)
    return ["\n".join(kept) for kept in lines]


def measured(sqls: list[str], shapes: dict[str, dict[str, str]], known: bool) -> tuple[int, list[float]]:
    """How many statements are resolved whole, and the CPU milliseconds of each."""
    target = Candidate(f"{BASE}target")
    resolved, times = 0, []
    for sql in sqls:
        reads = [Candidate(f"{BASE}{table}", list(columns) if known else None) for table, columns in shapes.items()]
        begin = time.process_time()
        try:
            write = columns_of(f"create table target as {sql}", "postgresql", reads, [target]).writes.get(target.ref)
        except Exception:  # noqa: BLE001 - what cannot be read counts as not resolved
            write = None
        times.append((time.process_time() - begin) * 1000)
        resolved += bool(write and write.whole)
    return resolved, sorted(times)


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    logging.disable()
    columns_of("select a from b", "postgresql", [], [])  # loads the parser
    shapes = schemas(folder)
    lines = ["| | statements | resolved | p50, ms CPU | p95, ms CPU | largest, ms CPU |", "|---|---|---|---|---|---|"]
    for name, constant in SETS.items():
        sqls = statements(folder, name)
        for known in (True, False):
            resolved, times = measured(sqls, shapes[constant], known)
            figures = [times[len(times) // 2], times[int(len(times) * 0.95)], times[-1]]
            how = "with" if known else "without"
            cells = [f"{name}, {how} schemas", str(len(sqls)), str(resolved), *(f"{one:.0f}" for one in figures)]
            lines.append(f"| {' | '.join(cells)} |")
    print("\n".join(lines))
    put("sql_columns", "python benchmarks/sql_columns.py FOLDER", "\n".join(lines))


if __name__ == "__main__":
    main()
