"""``perijove lab``: JupyterLab on a project, with the example workspace for those who come without one."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import click

from perijove.core.errors import Invalid
from perijove.core.project import Project


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("folder", required=False, metavar="[DIR]")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to serve on; it must be free.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--example", is_flag=True, help="Lay out the example workspace in DIR first.")
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def lab(folder: str | None, port: int | None, no_browser: bool, example: bool, more: tuple[str, ...]) -> None:
    """Start JupyterLab on the project in DIR (default: this folder). Further options go on to JupyterLab.

    \b
    Example:
      perijove lab --example ~/road
      perijove lab . --port 8899 --no-browser
    """
    if folder and folder.startswith("-"):
        more, folder = (folder, *more), None
    root = Path(folder or ".").expanduser().resolve()
    if not root.is_dir() and not example:
        raise Invalid(f"There is no folder {root}.", hint="Make it first, or name another.")
    if port is not None and not _free(port):
        raise Invalid(f"Port {port} is in use.", hint="Name another with --port, or leave --port out for a free one.")
    if example:
        from perijove.example import lay_out

        lay_out(root)
    Project.find(root).prepare()
    arguments = ["--ServerApp.root_dir", str(root)]
    arguments += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"] if port else []
    arguments += ["--no-browser"] if no_browser else []
    os.chdir(root)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *arguments, *more])


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
