"""``perijove lineage``: where a thing comes from, what depends on it, what breaks if a column goes."""

from __future__ import annotations

from typing import Any

import click

from perijove.core.openlineage.cli import connect, export, import_, send
from perijove.core.refs import Ref
from perijove.core.terminal import json_option, me, service, show, table


class _Verbs(click.Group):
    """``perijove lineage REF`` is short for ``perijove lineage show REF``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take a first word that is no verb as a reference."""
        words = [word for word in args if not word.startswith("-")]
        if words and words[0] not in self.commands and not {"-h", "--help"} & set(args):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Verbs)
def lineage() -> None:
    """Where things come from and what depends on them."""


@lineage.command("show")
@click.argument("ref")
@click.option("--up", default=5, show_default=True, help="Hops towards the origins.")
@click.option("--down", default=5, show_default=True, help="Hops towards what depends on it.")
@click.option("--kind", "kinds", multiple=True, help="Show only this kind; may be given several times.")
@click.option("--columns", is_flag=True, help="Show which columns went where.")
@json_option
def show_lineage(ref: str, up: int, down: int, kinds: tuple[str, ...], columns: bool, as_json: bool) -> None:
    """Where a thing comes from and what depends on it.

    REF is kind:id, for instance a dataset, cell, run or job; the word show may be left out.

    \b
    Example:
      perijove lineage job:churn_scoring --up 6 --json
      perijove lineage dataset:file:///data/orders.parquet --kind dataset
    """
    graph = service("lineage").around(Ref.parse(ref), up, down, kinds=kinds, columns=columns, who=me())
    names = {node.ref: node.name for node in graph.nodes}

    def human() -> None:
        rows = [(names[edge.source], edge.kind, names[edge.target], edge.how) for edge in graph.edges]
        table(("from", "", "to", "how"), rows)
        for flow in graph.flows:
            for one in flow.columns:
                to = f"{names[flow.target]}.{one.target}" if one.target else names[flow.target]
                click.echo(f"{names[flow.source]}.{one.source} → {to} ({one.kind}, in {names.get(flow.via, flow.via)})")

    show(graph, as_json, human)


@lineage.command("impact")
@click.argument("ref")
@click.option("--column", default="", help="The column that goes; without it, the whole dataset.")
@json_option
def show_impact(ref: str, column: str, as_json: bool) -> None:
    """What breaks if a dataset or one of its columns goes.

    \b
    Example:
      perijove lineage impact dataset:file:///data/orders.parquet --column price
    """
    from perijove.core.impact import impact

    found = impact(service("lineage"), Ref.parse(ref), column, me())

    def human() -> None:
        if not found.items:
            click.echo("Nothing is known to depend on it.")
            return
        table(
            ("", "what", "effect", "why", "rests on", "how"),
            [(one.kind, one.name, one.effect, one.why, f"the {one.level}", one.how) for one in found.items],
        )

    show(found, as_json, human)


@lineage.command("changed")
@click.argument("ref")
@json_option
def show_changed(ref: str, as_json: bool) -> None:
    """Whether the data that a cell read has changed since.

    \b
    Example:
      perijove lineage changed cell:churn.ipynb#load
    """
    from perijove.core.changes import changed_since

    found = changed_since(service("lineage"), Ref.parse(ref), me())
    words = {True: "changed", False: "the same", None: "not known"}
    rows: list[tuple[Any, ...]] = [
        (one.name, words[one.changed], f"{one.read_at:%Y-%m-%d %H:%M:%S}", ", ".join(one.writers))
        for one in found.datasets
    ]
    show(found, as_json, lambda: table(("dataset", "", "read at", "written since by"), rows))


for command in (connect, send, export, import_):
    lineage.add_command(command)
