"""Notebooks at the terminal: store, look at, check, clean; the commands around git are in ``cli_git``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from perijove.core import terminal
from perijove.core.errors import Invalid, NotFound, PerijoveError
from perijove.core.terminal import json_option, me, show, table
from perijove.storage.cli_git import diff, install_git, log, merge, reading, restore, writing
from perijove.storage.model import Status

if TYPE_CHECKING:
    from perijove.storage.git import Standing
    from perijove.storage.model import CheckReport, Cleaned, Converted
    from perijove.storage.service import Storage

nb = click.Group("nb", help="Notebooks as text: convert, compare, merge, restore.")
for command in (diff, merge, log, restore, install_git):
    nb.add_command(command)

SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})


class Listed(Status, frozen=True, rename="camel"):
    """A notebook in a list; ``problem`` says why it cannot be read, so that one bad file does not hide the others."""

    problem: str = ""


@nb.command()
@click.argument("source", metavar="IN")
@click.argument("target", metavar="[OUT]", required=False)
@click.option(
    "--to", type=click.Choice(["text", "notebook"]), help="Without OUT: what IN, or all of a folder, becomes."
)
@click.option("--force", is_flag=True, help="Write over OUT.")
@json_option
def convert(source: str, target: str | None, to: str | None, force: bool, as_json: bool) -> None:
    """Write a notebook in another format by the ending of OUT, or convert it in place with --to.

    The endings: .ipynb, text notebooks (.py, .R, .jl, ...), and through jupytext .md, .myst.md, .Rmd, .qmd, .light.py.

    \b
    Example:
      perijove nb convert churn.ipynb churn.py
      perijove nb convert notebooks --to text
    """
    if (target is None) == (to is None):
        raise Invalid("Give OUT, or say with --to what IN is to become.", hint="See `perijove nb convert --help`.")
    report = _one(source, target, force) if target is not None else _in_place(source, str(to), as_json)
    show(report[0] if target is not None else report, as_json, lambda: _say_converted(report))
    if any(one.problem for one in report):
        raise click.exceptions.Exit(1)


def _one(source: str, target: str, force: bool) -> list[Converted]:
    from perijove.storage.convert import convert_file

    documents = writing(Path(source)).documents
    made = convert_file(documents, Path(source).absolute(), Path(target).absolute(), overwrite=force)
    documents.close()
    return [made]


def _in_place(source: str, to: Any, as_json: bool) -> list[Converted]:
    from perijove.storage.model import Convert, Converted

    storage = writing(Path(source))
    task = storage.convert(Convert(str(Path(source).absolute()), to), me())
    ended = terminal.run_task(storage.tasks, task, quiet=as_json)
    storage.documents.close()
    return msgspec.convert(ended.result, list[Converted])


def _say_converted(report: list[Converted]) -> None:
    for one in report:
        became = f"{one.path} became {one.became}{f'; {one.note}' if one.note else ''}"
        click.echo(f"{one.path}: {one.problem}" if one.problem else became)
    if not report:
        click.echo("There was nothing to convert.")


@nb.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@json_option
def status(paths: tuple[str, ...], as_json: bool) -> None:
    """How notebooks are stored, and how they stand to git: files, all below a folder, or all below this one.

    \b
    Example:
      perijove nb status churn.py --json
    """
    from perijove.storage.git import standings

    found: list[Listed] = []
    for path in [Path(path).absolute() for path in paths] or [Path.cwd()]:
        storage = reading(path)
        if path.is_dir():
            inside = standings(_notebooks(storage, path))
            found += [_listed(storage, file, standing) for file, standing in inside.items()]
        else:
            found.append(Listed(**msgspec.structs.asdict(storage.status(str(path)))))
    show(found, as_json, lambda: _say_status(found))


def _listed(storage: Storage, file: Path, standing: Standing) -> Listed:
    """The status of a notebook; one that cannot be read is listed with why."""
    try:
        return Listed(**msgspec.structs.asdict(storage.status(str(file), standing)))
    except PerijoveError as error:
        return Listed(
            path=storage.project.relative(file),
            stored="text" if storage.documents.is_text(file) else "notebook",
            git=standing.state,
            problem=error.message,
        )


def _notebooks(storage: Storage, folder: Path) -> list[Path]:
    found: list[Path] = []
    for file in sorted(folder.iterdir()):
        if file.name.startswith(".") or file.is_symlink():
            continue
        if file.is_dir() and file.name not in SKIPPED and file.suffix not in (".outputs", ".attachments"):
            found += _notebooks(storage, file)
        elif storage.documents.is_text(file) or (
            file.suffix == ".ipynb" and file.is_file() and storage.documents.at(file) == file.resolve()
        ):
            found.append(file)
    return found


def _say_status(found: list[Listed]) -> None:
    rows = [
        (one.path, "text" if one.stored == "text" else ".ipynb", one.git, one.conflicts or "", len(one.stale) or "")
        for one in found
        if not one.problem
    ]
    if rows:
        table(("notebook", "stored as", "git", "conflicts", "stale cells"), rows, numbers=(3, 4))
    for one in found:
        if one.problem:
            click.echo(f"{one.path}: {one.problem}")
    if not found:
        click.echo("There is no notebook here.")


@nb.command("show")
@click.argument("path")
@click.option("--rev", default="", help="As it was in a commit.")
@click.option("--text", "as_text", is_flag=True, help="As text, without outputs; what git diff shows.")
@json_option
def show_notebook(path: str, rev: str, as_text: bool, as_json: bool) -> None:
    """Print a notebook as .ipynb JSON with its outputs, or as text.

    \b
    Example:
      perijove nb show churn.py > churn.ipynb
      perijove nb show churn.ipynb --text
    """
    file = Path(path).absolute()
    if not rev and not file.is_file():
        raise NotFound(f"There is no {path}.", hint="Name a notebook.")
    if as_text and not rev:
        from perijove.storage.drivers import shown

        text = shown(file.read_bytes())
    else:
        text = _printed(file, rev, as_text)
    click.echo(json.dumps({"path": path, "text": text}) if as_json and as_text else text, nl=as_json and as_text)


def _printed(file: Path, rev: str, as_text: bool) -> str:
    from perijove.storage import conflicts, ipynb, outputs, text

    storage = reading(file)
    if rev:
        found = storage.history.at(storage.documents.at(storage.project.inside(file)), rev, stubs=False)[0]
    else:
        found = storage.documents.load(file, ids=False).notebook
    lowered = conflicts.lower(found)
    if as_text:
        return text.to_text(lowered).text
    return ipynb.serialise(outputs.fill_notebook(lowered, storage.documents.get_blob)).decode()


@nb.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@json_option
def check(paths: tuple[str, ...], as_json: bool) -> None:
    """Check that notebooks come back whole from text: every cell, id, output and attachment. Nothing is written.

    The exit code is 1 if one would not; those that are not valid are listed with the reason.

    \b
    Example:
      perijove nb check notebooks --json
    """
    from perijove.storage.check import check as check_all

    for path in paths:
        if not Path(path).exists():
            raise NotFound(f"There is no {path}.", hint="Name a notebook or a folder.")
    report = check_all([Path(path) for path in paths])
    show(report, as_json, lambda: _say_check(report))
    if report.losses:
        raise click.exceptions.Exit(1)


def _say_check(report: CheckReport) -> None:
    click.echo(f"{report.found} found, {report.valid} valid, {report.lossless} come back whole.")
    for loss in (*report.losses, *report.invalid):
        click.echo(f"  {loss.path}: {loss.kind}, {loss.detail}")


@nb.command()
@json_option
def clean(as_json: bool) -> None:
    """Take away outputs that nothing refers to any more: of cells and notebooks that are gone.

    \b
    Example:
      perijove nb clean
    """
    found = writing(Path.cwd()).clean()
    show(found, as_json, lambda: _say_cleaned(found))


def _say_cleaned(found: Cleaned) -> None:
    click.echo(f"{found.blobs} outputs ({found.bytes:,} bytes) and {found.manifests} manifests taken away.")
