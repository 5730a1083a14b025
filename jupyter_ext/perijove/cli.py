"""The command ``perijove``: the third door to every capability, beside the panel and the REST routes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import msgspec

from perijove import __version__
from perijove.core.errors import Invalid, PerijoveError

# Where each command lives; loaded when it is called, so that the command starts fast.
COMMANDS: dict[str, str] = {
    "lab": "perijove.lab:lab",
    "demo": "perijove.demo:demo",
    "doctor": "perijove.doctor:doctor",
    "catalog": "perijove.catalog.team_cli:catalog",
    "cluster": "perijove.clusters.cli:cluster",
    "nb": "perijove.storage.cli:nb",
    "runs": "perijove.experiments.cli:runs",
    "job": "perijove.jobs.cli:job",
    "search": "perijove.search.cli:search",
    "lineage": "perijove.core.lineage_cli:lineage",
    "task": "perijove.core.cli:task",
    "audit": "perijove.core.cli:audit",
}


class Commands(click.Group):
    """The top level: names its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the road."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


class Services:
    """Makes the wired services of a project at first use."""

    def __init__(self) -> None:
        self._wired: dict[Path, Any] = {}

    def __call__(self, name: str, near: Path | None = None) -> Any:
        """One service by its name, of the project that the current folder, or a file, belongs to."""
        from perijove.core.project import Project
        from perijove.wiring import Perijove

        project = Project.find(near)
        if project.state not in self._wired:
            self._wired[project.state] = Perijove(project, door="cli")
        return self._wired[project.state].service(name)

    def close(self) -> None:
        """Give everything back."""
        for wired in self._wired.values():
            wired.close()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="perijove")
@click.pass_context
def perijove(ctx: click.Context) -> None:
    """From data to production without leaving JupyterLab.

    \b
    Example:
      perijove lab
      perijove catalog add files data
      perijove demo
    """
    ctx.obj = Services()
    ctx.call_on_close(ctx.obj.close)


def main(arguments: list[str] | None = None) -> None:
    """Run the command and leave with 0 (done), 1 (it failed) or 2 (bad input)."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(run(lambda: perijove.main(given, prog_name="perijove", standalone_mode=False), "--json" in given))


def run(command: Callable[[], Any], as_json: bool) -> int:
    """Run a command and give its exit code; every error is told as a sentence with what to do."""
    try:
        answer = command()
        return answer if isinstance(answer, int) else 0
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return 1
    except click.exceptions.Exit as leaving:
        return int(leaving.exit_code)
    except click.ClickException as error:
        ctx = getattr(error, "ctx", None)
        hint = f"See `{ctx.command_path} --help`." if ctx is not None else "See `perijove --help`."
        return tell(Invalid(error.format_message(), hint=hint), as_json)
    except PerijoveError as error:
        return tell(error, as_json)


def tell(error: PerijoveError, as_json: bool) -> int:
    """Print an error for people or as JSON, and give its exit code."""
    if as_json:
        body = {"error": {"kind": error.kind, "message": error.message, "hint": error.hint}}
        click.echo(msgspec.json.encode(body).decode())
    else:
        click.echo(f"{error.message}\n{error.hint}".rstrip(), err=True)
    return error.exit_code


if __name__ == "__main__":
    main()
