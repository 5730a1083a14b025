"""Makes two more sets of questions for ``benchmarks/search.py``, on which nothing of the search was tuned.

``python benchmarks/search_more.py beaver CLONE OUT`` from a clone of BEAVER (github.com/peterbaile/beaver, MIT): tables
of a university's warehouse and of its computing service, questions of those who use them.
``python benchmarks/search_more.py spider CLONE OUT`` from a clone that has Spider's ``tables.json`` and ``dev.json``
(github.com/brunnurs/valuenet has, below ``data/spider/original``). Nothing is kept in this repository.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Rows = Iterator[dict[str, Any]]


def read(clone: str, path: str) -> Any:
    """A JSON file, read from git, so that a bare clone will do."""
    found = subprocess.run(["git", "-C", clone, "show", f"HEAD:{path}"], capture_output=True, check=True)
    return json.loads(found.stdout)


def beaver(clone: str) -> tuple[Rows, Rows]:
    """463 tables and 209 questions."""
    tables = read(clone, "dev_tables.json")
    datasets = (
        dataset(one["db_id"], one["table_name_original"], one["column_names_original"]) for one in tables.values()
    )
    asked = [*read(clone, "dev_dw.json"), *read(clone, "dev_nw.json")]
    return datasets, (
        {"question": one["question"], "relevant": sorted({ref(*name.split("#sep#")) for name in one["gold_tables"]})}
        for one in asked
    )


def spider(clone: str) -> tuple[Rows, Rows]:
    """881 tables of 167 databases, and the 1,034 questions of the development set."""
    known = {one["db_id"]: one for one in read(clone, "data/spider/original/tables.json")}
    datasets = (
        dataset(base, name, [column for at, column in one["column_names_original"] if at == number])
        for base, one in known.items()
        for number, name in enumerate(one["table_names_original"])
    )
    asked = read(clone, "data/spider/original/dev.json")
    return datasets, (
        {
            "question": one["question"],
            "relevant": sorted(
                ref(one["db_id"], known[one["db_id"]]["table_names_original"][number]) for number in used(one["sql"])
            ),
        }
        for one in asked
    )


def used(sql: Any) -> set[int]:
    """The numbers of the tables that a parsed statement of Spider reads, nested statements too."""
    if isinstance(sql, dict):
        return set().union(*(used(value) for value in sql.values()))
    if not isinstance(sql, list):
        return set()
    if len(sql) == 2 and sql[0] == "table_unit" and isinstance(sql[1], int):
        return {sql[1]}
    return set().union(*(used(value) for value in sql))


def ref(base: str, table: str) -> str:
    """The ref of a table of a database."""
    return f"dataset:{base}.{table}".lower()


def dataset(base: str, table: str, columns: list[str]) -> dict[str, Any]:
    """A table as ``benchmarks/search.py`` reads it."""
    return {"ref": ref(base, table), "name": table, "place": base, "columns": columns, "text": ""}


def main() -> None:
    """Write the set."""
    kind, clone, out = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    datasets, questions = {"beaver": beaver, "spider": spider}[kind](clone)
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("datasets", datasets), ("questions", questions)):
        (out / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


if __name__ == "__main__":
    main()
