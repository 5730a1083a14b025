"""Makes a set of questions for ``benchmarks/search.py`` from a clone of Spider2 (github.com/xlang-ai/Spider2, MIT).

``python benchmarks/search_spider2.py CLONE OUT`` writes ``OUT/datasets.jsonl`` (real BigQuery, Snowflake and SQLite
tables with columns and their descriptions) and ``OUT/questions.jsonl`` (questions of people with the tables that answer
them). Tables that differ in nothing but a number (one a day, one a year) are one dataset. Nothing is kept in this
repository.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATABASES = "spider2-lite/resource/databases"
QUESTIONS = "spider2-lite/spider2-lite.jsonl"
GOLD = "methods/gold-tables/spider2-lite-gold-tables.jsonl"


def files(clone: str) -> Iterator[tuple[str, bytes]]:
    """The files that are needed, read from git, so that a bare clone will do."""
    git = ["git", "-C", clone]
    listed = subprocess.run(
        [*git, "ls-tree", "-r", "HEAD", DATABASES, QUESTIONS, GOLD], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    with subprocess.Popen([*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin is not None and reader.stdout is not None
        for line in listed:
            blob, path = line.split()[2], line.partition("\t")[2]
            if not path.endswith((".json", ".jsonl")):
                continue
            reader.stdin.write(blob.encode() + b"\n")
            reader.stdin.flush()
            size = int(reader.stdout.readline().split()[2])
            content = reader.stdout.read(size)
            reader.stdout.read(1)
            yield path, content
        reader.stdin.close()


def family(name: str) -> str:
    """A table's name with numbers of two digits and more taken out, as one dataset of many shards has it."""
    place, _, table = name.lower().strip("`").rpartition(".")
    return f"{place}.{re.sub(r'[0-9]{2,}', '#', table)}"


def dataset(path: str, table: dict[str, Any]) -> dict[str, Any]:
    name = str(table.get("table_fullname") or table["table_name"])
    place = ".".join(name.split(".")[:-1])
    if "/sqlite/" in path:
        place = path.split("/")[-2]
        name = f"{place}.{table['table_name']}"
    said = " ".join(str(text) for text in table.get("description") or [] if text)
    return {
        "ref": f"dataset:{family(name)}",
        "name": name.rpartition(".")[2],
        "place": place,
        "columns": [str(column) for column in table.get("column_names") or []],
        "text": said,
    }


def main(arguments: list[str]) -> None:
    """Write both files."""
    clone, out = arguments
    found: dict[str, dict[str, Any]] = {}
    asked: dict[str, dict[str, Any]] = {}
    gold: dict[str, list[str]] = {}
    for path, content in files(clone):
        if path == QUESTIONS:
            asked = {row["instance_id"]: row for row in map(json.loads, content.decode().splitlines())}
        elif path == GOLD:
            gold = {row["instance_id"]: row["gold_tables"] for row in map(json.loads, content.decode().splitlines())}
        else:
            row = dataset(path, json.loads(content))
            found.setdefault(row["ref"], row)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "datasets.jsonl").open("w") as file:
        file.writelines(f"{json.dumps(row)}\n" for row in found.values())
    kept = 0
    with (folder / "questions.jsonl").open("w") as file:
        for key, row in asked.items():
            names = (table if "." in table else f"{row['db']}.{table}" for table in gold.get(key, []))
            refs = sorted({f"dataset:{family(name)}" for name in names} & found.keys())
            if refs:
                kept += 1
                file.write(f"{json.dumps({'question': row['question'], 'relevant': refs})}\n")
    print(f"{len(found)} datasets, {kept} questions in {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
