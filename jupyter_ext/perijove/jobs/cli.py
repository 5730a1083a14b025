"""``perijove job``: slice, export, verify, update, run, list, show; more in ``watch_cli``, ``approve_cli``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from perijove.core.errors import Invalid
from perijove.core.project import Project, located
from perijove.core.terminal import json_option, me, run_task, service, show, table
from perijove.jobs.approve_cli import approve, approved, assign
from perijove.jobs.model import Choice, Job, LineRef, NewJob, Refresh, Slice, Take, Update, Verification
from perijove.jobs.package import home, read_manifest
from perijove.jobs.service import Jobs
from perijove.jobs.update import abandon
from perijove.jobs.verify import Silent
from perijove.jobs.verify import verify as verify_folder
from perijove.jobs.watch_cli import Spoken, monitor, portable, serve_job

CELL = "A cell, by its id or its index in the notebook; repeat it for several."
ORDERS = ("auto", "log", "document")
ORDER = (
    "The order of cells: as they ran (log), as they stand (document), or as they ran if the text still agrees (auto)."
)


@click.group()
def job() -> None:
    """Jobs: export chosen cells, and prove that they do what the notebook did."""


for _one in (approve, assign, monitor, portable, serve_job):
    job.add_command(_one)


def _jobs() -> Jobs:
    return cast(Jobs, service("jobs"))


def _path(notebook: str) -> str:
    """A notebook's path as the project names it, from one that starts where the person stands."""
    project = cast(Project, service("project"))
    return project.relative(Path.cwd() / notebook)


def choice(command: Callable[..., None]) -> Callable[..., None]:
    """The argument and options that say what of a notebook is meant; they arrive as one ``Choice``."""

    def wrapped(notebook: str, **options: Any) -> None:
        taken = {name: options.pop(name) for name in ("cells", "variable", "ref", "order", "keep", "drop")}
        if not (taken["cells"] or taken["variable"] or taken["ref"]):
            raise Invalid("Nothing is chosen.", hint="Add --cell, --variable or --ref.")
        for name in ("keep", "drop"):
            taken[name] = [_line(one) for one in taken[name]]
        taken["cells"] = list(taken["cells"])
        command(choice=Choice(_path(notebook), **taken), **options)

    wrapped.__doc__ = command.__doc__
    wrapped.__click_params__ = list(getattr(command, "__click_params__", ()))  # type: ignore[attr-defined]  # click's
    line = "a line of a cell, as CELL:LINE with lines from 1; repeat it for several."
    for add in (
        click.option("--drop", multiple=True, metavar="CELL:LINE", help=f"Leave out {line}"),
        click.option("--keep", multiple=True, metavar="CELL:LINE", help=f"Keep {line}"),
        click.option("--order", type=click.Choice(ORDERS), default="auto", show_default=True, help=ORDER),
        click.option(
            "--ref", default="", help="What a run, a model or an output file needs: run:…, model:…, dataset:…"
        ),
        click.option("--variable", default="", help="What a variable needs for its value at the end."),
        click.option("--cell", "cells", multiple=True, help=CELL),
        click.argument("notebook"),
    ):
        wrapped = add(wrapped)
    return wrapped


def _line(text: str) -> LineRef:
    cell, sign, number = text.rpartition(":")
    if not sign or not cell or not number.isascii() or not number.isdigit():
        raise Invalid(f"“{text}” is not CELL:LINE.", hint="Write for instance --keep load:2, or --drop 3:1.")
    return LineRef(cell, int(number))


@job.command("slice")
@choice
@json_option
def slice_cells(choice: Choice, as_json: bool) -> None:
    """What a job made from a choice would hold, and why; nothing is written.

    \b
    Example:
      perijove job slice road.ipynb --cell evaluate
      perijove job slice road.ipynb --variable auc --drop load:3
    """
    found = _jobs().preview(choice)
    show(found, as_json, lambda: _print_slice(found))


def _print_slice(found: Slice) -> None:
    dims = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for cell in found.view:
        if cell.kept:
            click.echo(f"\ncell {cell.index} ({cell.id})")
        for line in cell.lines if cell.kept else ():
            reason = f"  # {line.reason}" if line.kept else ""
            if dims:
                click.echo(click.style(f"  {line.text}", dim=not line.kept) + click.style(reason, dim=True))
            else:  # what is left out has to be told from what stays without a colour, too
                click.echo(f"{'+' if line.kept else '-'} {line.text}{reason}")
    click.echo("\nparameters: " + (", ".join(f"{one.name}={one.default!r}" for one in found.parameters) or "none"))
    click.echo("inputs: " + (", ".join(one.name for one in found.inputs) or "none"))
    click.echo("outputs: " + (", ".join(one.name for one in found.outputs) or "none"))
    for text in (*found.opaque, *found.warnings, *(f"{one.message} {one.hint}".strip() for one in found.findings)):
        click.echo(f"! {text}")


@job.command("export")
@choice
@click.option("--out", default="", help="The job's folder; jobs/<name> in the project by default.")
@click.option("--name", default="", help="The job's name; made from the notebook's and cell's by default.")
@click.option("--target", default="folder", show_default=True, help="Where the job goes: an installed job target.")
@click.option("--target-option", "settings", multiple=True, help="A setting of the target, as NAME=VALUE.")
@click.option(
    "--run", "run_first", is_flag=True, help="Run the notebook in a fresh kernel first, for values to compare with."
)
@click.option("--verify", "verify_too", is_flag=True, help="Verify the job once it is written.")
@json_option
def export(
    choice: Choice,
    out: str,
    name: str,
    target: str,
    settings: tuple[str, ...],
    run_first: bool,
    verify_too: bool,
    as_json: bool,
) -> None:
    """Write a job that does what these cells do, with pinned packages, a command and tests.

    \b
    Example:
      perijove job export road.ipynb --cell evaluate --out jobs/evaluate --run --verify
    """
    jobs = _jobs()
    body = NewJob(
        **msgspec.structs.asdict(choice),
        name=name,
        out=str(located(Path.cwd(), out)) if out else "",
        target=target,
        target_options=dict(_pair(one, "--target-option branch=jobs") for one in settings),
        run=run_first,
        verify=verify_too,
    )
    preview = jobs.preview(choice)
    task = run_task(service("tasks"), jobs.start_export(body, me()), quiet=as_json)
    made = msgspec.convert(task.result, Job)
    answer = {
        "path": made.path,
        "name": made.name,
        "files": made.files,
        "slice": preview,
        "warnings": made.warnings,
        "run": made.run,
        "verification": made.verification,
    }

    def human() -> None:
        click.echo(f"{made.name}: {len(made.files)} files in {made.path}")
        for text in made.warnings:
            click.echo(f"! {text}")
        if made.verification is not None:
            _print_verification(made.verification)

    show(answer, as_json, human)
    if verify_too and (made.verification is None or made.verification.verdict != "verified"):
        raise SystemExit(1)


@job.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--environments",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep environments by their lock in this folder and use them again, in place of a fresh one each time.",
)
@json_option
def verify(folder: Path, environments: Path | None, as_json: bool) -> None:
    """Run a job twice in a fresh environment and compare its outputs with the notebook's.

    Exits with 1 unless the job is verified.

    \b
    Example:
      perijove job verify jobs/evaluate
    """
    name = str(read_manifest(folder)["name"])
    place, kept = folder.resolve(), environments.resolve() if environments else None
    if not Project.find(place).state.exists():  # somebody else's machine, where Perijove keeps no state
        _judge(verify_folder(place, Silent() if as_json else Spoken(), kept), as_json)
        return
    jobs = _jobs()
    started = service("tasks").start(
        "jobs.verify", f"Verify {name}", lambda on: jobs.verify(place, me(), on, kept), me(), f"job:{name}"
    )
    task = run_task(service("tasks"), started, quiet=as_json)
    _judge(msgspec.convert(task.result, Verification), as_json)


def _judge(found: Verification, as_json: bool) -> None:
    show(found, as_json, lambda: _print_verification(found))
    if found.verdict != "verified":
        raise SystemExit(1)


def _print_verification(found: Verification) -> None:
    table(("step", "", "seconds"), [(one.name, "ok" if one.ok else "failed", one.seconds) for one in found.steps], (2,))
    if found.outputs:
        click.echo()
        table(("output", "result", "detail"), [(one.name, one.result, one.detail) for one in found.outputs])
    for one in found.findings:
        click.echo(f"! {one.message} {one.hint}".rstrip())
    if found.widened:
        click.echo(f"Kept as well, because the job differed without: {', '.join(found.widened)}.")
    click.echo(f"\n{found.verdict} in {found.seconds} s" + (f": {found.reason}" if found.reason else ""))


@job.command("update")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--run", "run_first", is_flag=True, help="Run the notebook in a fresh kernel first, for new values.")
@click.option("--no-verify", is_flag=True, help="Do not verify what came of the merge.")
@click.option("--mine", multiple=True, metavar="FILE", help="Take the job's version of a file in conflict.")
@click.option("--notebook", "new", multiple=True, metavar="FILE", help="Take the notebook's version of one.")
@click.option(
    "--edited", multiple=True, metavar="FILE", help="Take what you made of one in .perijove-job/conflict/merged."
)
@click.option("--moved-to", default="", metavar="PATH", help="Where the notebook is now, if it was moved or renamed.")
@click.option("--abandon", "forget", is_flag=True, help="Forget the conflict; the job stays as it is.")
@json_option
def update(
    folder: Path,
    run_first: bool,
    no_verify: bool,
    mine: tuple[str, ...],
    new: tuple[str, ...],
    edited: tuple[str, ...],
    moved_to: str,
    forget: bool,
    as_json: bool,
) -> None:
    """Bring a job up to date with its notebook; what was changed by hand stays.

    Exits with 1 where both changed the same: the job is left as it was until each such file is decided.

    \b
    Example:
      perijove job update jobs/evaluate --run
      perijove job update jobs/evaluate --mine src/evaluate/steps.py
      perijove job update jobs/evaluate --moved-to models/road.ipynb --run
    """
    jobs, place = _jobs(), folder.resolve()
    name = str(read_manifest(place)["name"])
    if forget:
        abandon(place)
        show(Update([], [], []), as_json, lambda: click.echo("The conflict is forgotten; the job is as it was."))
        return
    sides: tuple[tuple[Take, tuple[str, ...]], ...] = (("mine", mine), ("notebook", new), ("edited", edited))
    take = {path: side for side, paths in sides for path in paths}
    how = Refresh(run=run_first, verify=not no_verify, take=take, moved_to=_path(moved_to) if moved_to else "")
    started = service("tasks").start(
        "jobs.update", f"Update {name}", lambda on: jobs.update(place, how, me(), on), me(), f"job:{name}"
    )
    found = msgspec.convert(run_task(service("tasks"), started, quiet=as_json).result, Update)
    show(found, as_json, lambda: _print_update(found))
    if found.conflicts or (found.verification is not None and found.verification.verdict != "verified"):
        raise SystemExit(1)


def _print_update(found: Update) -> None:
    for words, paths in (("changed", found.merged), ("kept as you made it", found.kept), ("CONFLICT", found.conflicts)):
        for path in paths:
            click.echo(f"{words}: {path}")
    for one in found.clashes:
        click.echo(f"\n{one.path}{', ' + one.cell if one.cell else ''}: {one.reason}")
        for mark, text in (("- mine", one.mine), ("- notebook", one.notebook)):
            click.echo(click.style(f"{mark}\n", bold=True) + text.rstrip("\n"))
    if found.conflicts:
        click.echo(
            "\nThe job is as it was. Decide each file with --mine, --notebook, or --edited once you edited it in"
        )
        click.echo(found.place)
    elif not found.merged:
        click.echo("The job is up to date.")
    if found.verification is not None:
        _print_verification(found.verification)


@job.command("run")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--param", "parameters", multiple=True, help="A parameter, as NAME=VALUE; repeat it for several.")
@json_option
def run(folder: Path, parameters: tuple[str, ...], as_json: bool) -> None:
    """Run a job in the environment of its lock.

    \b
    Example:
      perijove job run jobs/evaluate --param rounds=60
    """
    jobs = _jobs()
    name = str(read_manifest(folder)["name"])
    pairs = dict(_pair(one) for one in parameters)
    place = folder.resolve()
    started = service("tasks").start(
        "jobs.run", f"Run {name}", lambda on: jobs.run(place, pairs, me(), on), me(), f"job:{name}"
    )
    found = run_task(service("tasks"), started, quiet=as_json).result
    show(found, as_json, lambda: click.echo(f"{found['name']}: outputs in {found['outputs']}, {found['seconds']} s"))


def _pair(text: str, example: str = "--param rounds=60") -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise Invalid(f"“{text}” is not NAME=VALUE.", hint=f"Write for instance {example}.")
    return name, value


@job.command("list")
@json_option
def list_jobs(as_json: bool) -> None:
    """The exported jobs, newest first.

    \b
    Example:
      perijove job list
    """
    found = _jobs().all()
    rows = [(one.name, one.state, one.notebook, ", ".join(one.cells), one.path) for one in found]
    show(found, as_json, lambda: table(("job", "state", "notebook", "cells", "folder"), rows))


@job.command("show")
@click.argument("name")
@json_option
def show_job(name: str, as_json: bool) -> None:
    """One job, with its last verification.

    \b
    Example:
      perijove job show road_evaluate
    """
    found = _jobs().show(name)
    home(found)  # what is known of a folder that is gone would say nothing of the job

    def human() -> None:
        click.echo(f"{found.name}: {found.state}, from {found.notebook} ({', '.join(found.cells)}) in {found.path}")
        click.echo(
            f"owner: {found.owner or '-'}, {approved(found)}{', runs ' + found.schedule if found.schedule else ''}"
        )
        if found.verification is not None:
            _print_verification(found.verification)

    show(found, as_json, human)
