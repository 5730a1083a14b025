"""How fast and how well the catalog's search finds datasets, beside an ordered LIKE scan and tantivy.

``python benchmarks/search.py [--rows N …] [--questions PATH]``: PATH is a folder with ``datasets.jsonl`` (ref, name,
place, columns, text) and ``questions.jsonl`` (question, relevant: refs); ``benchmarks/search_spider2.py`` makes one
from real schemas. Times are of the CPU. tantivy is beside where it is installed (uv sync --group benchmarks).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from results import put
from sqlalchemy import text

import perijove.wiring  # noqa: F401 - names every table
from perijove.catalog import search_index
from perijove.catalog.documents import Document
from perijove.core.database import Database

GUARDS = 20
SHARE_GUARDED = 0.1
TOPICS = [
    "customer",
    "order",
    "product",
    "payment",
    "invoice",
    "price",
    "store",
    "country",
    "city",
    "region",
    "date",
    "month",
    "year",
    "amount",
    "total",
    "count",
    "account",
    "balance",
    "user",
    "session",
    "event",
    "page",
    "click",
    "visit",
    "device",
    "browser",
    "campaign",
    "channel",
    "source",
    "target",
    "email",
    "address",
    "phone",
    "patient",
    "visit",
    "diagnosis",
    "tumour",
    "radius",
    "texture",
    "gene",
    "sample",
    "assay",
    "dose",
    "weight",
    "height",
    "age",
    "sex",
    "status",
    "type",
    "category",
    "employee",
    "salary",
    "department",
    "manager",
    "project",
    "task",
    "job",
    "run",
    "model",
    "metric",
    "value",
    "score",
    "rate",
    "ratio",
    "share",
    "index",
    "level",
    "station",
    "weather",
    "temperature",
    "wind",
    "rain",
    "sensor",
    "meter",
    "power",
    "energy",
    "voltage",
    "signal",
    "latitude",
    "longitude",
    "altitude",
    "time",
]


def vocabulary(rng: random.Random, size: int) -> list[str]:
    """Words, the most common first: those that tables often have, then made ones."""
    parts = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "ar", "en", "is", "on", "ul")]
    made = {"".join(rng.choices(parts, k=rng.choice((2, 3, 3, 4)))) for _ in range(size)}
    return [*dict.fromkeys(TOPICS), *sorted(made - set(TOPICS))][:size]


def rows(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Datasets whose words follow Zipf's law."""
    rng = random.Random(seed)
    words = vocabulary(rng, 30_000)
    weights = [1 / (rank + 3) for rank in range(len(words))]
    pool = rng.choices(words, weights, k=2_000_000)
    for number in range(count):
        start = rng.randrange(len(pool) - 50)
        take = pool[start : start + 46]
        columns = [f"{take[i]}_{take[i + 1]}" for i in range(2, 26, 2)]
        yield {
            "ref": f"dataset:{number}",
            "name": f"{take[0]}_{take[1]}_{number % 977}" if number % 2 else f"{take[0]}{take[1].title()}",
            "columns": columns,
            "text": " ".join(take[26:]),
            "guard": 1 + number % GUARDS if rng.random() < SHARE_GUARDED else 0,
            "prior": int(rng.paretovariate(1.2)) if rng.random() < 0.2 else 0,
        }


def questions(count: int, seed: int = 11) -> list[str]:
    """One, two and three words, common and rare, some unfinished, as people type them."""
    rng = random.Random(seed)
    words = vocabulary(random.Random(7), 30_000)
    weights = [1 / (rank + 3) for rank in range(len(words))]
    found = []
    for index in range(count):
        chosen = rng.choices(words, weights, k=1 + index % 3)
        if index % 5 == 4:
            chosen[-1] = chosen[-1][: max(3, len(chosen[-1]) - 2)]
        found.append(" ".join(chosen))
    return found


def build(folder: Path, count: int) -> tuple[Database, float, float]:
    """Our index and the table that is scanned, over the same rows; gives the CPU seconds of ours and its size in MB."""
    database = Database(f"sqlite:///{folder / 'ours.db'}")
    if (folder / "seconds.json").exists():
        return database, float((folder / "seconds.json").read_text()), pages(database) / 1e6
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE plain (ref TEXT, name TEXT, columns TEXT, said TEXT)"))
    begin = time.process_time()
    with database.begin() as connection:
        search_index.put(connection, (document(row) for row in rows(count)))
    seconds = time.process_time() - begin
    with database.begin() as connection:
        for batch in batches(rows(count), 10_000):
            values = [{**row, "columns": " ".join(row["columns"])} for row in batch]
            connection.execute(text("INSERT INTO plain VALUES (:ref, :name, :columns, :text)"), values)
    (folder / "seconds.json").write_text(json.dumps(seconds))
    return database, seconds, pages(database) / 1e6


def pages(database: Database) -> float:
    with database.begin() as connection:
        query = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'catalog_%' OR name LIKE 'sqlite_auto%catalog%'"
        try:
            return float(connection.execute(text(query)).scalar() or 0)
        except Exception:  # noqa: BLE001 - a SQLite without dbstat cannot tell
            return 0.0


def batches(source: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in source:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def document(row: dict[str, Any]) -> Document:
    return Document(
        ref=row["ref"],
        source="bench",
        format="sql",
        name=row["name"],
        place=row.get("place", ""),
        columns=row["columns"],
        text=row["text"],
        prior=row.get("prior", 0),
        guard=row.get("guard", 0),
    )


def ours(database: Database, guards: Sequence[int] | None = None) -> Callable[[str], list[str]]:
    def ask(question: str) -> list[str]:
        with database.read() as connection:
            return [match.ref for match in search_index.find(connection, question, 20, guards).best]

    return ask


def scanning(database: Database) -> Callable[[str], list[str]]:
    """What a catalog without an index does: every row is looked at, and what has the words is put in order."""

    def ask(question: str) -> list[str]:
        words = question.split()
        has = " AND ".join(f"(name LIKE :w{i} OR columns LIKE :w{i} OR said LIKE :w{i})" for i in range(len(words)))
        bound = {f"w{i}": f"%{word}%" for i, word in enumerate(words)}
        query = f"SELECT ref FROM plain WHERE {has} ORDER BY name LIMIT 20"
        with database.read() as connection:
            return [row.ref for row in connection.execute(text(query), bound)]

    return ask


def tantivy_index(source: Iterator[dict[str, Any]], place_in_name: bool = True) -> Callable[[str], list[str]] | None:
    """tantivy with its English stemmer; identifiers are parted at underscores for it."""
    try:
        import tantivy
    except ImportError:
        return None
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("ref", stored=True, tokenizer_name="raw")
    for field in ("name", "columns", "text"):
        builder.add_text_field(field, tokenizer_name="en_stem")
    index = tantivy.Index(builder.build())
    writer = index.writer(200_000_000, 1)
    for row in source:
        name = f"{row.get('place', '')} {row['name']}" if place_in_name else row["name"]
        columns = " ".join(row["columns"]).replace("_", " ")
        writer.add_document(
            tantivy.Document(ref=[row["ref"]], name=[name.replace("_", " ")], columns=[columns], text=[row["text"]])
        )
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def ask(question: str) -> list[str]:
        plain = re.sub(r"[^\w]+|_", " ", question).lower()
        query = index.parse_query(plain, ["name", "columns", "text"], field_boosts={"name": 3.0})
        return [searcher.doc(address)["ref"][0] for _, address in searcher.search(query, 20).hits]

    return ask


def times(ask: Callable[[str], list[str]], asked: Sequence[str]) -> tuple[float, float]:
    """Median and 95th percentile of the CPU time of a question, in ms."""
    found = []
    for question in asked:
        begin = time.process_time()
        ask(question)
        found.append(1000 * (time.process_time() - begin))
    found.sort()
    return statistics.median(found), found[int(0.95 * (len(found) - 1))]


def speed(count: int, kept: Path | None) -> list[str]:
    asked = questions(300)
    with tempfile.TemporaryDirectory() as fresh_folder:
        folder = kept / str(count) if kept else Path(fresh_folder)
        folder.mkdir(parents=True, exist_ok=True)
        database, seconds, size = build(folder, count)
        allowed = [0, *range(1, GUARDS // 2)]
        times(ours(database), asked[:60])
        free = times(ours(database), asked)
        held = times(ours(database, allowed), asked)
        scan = times(scanning(database), asked[:: 10 if count > 200_000 else 3])
        fresh = visible(database)
        database.close()
    peer = tantivy_index(rows(count))
    other = times(peer, asked) if peer else (0.0, 0.0)
    label = f"{count:,}"
    lines = [
        f"| {label} | built, CPU s | {seconds:.0f} | | – |",
        f"| {label} | index, MB | {size:.0f} | | – |",
        f"| {label} | ordered LIKE scan, p50 / p95 ms | {scan[0]:.1f} / {scan[1]:.1f} | | – |",
        f"| {label} | tantivy stemmed, p50 / p95 ms | {other[0]:.2f} / {other[1]:.2f} | | – |",
        f"| {label} | ours, p50 / p95 ms | {free[0]:.1f} / {free[1]:.1f} | p95 ≤ 50 | {yes(free[1] <= 50)} |",
        f"| {label} | ours / LIKE scan, p95 | 1/{scan[1] / free[1]:.0f} | ≤ 1/20 | {yes(free[1] <= scan[1] / 20)} |",
        f"| {label} | with a permission filter, p50 / p95 ms | {held[0]:.1f} / {held[1]:.1f} "
        f"| p95 ≤ 1.3 × | {yes(held[1] <= 1.3 * free[1])} ({held[1] / free[1]:.2f} ×) |",
        f"| {label} | a new dataset is found after, ms | {fresh:.1f} | ≤ 1000 | {yes(fresh <= 1000)} |",
    ]
    print("\n".join(lines), flush=True)
    return lines


def visible(database: Database) -> float:
    """How long until a dataset that was just written is found, in ms."""
    begin = time.perf_counter()
    with database.begin() as connection:
        search_index.put(connection, [Document("dataset:fresh", "s", "csv", "zyxquark_report")])
    while "dataset:fresh" not in ours(database)("zyxquark"):
        pass
    return 1000 * (time.perf_counter() - begin)


def yes(holds: bool) -> str:
    return "yes" if holds else "no"


def quality(path: Path) -> list[str]:
    """Recall@10 and MRR of each way over questions of people."""
    known = [json.loads(line) for line in (path / "datasets.jsonl").open()]
    asked = [json.loads(line) for line in (path / "questions.jsonl").open()]
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/ours.db")
        with database.begin() as connection:
            search_index.put(connection, (document(row) for row in known))
        ways = {"ours": ours(database)}
        for name, place in (("tantivy, stemmed", True), ("tantivy, stemmed, without the place", False)):
            if peer := tantivy_index(iter(known), place):
                ways[name] = peer
        for name, ask in ways.items():
            begin = time.process_time()
            recall, mrr = judge(ask, asked)
            each = 1000 * (time.process_time() - begin) / len(asked)
            lines.append(f"| {name} | {recall:.3f} | {mrr:.3f} | {each:.1f} |")
        database.close()
    print("\n".join(lines), flush=True)
    return [f"{len(known):,} datasets, {len(asked)} questions from `{path.name}`", "", *HEAD, *lines]


HEAD = ("| | recall@10 | MRR | CPU ms a question |", "|---|---|---|---|")


def judge(ask: Callable[[str], list[str]], asked: Sequence[dict[str, Any]]) -> tuple[float, float]:
    recall = mrr = 0.0
    for one in asked:
        right = set(one["relevant"])
        found = ask(one["question"])[:10]
        recall += len(right & set(found)) / len(right)
        mrr += next((1 / rank for rank, ref in enumerate(found, 1) if ref in right), 0.0)
    return recall / len(asked), mrr / len(asked)


def main() -> None:
    """Measure and write RESULTS.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--folder", type=Path, help="keep the databases here, and use those that are there")
    parser.add_argument("--build", action="store_true", help="only build them")
    parser.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = parser.parse_args()
    if given.build:
        for count in given.rows:
            (given.folder / str(count)).mkdir(parents=True, exist_ok=True)
            build(given.folder / str(count), count)[0].close()
        return
    table = ["| datasets | | | bar | holds |", "|---|---|---|---|---|"]
    for count in given.rows:
        table += speed(count, given.folder)
    parts = ["\n".join(table)] if given.rows else []
    if given.questions:
        parts.append("\n".join(quality(given.questions)))
    if not given.dry:
        put("search", "python benchmarks/search.py --questions PATH", "\n\n".join(parts))


if __name__ == "__main__":
    main()
