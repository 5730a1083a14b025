"""The catalog at the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast, get_args

import click
import msgspec

from perijove.catalog.model import Dataset, Engine, Hits, NewSource, Preview, Source
from perijove.catalog.service import Catalog
from perijove.core import terminal
from perijove.core.terminal import json_option, me, show, table

catalog = click.Group("catalog", help="Find data and know it before you load it.")
ENGINES = get_args(Engine)


def _catalog() -> Catalog:
    return cast(Catalog, terminal.service("catalog"))


def _scan(name: str, as_json: bool) -> Source:
    tasks = terminal.service("tasks")
    terminal.run_task(tasks, _catalog().start_scan(name, me()), quiet=as_json)
    return _catalog().source(name)


def _say_sources(sources: list[Source]) -> None:
    for source in sources:
        _say_source(source)


def _say_source(source: Source) -> None:
    click.echo(f"{source.name}: {source.datasets} datasets in {source.uri} ({source.kind})")
    for row in _catalog().datasets(source.name).datasets:
        if row.problem:
            click.echo(f"  {row.name}: {row.problem}")


@catalog.command()
@click.argument("name")
@click.argument("uri")
@click.option("--kind", default="", help="The kind of source; guessed from the URI where left out.")
@json_option
def add(name: str, uri: str, kind: str, as_json: bool) -> None:
    """Add a folder, a file or a database as a source, and scan it.

    A password is written as a reference to an environment variable: postgresql://me:${DB_PASSWORD}@host/db.

    \b
    Example:
      perijove catalog add lab data/
      perijove catalog add wine sqlite:///data/wine.db
    """
    here = Path(uri).expanduser().absolute()
    _catalog().add(NewSource(name, str(here) if here.exists() else uri, kind), me())
    source = _scan(name, as_json)
    show(source, as_json, lambda: _say_source(source))


@catalog.command("sources")
@json_option
def list_sources(as_json: bool) -> None:
    """List all sources.

    \b
    Example:
      perijove catalog sources --json
    """
    found = _catalog().sources()
    rows = [(one.name, one.kind, one.state, one.datasets, one.uri, one.problem) for one in found]
    heads = ("name", "kind", "state", "datasets", "uri", "problem")
    empty = "No sources yet. Add one: perijove catalog add NAME URI"
    show(found, as_json, lambda: table(heads, rows, numbers=(3,)) if rows else click.echo(empty))


@catalog.command()
@click.argument("name")
@json_option
def rm(name: str, as_json: bool) -> None:
    """Forget a source and its datasets; the data itself stays.

    \b
    Example:
      perijove catalog rm lab
    """
    source = _catalog().source(name)
    _catalog().remove(name, me())
    show(source, as_json, lambda: click.echo(f"{name} is no longer a source; its data is untouched."))


@catalog.command()
@click.argument("name", required=False)
@json_option
def scan(name: str | None, as_json: bool) -> None:
    """Look for datasets again, in one source or in all.

    \b
    Example:
      perijove catalog scan lab
    """
    names = [name] if name else [source.name for source in _catalog().sources()]
    scanned = [_scan(one, as_json) for one in names]
    show(scanned, as_json, lambda: _say_sources(scanned))


@catalog.command()
@click.argument("queries", nargs=-1, required=True, metavar="QUERY...")
@click.option("--limit", default=20, show_default=True, help="The most datasets to show for a query.")
@json_option
def search(queries: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find datasets by name and column; all words of a query must match. Several queries give several answers.

    \b
    Example:
      perijove catalog search "mean radius"
    """
    answers = [_catalog().search(query, limit) for query in queries]
    value: Any = answers if len(answers) > 1 else answers[0]
    show(value, as_json, lambda: _say_hits(queries, answers))


def _say_hits(queries: tuple[str, ...], answers: list[Hits]) -> None:
    for query, answer in zip(queries, answers, strict=True):
        if not answer.hits:
            click.echo(f"Nothing matches “{query}”.")
            continue
        table(
            ("name", "source", "matched", "ref"), [(hit.name, hit.source, hit.snippet, hit.ref) for hit in answer.hits]
        )
        if answer.total > len(answer.hits):
            click.echo(f"{len(answer.hits)} of {answer.total}; --limit shows more.")


@catalog.command("show")
@click.argument("dataset", metavar="REF_OR_PATH")
@json_option
def show_dataset(dataset: str, as_json: bool) -> None:
    """Show a dataset's schema, size, and the least, greatest and missing values that its footer tells.

    \b
    Example:
      perijove catalog show data/tumours.parquet
    """
    found = _catalog().look(dataset).show()
    show(found, as_json, lambda: _say_dataset(found))


def _say_dataset(dataset: Dataset) -> None:
    rows = "unknown" if dataset.rows is None else f"{dataset.rows:,}"
    size = "" if dataset.bytes is None else f", {dataset.bytes:,} bytes"
    click.echo(f"{dataset.name} ({dataset.format}): {rows} rows, {len(dataset.columns)} columns{size}")
    click.echo(dataset.ref)
    if dataset.problem:
        click.echo(dataset.problem)
    listed = [
        (one.name, one.type, "yes" if one.nullable else "no", one.min, one.max, one.nulls) for one in dataset.columns
    ]
    table(("column", "type", "nullable", "min", "max", "nulls"), listed, numbers=(3, 4, 5))


@catalog.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.option("--rows", default=20, show_default=True, help="How many rows, at most 1000.")
@json_option
def preview(dataset: str, rows: int, as_json: bool) -> None:
    """Show the first rows of a dataset.

    \b
    Example:
      perijove catalog preview "sqlite:///data/wine.db#wines" --rows 5
    """
    found = _catalog().look(dataset).preview(rows)
    show(found, as_json, lambda: _say_preview(found))


def _say_preview(found: Preview) -> None:
    rows = [[cell if isinstance(cell, str) else _cell(cell) for cell in row] for row in found.rows]
    table([column.name for column in found.columns], rows)
    if found.truncated:
        total = "more" if found.total_rows is None else f"{found.total_rows:,}"
        click.echo(f"{len(found.rows)} of {total} rows")


def _cell(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


@catalog.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.option("--engine", type=click.Choice(ENGINES), default="pandas", show_default=True, help="What loads it.")
@json_option
def code(dataset: str, engine: Engine, as_json: bool) -> None:
    """Print Python that loads a dataset, with paths relative to the project.

    \b
    Example:
      perijove catalog code data/tumours.parquet --engine dask
    """
    found = _catalog().look(dataset).code(engine)
    show(found, as_json, lambda: click.echo(found.code, nl=False))
