"""``perijove doctor``: checks the installation and the project, and cleans up what a killed server left."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from perijove.core.errors import PerijoveError
from perijove.core.plugins import GROUPS, Parts
from perijove.core.project import Project
from perijove.core.terminal import json_option, service, show


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at: whether it is well, what was found, and what to do if not."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


class Report(msgspec.Struct, frozen=True):
    """All checks; ok only if every one is."""

    checks: list[Check]
    ok: bool


@click.command()
@click.option(
    "--clean",
    is_flag=True,
    help="Remove what killed programs left: clusters, half-made jobs.",
)
@json_option
def doctor(clean: bool, as_json: bool) -> None:
    """Check that everything Perijove needs is there and well.

    \b
    Example:
      perijove doctor
      perijove doctor --clean --json
    """
    checks = [Check("clean", True, sentence) for sentence in _clean()] if clean else []
    checks += [_try(name, look) for name, look in _looks()]
    report = Report(checks, all(check.ok for check in checks))

    def human() -> None:
        for check in report.checks:
            click.echo(f"{'ok ' if check.ok else 'BAD'}  {check.name}: {check.detail}")
            if check.hint and not check.ok:
                click.echo(f"     {check.hint}")

    show(report, as_json, human)
    if not report.ok:
        raise click.exceptions.Exit(1)


def _clean() -> list[str]:
    removed: list[str] = [*service("clusters").clean(), *service("jobs").clean()]
    return removed or ["Nothing was left over."]


def _looks() -> Iterator[tuple[str, Callable[[], Check]]]:
    yield "python", _python
    yield "project", _project
    yield "database", _database
    yield "lab extension", _lab_extension
    yield "kernel", _kernel
    yield "tools", _tools
    yield "parts", _parts
    yield "leftovers", _leftovers


def _try(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except PerijoveError as error:
        return Check(name, False, error.message, error.hint)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info >= (3, 11), version, "Use Python 3.11 or newer.")


def _project() -> Check:
    project: Project = service("project")
    writable = os.access(project.state, os.W_OK)
    return Check("project", writable, str(project.root), f"You may not write to {project.state}.")


def _database() -> Check:
    database = service("database")
    with database.begin():
        return Check("database", True, database.url.render_as_string())


def _lab_extension() -> Check:
    from jupyter_core.paths import jupyter_path

    places = [Path(folder) / "perijove" / "package.json" for folder in jupyter_path("labextensions")]
    found = next((place for place in places if place.is_file()), None)
    return Check(
        "lab extension", found is not None, str(found or "not installed"), "Reinstall perijove, or run make lab."
    )


def _kernel() -> Check:
    from jupyter_client.kernelspec import KernelSpecManager

    specs: dict[str, Any] = KernelSpecManager().find_kernel_specs()
    found = specs.get("perijove-dask")
    return Check(
        "kernel", found is not None, found or "perijove-dask is not installed", "Install perijove-kernel[cpu]."
    )


def _tools() -> Check:
    from uv import find_uv_bin

    missing = [name for name in ("git",) if shutil.which(name) is None]
    return Check(
        "tools", not missing, f"git, {find_uv_bin()}" if not missing else f"missing: {missing}", "Install git."
    )


def _parts() -> Check:
    parts = [part for group in GROUPS for part in Parts(group).all()]
    broken = [part.problem for part in parts if part.problem]
    detail = "; ".join(broken) or ", ".join(f"{part.name} ({part.package})" for part in parts)
    return Check("parts", not broken, detail, "Reinstall or remove the packages named.")


def _leftovers() -> Check:
    lost = [cluster.id for cluster in service("clusters").all() if cluster.state == "lost"]
    detail = f"clusters without a process: {', '.join(lost)}" if lost else "none"
    return Check("leftovers", not lost, detail, "Run perijove doctor --clean.")
