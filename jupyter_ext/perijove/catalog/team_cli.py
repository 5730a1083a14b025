"""The catalog at the terminal: versions, what people say of datasets, who may read them, other catalogs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from perijove.catalog.cli import catalog, reading
from perijove.catalog.formats_in import FORMATS
from perijove.catalog.shapes import About, Access, Ask, Decide, Diff, Grant, Imported, NewAbout, Restrict
from perijove.core import terminal
from perijove.core.errors import Invalid
from perijove.core.refs import KINDS
from perijove.core.terminal import json_option, me, show, table

if TYPE_CHECKING:
    from perijove.catalog.service import Catalog


def _catalog() -> Catalog:
    return cast("Catalog", terminal.service("catalog"))


def _ref(text: str) -> str:
    """The ref of a dataset or source as a person names it."""
    return text if text.partition(":")[0] in KINDS else str(_catalog().named(text, me()).ref)


@catalog.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@json_option
def versions(dataset: str, as_json: bool) -> None:
    """List the versions of a dataset: a table's own, or those of plain files that were seen.

    \b
    Example:
      perijove catalog versions data/orders_delta
    """
    found = reading().named(dataset, me()).versions()
    rows = [
        (one.id, f"{one.at:%Y-%m-%d %H:%M:%S}" if one.at else "", one.rows, one.operation, one.detail)
        for one in found.versions
    ]

    def human() -> None:
        table(("version", "at", "rows", "operation", "detail"), rows, numbers=(2,))
        click.echo(found.note)

    show(found, as_json, human)


@catalog.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.argument("before")
@click.argument("after")
@json_option
def diff(dataset: str, before: str, after: str, as_json: bool) -> None:
    """Say how one version of a dataset differs from an earlier one: schema, rows and figures.

    \b
    Example:
      perijove catalog diff data/orders_delta 0 3
    """
    looked = _catalog().named(dataset, me())
    found = _catalog().versions.diff(looked.ref, before, after, me())
    show(found, as_json, lambda: _say_diff(found))


def _say_diff(found: Diff) -> None:
    click.echo(f"rows: {found.rows.before} → {found.rows.after}; bytes: {found.bytes.before} → {found.bytes.after}")
    changed = [(one.name, one.change, one.before, one.after) for one in found.columns if one.change != "same"]
    if changed:
        table(("column", "change", "type before", "type after"), changed)
    if found.profile:
        table(
            ("column", "figure", "before", "after"),
            [(one.name, one.what, one.before, one.after) for one in found.profile],
        )
    if found.note:
        click.echo(found.note)


@catalog.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.option("--limit", default=50, show_default=True, help="The most things to show.")
@json_option
def uses(dataset: str, limit: int, as_json: bool) -> None:
    """List what uses a dataset: cells, notebooks, runs, models and jobs.

    \b
    Example:
      perijove catalog uses data/tumours.parquet
    """
    found = _catalog().uses(_catalog().named(dataset, me()).ref, me(), limit)
    rows = [(one.kind, one.name, one.detail, one.how, one.ref) for one in found.uses]
    show(found, as_json, lambda: table(("kind", "name", "where", "how", "ref"), rows))


@catalog.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.option("--description", help="A description in Markdown.")
@click.option("--owner", "owners", multiple=True, help="An owner, in place of those there were.")
@click.option("--tag", "tags", multiple=True, help="A tag, in place of those there were.")
@click.option("--column", "columns", nargs=2, multiple=True, metavar="NAME TEXT", help="A sentence for a column.")
@json_option
def about(
    dataset: str,
    description: str | None,
    owners: tuple[str, ...],
    tags: tuple[str, ...],
    columns: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Show or change what people say of a dataset.

    \b
    Example:
      perijove catalog about tumours --tag gold --owner lena --column "mean radius" "In micrometres."
    """
    ref = _ref(dataset)
    if description is None and not owners and not tags and not columns:
        found = _catalog().about.get(ref, me())
    else:
        body = NewAbout(ref, description, list(owners) or None, list(tags) or None, dict(columns) or None)
        found = _catalog().say(body, me())
    show(found, as_json, lambda: _say_about(found))


def _say_about(found: About) -> None:
    click.echo(found.description or "No description yet.")
    click.echo(f"owners: {', '.join(found.owners) or '–'}\ntags: {', '.join(found.tags) or '–'}")
    if found.columns:
        table(("column", "description"), list(found.columns.items()))


@catalog.group()
def access() -> None:
    """Who may read a dataset: show, restrict, open, grant, revoke, ask, decide."""


@access.command("show")
@click.argument("dataset", metavar="REF_OR_PATH")
@json_option
def show_access(dataset: str, as_json: bool) -> None:
    """Show who may read a dataset, and why.

    \b
    Example:
      perijove catalog access show tumours
    """
    _give_access(_ref(dataset), as_json)


def _give_access(ref: str, as_json: bool) -> None:
    from perijove.core.refs import Ref

    found = _catalog().access.show(Ref.parse(ref), me())
    show(found, as_json, lambda: _say_access(found))


def _say_access(found: Access) -> None:
    click.echo(f"{'Open' if found.open else 'Restricted'}. {found.why}")
    table(("who", "kind", "why"), [(one.who, one.kind, one.why) for one in found.readers])
    if found.requests:
        table(("request", "who", "reason", "state"), [(r.id, r.who, r.reason, r.state) for r in found.requests])


def _restrict(dataset: str, reason: str, restricted: bool, as_json: bool) -> None:
    ref = _ref(dataset)
    _catalog().restrict(Restrict(ref, reason, restricted), me())
    _give_access(ref, as_json)


@access.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.option("--reason", required=True, help="Why, in a sentence.")
@json_option
def restrict(dataset: str, reason: str, as_json: bool) -> None:
    """Let only its readers read a dataset, or all of a source.

    \b
    Example:
      perijove catalog access restrict source:lab --reason "Patients' data."
    """
    _restrict(dataset, reason, True, as_json)


@access.command("open")
@click.argument("dataset", metavar="REF_OR_PATH")
@click.option("--reason", default="", help="Why, in a sentence.")
@json_option
def open_again(dataset: str, reason: str, as_json: bool) -> None:
    """Open a restricted dataset or source to everyone again.

    \b
    Example:
      perijove catalog access open tumours
    """
    _restrict(dataset, reason, False, as_json)


@access.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.argument("who")
@click.option("--role", is_flag=True, help="WHO is a role, not a person.")
@click.option("--reason", default="", help="Why they may.")
@json_option
def grant(dataset: str, who: str, role: bool, reason: str, as_json: bool) -> None:
    """Let a person or a role read a restricted dataset or source.

    \b
    Example:
      perijove catalog access grant tumours lena --reason "Works on the trial."
    """
    ref = _ref(dataset)
    _catalog().access.grant(Grant(ref, who, "role" if role else "person", reason), me())
    _give_access(ref, as_json)


@access.command()
@click.argument("dataset", metavar="REF_OR_PATH")
@click.argument("who")
@click.option("--role", is_flag=True, help="WHO is a role, not a person.")
@click.option("--reason", default="", help="Why no longer.")
@json_option
def revoke(dataset: str, who: str, role: bool, reason: str, as_json: bool) -> None:
    """Let a person or a role read no longer; it counts at once.

    \b
    Example:
      perijove catalog access revoke tumours lena
    """
    ref = _ref(dataset)
    _catalog().access.revoke(Grant(ref, who, "role" if role else "person", reason), me())
    _give_access(ref, as_json)


@access.command()
@click.argument("ref")
@click.option("--reason", required=True, help="What you need it for.")
@json_option
def ask(ref: str, reason: str, as_json: bool) -> None:
    """Ask to read a restricted dataset.

    \b
    Example:
      perijove catalog access ask dataset:file:///data/tumours.parquet --reason "For the trial."
    """
    found = _catalog().ask(Ask(ref, reason), me())
    show(found, as_json, lambda: click.echo(f"Asked; the request is {found.id}."))


@access.command()
@click.argument("id")
@click.option("--approve/--refuse", required=True, help="What you decide.")
@click.option("--reason", default="", help="Why; needed to refuse.")
@json_option
def decide(id: str, approve: bool, reason: str, as_json: bool) -> None:
    """Approve or refuse a request.

    \b
    Example:
      perijove catalog access decide 3f2a9c0d11e2 --approve
    """
    found = _catalog().access.decide(Decide(id, approve, reason), me())
    show(found, as_json, lambda: click.echo(f"{found.who}: {found.state}."))


@access.command()
@click.option("--all", "everything", is_flag=True, help="Decided ones too.")
@json_option
def requests(everything: bool, as_json: bool) -> None:
    """List requests: your own, and those you may decide.

    \b
    Example:
      perijove catalog access requests
    """
    found = _catalog().access.requests(me(), "" if everything else "open")
    rows = [(one.id, one.who, one.name, one.reason, one.state, one.answer) for one in found]
    show(found, as_json, lambda: table(("request", "who", "dataset", "reason", "state", "answer"), rows))


@catalog.command("import")
@click.argument("place", metavar="FILE_OR_URL")
@click.option("--from", "form", default="", type=click.Choice(["", *FORMATS]), help="The format; guessed if left out.")
@json_option
def import_from(place: str, form: str, as_json: bool) -> None:
    """Take in what another catalog knows of datasets: descriptions, owners, tags, columns; no data.

    \b
    Example:
      perijove catalog import target/manifest.json --from dbt-manifest
    """
    here = Path(place).expanduser().absolute()
    found = _catalog().importing.run(str(here) if here.exists() else place, form, me())
    show(found, as_json, lambda: _say_import(found))


def _say_import(found: Imported) -> None:
    click.echo(f"{found.imported} datasets, {found.new} of them new to the catalog; {len(found.skipped)} left out.")
    for one in found.skipped[:20]:
        click.echo(f"  {one.line}: {one.reason}")


@catalog.command("export")
@click.argument("path", type=click.Path(dir_okay=False, writable=True))
@json_option
def export(path: str, as_json: bool) -> None:
    """Write what is known of all datasets as JSON lines, which `perijove catalog import` reads.

    \b
    Example:
      perijove catalog export datasets.jsonl
    """
    try:
        count = _catalog().importing.export(Path(path), me())
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror or error}.", hint="Name another file.") from error
    show({"exported": count}, as_json, lambda: click.echo(f"{count} datasets in {path}."))


__all__ = ["catalog"]
