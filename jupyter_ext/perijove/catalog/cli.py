"""The catalog at the terminal."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click
import msgspec

from perijove.catalog.model import (
    Dataset,
    Engine,
    Filter,
    Hits,
    Level,
    NewSource,
    Operator,
    Preview,
    Profile,
    Sort,
    Source,
    Window,
)
from perijove.catalog.words import says_nothing
from perijove.core import terminal
from perijove.core.errors import Invalid
from perijove.core.terminal import json_option, me, show, table

if TYPE_CHECKING:
    from perijove.catalog.service import Catalog

catalog = click.Group("catalog", help="Find data and know it before you load it.")
ENGINES = get_args(Engine)
LEVELS = get_args(Level)
OPERATORS = get_args(Operator)
MOST_NAMED = 5


def _catalog() -> Catalog:
    return cast("Catalog", terminal.service("catalog"))


def reading() -> Catalog:
    """The catalog, for a command that reads data: what reads it loads while the rest of the command does."""
    from perijove.catalog import workers

    workers.begin()
    return _catalog()


def _scan(name: str, as_json: bool) -> Source:
    tasks = terminal.service("tasks")
    terminal.run_task(tasks, _catalog().start_scan(name, me()), quiet=as_json)
    return _catalog().source(name)


def _say_sources(sources: list[Source]) -> None:
    for source in sources:
        _say_source(source)


def _say_source(source: Source) -> None:
    click.echo(f"{source.name}: {source.datasets} datasets in {source.uri} ({source.kind})")
    for row in _catalog().datasets(source.name, me()).datasets:
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
@click.option("--source", default="", help="Only of this source.")
@click.option("--format", "form", default="", help="Only of this format, for instance parquet.")
@click.option("--owner", default="", help="Only what this person owns.")
@click.option("--tag", default="", help="Only what has this tag.")
@click.option("--problem/--no-problem", default=None, help="Only what cannot be read, or only what can.")
@json_option
def search(
    queries: tuple[str, ...],
    limit: int,
    source: str,
    form: str,
    owner: str,
    tag: str,
    problem: bool | None,
    as_json: bool,
) -> None:
    """Find datasets by name, columns, description, owners, tags and the cells that used them.

    A short query wants all its words, a long one the rarest of them. Several queries give several answers.

    \b
    Example:
      perijove catalog search "customer orders daily"
      perijove catalog search "mean radius" --format parquet
    """
    from perijove.catalog.search_index import Narrow

    narrow = Narrow(source, form, owner, tag, problem)
    answers = [_catalog().search(query, me(), limit, narrow) for query in queries]
    value: Any = answers if len(answers) > 1 else answers[0]
    show(value, as_json, lambda: _say_hits(queries, answers))


def _say_hits(queries: tuple[str, ...], answers: list[Hits]) -> None:
    for query, answer in zip(queries, answers, strict=True):
        if not answer.hits:
            hint = " Ask with a letter or a digit." if says_nothing(query) else ""
            click.echo(f"Nothing matches “{query}”.{hint}")
            continue
        table(
            ("name", "source", "matched", "ref"), [(hit.name, hit.source, hit.snippet, hit.ref) for hit in answer.hits]
        )
        if answer.total > len(answer.hits):
            click.echo(f"{len(answer.hits)} of {answer.total}{' and more' if answer.more else ''}; --limit shows more.")


@catalog.command("show")
@click.argument("dataset", metavar="REF_OR_PATH")
@json_option
def show_dataset(dataset: str, as_json: bool) -> None:
    """Show a dataset's schema, size, and the least, greatest and missing values that its footer tells.

    \b
    Example:
      perijove catalog show data/tumours.parquet
    """
    found = reading().named(dataset, me()).show()
    show(found, as_json, lambda: _say_dataset(found))


def _say_dataset(dataset: Dataset) -> None:
    rows = "unknown" if dataset.rows is None else f"{dataset.rows:,}"
    size = "" if dataset.bytes is None else f", {dataset.bytes:,} bytes"
    click.echo(f"{dataset.name} ({dataset.format}): {rows} rows, {len(dataset.columns)} columns{size}")
    click.echo(dataset.ref)
    for head, words in (("owners", dataset.owners), ("tags", dataset.tags)):
        if words:
            click.echo(f"{head}: {', '.join(words)}")
    if dataset.description:
        click.echo(dataset.description)
    if dataset.problem:
        click.echo(dataset.problem)
    listed = [
        (one.name, one.type, "yes" if one.nullable else "no", one.min, one.max, one.nulls) for one in dataset.columns
    ]
    table(("column", "type", "nullable", "min", "max", "nulls"), listed, numbers=(3, 4, 5))


@catalog.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.option("--rows", default=20, show_default=True, help="How many rows, at most 1000.")
@click.option("--offset", default=0, help="How many rows to pass over.")
@click.option("--sort", "sorts", multiple=True, help="A column to order by; with a minus before it, descending.")
@click.option("--where", "filters", multiple=True, help="A filter: COLUMN OPERATOR VALUE, for instance “price > 10”.")
@click.option("--version", default="", help="A version of the dataset; see `perijove catalog versions`.")
@json_option
def preview(
    dataset: str, rows: int, offset: int, sorts: tuple[str, ...], filters: tuple[str, ...], version: str, as_json: bool
) -> None:
    """Show the first rows of a dataset, or those of a version, in an order and through filters.

    \b
    Example:
      perijove catalog preview "sqlite:///data/wine.db#wines" --rows 5
      perijove catalog preview data/tumours.parquet --sort=-radius --where "target = 0"
    """
    found = reading().named(dataset, me())
    if not (offset or sorts or filters or version):
        shown = found.preview(rows)
    else:
        order = [Sort(one.removeprefix("-"), one.startswith("-")) for one in sorts]
        shown = found.look(Window(rows, offset, order, [_filter(one) for one in filters], version=version))
    show(shown, as_json, lambda: _say_preview(shown))


def _filter(text: str) -> Filter:
    """A filter as a person writes it."""
    found = re.fullmatch(r"\s*(.+?)\s+(=|!=|<=|>=|<|>|contains|starts|null|not null)(?:\s+(.*?))?\s*", text)
    if found is None:
        raise Invalid(
            f"“{text}” is no filter.", hint=f"Write COLUMN OPERATOR VALUE; operators: {', '.join(OPERATORS)}."
        )
    column, operator, raw = found.groups()
    try:
        value = msgspec.json.decode(raw) if raw is not None else None
    except msgspec.DecodeError:
        value = raw
    if isinstance(value, float) and Decimal(str(raw)) != Decimal(repr(value)):
        value = raw  # more digits than a float keeps, as decimals have
    return Filter(column, cast(Operator, operator), value)


@catalog.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.option("--level", type=click.Choice(LEVELS), default="sample", show_default=True, help="What to look at.")
@click.option("--full", is_flag=True, help="All rows: the same as --level full.")
@click.option("--version", default="", help="A version of the dataset.")
@json_option
def profile(dataset: str, level: Level, full: bool, version: str, as_json: bool) -> None:
    """Figures of the columns: what the footer says, of a sample, or of all rows; each says what it rests on.

    \b
    Example:
      perijove catalog profile data/tumours.parquet
      perijove catalog profile data/tumours.parquet --full --json
    """
    found = reading().named(dataset, me()).profile("full" if full else level, version, quiet=as_json)
    show(_flat(found), as_json, lambda: _say_profile(found))


def _flat(found: Profile) -> dict[str, Any]:
    """A profile with the names that scripts rely on: method and share of it all, histogram and error of a column."""
    value: dict[str, Any] = msgspec.to_builtins(found)
    value |= {"method": found.basis.method, "share": found.basis.share}
    for column in value["columns"]:
        column |= {"histogram": column["bins"], "error": column["basis"]["error"]}
    return value


def _say_profile(found: Profile) -> None:
    basis = found.basis
    share = "" if basis.share is None else f", {basis.share:.1%} of the rows"
    error = "" if basis.error is None else f", ranks and shares within ±{basis.error:.1%} (95 %)"
    click.echo(f"{basis.method}{share}{error}")
    heads = ("column", "type", "nulls", "distinct", "min", "median", "max", "mean")
    rows = [
        (
            one.name,
            one.type,
            "" if one.null_share is None else f"{one.null_share:.1%}",
            one.distinct,
            _cell(one.min),
            _cell(one.quantiles.get("0.5")),
            _cell(one.max),
            None if one.mean is None else f"{one.mean:.6g}",
        )
        for one in found.columns
    ]
    table(heads, rows, numbers=(2, 3, 4, 5, 6, 7))
    problems: dict[str, list[str]] = {}
    for one in found.columns:
        problems.setdefault(one.problem, []).append(one.name)
    for problem, names in problems.items():
        if problem:
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            click.echo(f"{', '.join(names[:MOST_NAMED])}{more}: {problem}")


def _say_preview(found: Preview) -> None:
    rows = [[_cell(cell) for cell in row] for row in found.rows]
    table([column.name for column in found.columns], rows)
    if found.truncated:
        total = "more" if found.total_rows is None else f"{found.total_rows:,}"
        click.echo(f"{len(found.rows)} of {total} rows")
    if found.note:
        click.echo(found.note)


def _cell(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


@catalog.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.option("--engine", type=click.Choice(ENGINES), default="pandas", show_default=True, help="What loads it.")
@click.option("--version", default="", help="A version to pin; see `perijove catalog versions`.")
@json_option
def code(dataset: str, engine: Engine, version: str, as_json: bool) -> None:
    """Print Python that loads a dataset, with paths relative to the project.

    \b
    Example:
      perijove catalog code data/tumours.parquet --engine dask
    """
    found = reading().named(dataset, me()).code(engine, version)
    show(found, as_json, lambda: click.echo(found.code, nl=False))
