"""The commands around git: compare, merge, look back, restore, and install the drivers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
import msgspec

from perijove.core import terminal
from perijove.core.errors import Conflict, Failed, NotFound
from perijove.core.terminal import json_option, me, show, table

if TYPE_CHECKING:
    from perijove.core.tasks import Tasks
    from perijove.storage.drivers import Installed
    from perijove.storage.model import Line, Notebook, NotebookDiff, NotebookVersion, Status
    from perijove.storage.places import Outputs
    from perijove.storage.service import Storage

SIGNS = {"same": " ", "removed": "-", "added": "+"}
COLOURS = {"-": "red", "+": "green"}
AROUND = 2


class MergeReport(msgspec.Struct, frozen=True):
    """What a merge did: the ids of conflict cells, how many cells merged by themselves, where it was written."""

    output: str
    conflicts: list[str]
    merged: int
    by: str


def writing(near: Path) -> Storage:
    """Storage of the project a file belongs to."""
    return cast("Storage", terminal.service("storage", near))


def reading(near: Path) -> Storage:
    """The same for commands that only look: they leave no project's folder where there was none."""
    from perijove.core.events import Events
    from perijove.core.project import Project
    from perijove.storage.documents import Documents
    from perijove.storage.service import Storage

    project = Project.find(near)
    return Storage(project, Documents(project), Events("cli"), cast("Tasks", None))


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@click.option("--no-outputs", is_flag=True, help="Compare sources and metadata only.")
@json_option
def diff(before: str, after: str | None, no_outputs: bool, as_json: bool) -> None:
    """Compare two notebooks cell by cell. A side is a file, or REV:FILE; A alone is compared with its last commit.

    \b
    Example:
      perijove nb diff churn.py
      perijove nb diff HEAD~2:churn.py churn.py
      perijove nb diff old.ipynb new.py --json
    """
    from perijove.storage import diff as differ

    sides = (before, after) if after is not None else (f"HEAD:{before}", before)
    old, new = (_side(side) for side in sides)
    found = differ.diff(old, new, outputs=not no_outputs, names=(sides[0], sides[1]), path=sides[1])
    show(found, as_json, lambda: _say_diff(found))


def _side(side: str) -> Notebook:
    file = Path(side).absolute()
    rev, colon, path = side.partition(":")
    if colon and not file.exists():
        storage = reading(Path(path))
        place = storage.documents.at(storage.project.inside(Path(path).absolute()))
        return storage.history.at(place, rev or "HEAD", stubs=False)[0]
    if not file.is_file():
        raise NotFound(f"There is no {side}.", hint="Write a file, or REV:FILE for a commit.")
    return reading(file).documents.load(file).notebook


def _say_diff(found: NotebookDiff) -> None:
    click.secho(f"--- {found.before_name}\n+++ {found.after_name}", bold=True)
    for cell in found.cells:
        if cell.kind == "same":
            continue
        place = cell.after if cell.after is not None else cell.before
        click.secho(f"@@ cell {place} {cell.id} ({cell.cell_type}), {cell.kind}: {cell.summary} @@", fg="cyan")
        for line in _near(cell.lines):
            _say_line(line)
        for output in cell.outputs:
            shown = output.after or output.before
            click.echo(f"  output {output.kind}: {shown.mime if shown else ''}, {shown.size if shown else 0:,} bytes")
            for line in _near(output.lines):
                _say_line(line)
    for key in found.metadata:
        click.echo(f"notebook metadata: {key} changed")
    if not found.changed and not found.metadata:
        click.echo("No differences.")


def _near(lines: list[Line]) -> list[Line]:
    """The lines that differ, and those just around them."""
    places = [at for at, line in enumerate(lines) if line.kind != "same"]
    near = {at for place in places for at in range(place - AROUND, place + AROUND + 1)}
    return [line for at, line in enumerate(lines) if at in near]


def _say_line(line: Line) -> None:
    if line.kind == "changed":
        click.secho(f"-{line.text_before}", fg="red")
        click.secho(f"+{line.text_after}", fg="green")
        return
    sign = SIGNS[line.kind]
    click.secho(sign + (line.text_before if sign == "-" else line.text_after), fg=COLOURS.get(sign))


@click.command()
@click.argument("base", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("ours", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("theirs", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write; else it is printed."
)
@click.option("--driver", is_flag=True, help="As git's merge driver: the result replaces OURS.")
@json_option
def merge(base: Path, ours: Path, theirs: Path, out: Path | None, driver: bool, as_json: bool) -> None:
    """Merge what two sides made of BASE, cell by cell. A conflict leaves markers inside its cell, and exit code 1.

    \b
    Example:
      perijove nb merge base.py ours.py theirs.py -o merged.py
    """
    from perijove.storage import atomic, drivers

    names = drivers.label() if driver else (ours.name, theirs.name)
    done = drivers.merge_files(base.read_bytes(), ours.read_bytes(), theirs.read_bytes(), names)
    if driver:
        ours.write_bytes(done.data)  # git's temporary file, or the one in the work tree that git replaces itself
    elif out is not None:
        try:
            atomic.write(out.absolute(), done.data)
        except OSError as error:
            raise Failed(f"{out} could not be written: {error.strerror or error}.", hint="Name another.") from error
    elif not as_json:
        click.echo(done.data, nl=False)
    if not driver and (out is not None or as_json):
        report = _report(done, str(out or ""))
        show(report, as_json, lambda: _say_merge(report))
    if done.conflicts:
        raise click.exceptions.Exit(1)


def _report(done: Any, output: str) -> MergeReport:
    if done.merged is None:
        return MergeReport(output, [f"place {number + 1}" for number in range(done.conflicts)], 0, "lines")
    merged = sum(cell.state not in ("same", "conflict") for cell in done.merged.cells)
    return MergeReport(output, done.merged.conflicts, merged, "cells")


def _say_merge(report: MergeReport) -> None:
    click.echo(f"{report.merged} cells merged by themselves, {len(report.conflicts)} conflicts; in {report.output}")
    for cell_id in report.conflicts:
        click.echo(f"  conflict in {cell_id}")


@click.command()
@click.argument("path")
@click.option("--limit", default=20, show_default=True, help="The most versions to show.")
@json_option
def log(path: str, limit: int, as_json: bool) -> None:
    """The commits that changed a notebook, newest first.

    \b
    Example:
      perijove nb log churn.py
    """
    storage = reading(Path(path))
    file = storage.project.inside(Path(path).absolute())
    from perijove.storage.git import Repository

    repository = Repository.need(file)
    found = storage.versions(str(file), limit)
    if not found and not file.exists():
        raise NotFound(f"git knows no {path}.", hint=f"Look below {repository.root}.")
    show(found, as_json, lambda: _say_versions(found))


def _say_versions(found: list[NotebookVersion]) -> None:
    rows = [(one.short, one.when[:16].replace("T", " "), one.author, one.message) for one in found]
    if rows:
        table(("commit", "when (UTC)", "who", "what"), rows)
    else:
        click.echo("It was never committed.")


@click.command()
@click.argument("path")
@click.option("--rev", required=True, help="The commit, as git names it.")
@click.option("--cell", default="", help="Only the cell of this id.")
@click.option("--force", is_flag=True, help="Also over changes that are not committed.")
@json_option
def restore(path: str, rev: str, cell: str, force: bool, as_json: bool) -> None:
    """Bring a notebook, or one cell of it, back to how it was in a commit.

    \b
    Example:
      perijove nb restore churn.py --rev HEAD~1
      perijove nb restore churn.py --rev HEAD~1 --cell b77e01aa
    """
    from perijove.storage.model import Restore

    storage = writing(Path(path))
    file = str(Path(path).absolute())
    here = storage.documents.at(storage.project.inside(file))
    if here.exists() and not force and storage.status(str(here)).git in ("changed", "untracked", "conflict"):
        raise Conflict(f"{path} has changes that are not committed.", hint="Commit them, or restore with --force.")
    found = storage.restore(Restore(str(here), rev, cell), me())
    storage.documents.close()
    show(found, as_json, lambda: _say_restored(found, rev, cell))


def _say_restored(found: Status, rev: str, cell: str) -> None:
    click.echo(f"{found.path}: {f'cell {cell}' if cell else 'the notebook'} is as it was in {rev}.")


@click.command("install-git")
@click.option("--uninstall", is_flag=True, help="Take the drivers away again.")
@json_option
def install_git(uninstall: bool, as_json: bool) -> None:
    """Let git merge the notebooks of this repository by cells, and show their differences as text.

    \b
    Example:
      perijove nb install-git
      perijove nb install-git --uninstall
    """
    from perijove.storage import drivers
    from perijove.storage.git import Repository

    repository = Repository.need(Path.cwd())
    if uninstall:
        found = drivers.uninstall(repository)
    else:
        found = drivers.install(repository, _outputs(repository.root))
    show(found, as_json, lambda: _say_installed(found))


def _outputs(root: Path) -> Outputs:
    from perijove.core.project import Project
    from perijove.storage.places import Places

    return Places(Project.find(root)).settings(root / "any.py").outputs


def _say_installed(found: Installed) -> None:
    what = "installed" if found.installed else "taken away"
    click.echo(f"{found.repository}: drivers {what}; changed: {', '.join(found.changed) or 'nothing'}.")
    if found.note:
        click.echo(found.note)
    if found.installed and found.changed:
        click.echo("Commit .gitattributes and .gitignore; each clone runs install-git once for itself.")
