"""What the commands share: the wired services, printing for people or as JSON, and a bar for tasks."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from perijove.core.access import Person
from perijove.core.errors import Busy, Conflict, Failed, Invalid, NotAllowed, NotFound, PerijoveError
from perijove.core.model import Task

KINDS: dict[str, type[PerijoveError]] = {
    kind.__name__: kind for kind in (Invalid, NotFound, NotAllowed, Conflict, Busy)
}
NARROWEST = 24
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


def me() -> Person:
    """The person at the terminal, who owns the project."""
    return Person(getpass.getuser(), owner=True)


def service(name: str, near: Path | None = None) -> Any:
    """A wired service by its name, made at first use: "catalog", "tasks" and so on.

    It is of the project that the current folder belongs to, or else a file: ``near``.
    """
    services = click.get_current_context().find_root().obj
    return services(name) if near is None else services(name, near)


def show(value: Any, as_json: bool, human: Callable[[], None]) -> None:
    """Print a value as one JSON document, or call ``human`` to print it for people."""
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
    else:
        human()


def shown(text: str) -> str:
    """A text as a terminal may be given it: what would steer the terminal is written out."""
    return CONTROLS.sub(lambda found: ascii(found.group())[1:-1], text)


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]], numbers: Sequence[int] = ()) -> None:
    """Print rows in columns; ``numbers`` are the columns aligned right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console.width = 200  # a file or a pipe has no width; a line stays a line
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for index, head in enumerate(heads):
        longest = max([len(head), *(len(shown(str(row[index]))) for row in rows)])
        least = min(longest, NARROWEST if index < len(heads) - 1 else len(head))  # a long detail leaves room for names
        side: Literal["left", "right"] = "right" if index in numbers else "left"
        drawn.add_column(head, justify=side, overflow="ellipsis", no_wrap=True, min_width=least)
    for row in rows:
        drawn.add_row(*(Text("–" if cell is None or cell == "" else shown(str(cell))) for cell in row))
    console.print(drawn)


def run_task(tasks: Any, task: Task, *, quiet: bool = False) -> Task:
    """Wait for a task under a bar; Ctrl C cancels it. Raises the error it ended with when it failed.

    ``tasks`` is the Tasks service; ``quiet`` draws no bar, for ``--json``.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bars:
        bar = bars.add_task(task.title, total=None)

        def seen(now: Task) -> None:
            bars.update(bar, description=now.message or now.title, total=1, completed=now.progress or 0)

        try:
            ended: Task = tasks.wait(task.id, me(), seen)
        except KeyboardInterrupt:
            tasks.cancel(task.id, me())
            ended = tasks.wait(task.id, me(), seen)
    if ended.state == "cancelled":
        raise Failed(f"{ended.title}: cancelled.", hint="Nothing half done was left; start it again when you like.")
    if ended.state == "failed":
        raise KINDS.get(ended.error_kind, Failed)(ended.error, hint=ended.hint)
    return ended
