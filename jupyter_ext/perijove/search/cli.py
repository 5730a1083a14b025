"""Search at the terminal."""

from __future__ import annotations

from typing import cast

import click

from perijove.core import terminal
from perijove.core.terminal import json_option, me, show, table
from perijove.search.model import Everything
from perijove.search.service import Search


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", default=20, show_default=True, help="The most things to show.")
@json_option
def search(query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Search datasets, cells, runs and jobs.

    \b
    Example:
      perijove search tumours
    """
    words = " ".join(query)
    found = cast(Search, terminal.service("search")).search(words, limit, me())
    show(found, as_json, lambda: _say(found, words))


def _say(found: Everything, words: str) -> None:
    if not found.hits:
        click.echo(f"Nothing matches “{words}”.")
        return
    table(("kind", "title", "matched", "ref"), [(hit.kind, hit.title, hit.snippet, hit.ref) for hit in found.hits])
