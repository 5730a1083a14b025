"""``perijove lineage connect``, ``send``, ``export`` and ``import``: OpenLineage from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from perijove.core.errors import Failed, Invalid
from perijove.core.openlineage.intake import MOST_EVENTS, Taken, Wrong
from perijove.core.terminal import json_option, me, service, show

LARGEST = 512 * 2**20


@click.command("connect")
@click.argument("target", required=False, default="")
@click.option("--endpoint", default="api/v1/lineage", show_default=True, help="The path at the address.")
@click.option("--key", default="", help="The variable that holds the key, as ${NAME}.")
@click.option("--namespace", default="", help="The namespace of this project's jobs.")
@click.option("--off", is_flag=True, help="Send nothing any more.")
@json_option
def connect(target: str, endpoint: str, key: str, namespace: str, off: bool, as_json: bool) -> None:
    """Say where events of OpenLineage go, or show it.

    TARGET is the address of a server such as Marquez or DataHub, or a file to which events are appended.

    \b
    Example:
      perijove lineage connect https://marquez.example --key '${MARQUEZ_KEY}'
      perijove lineage connect lineage.ndjson
    """
    from perijove.core.openlineage.settings import OpenLineageSettings, Transport, read_settings, write_settings

    project = service("project")
    settings = read_settings(project)
    if off:
        settings = OpenLineageSettings(namespace or settings.namespace)
        write_settings(project, settings)
    elif target:
        web = "://" in target
        transport = (
            Transport("http", url=target, endpoint=endpoint, api_key=key) if web else Transport("file", path=target)
        )
        settings = OpenLineageSettings(namespace or settings.namespace, transport)
        write_settings(project, settings)

    def human() -> None:
        found = settings.transport
        click.echo("No events are sent." if found is None else f"Events go to {found.path or found.address()}.")

    show(settings, as_json, human)


@click.command("send")
@json_option
def send(as_json: bool) -> None:
    """Send what cells did since the last time, now.

    \b
    Example:
      perijove lineage send
    """
    found = service("openlineage").send()
    show(found, as_json, lambda: click.echo(f"{found.sent} events sent, {found.refused} refused."))
    if found.problem and not as_json:
        raise Failed(found.problem, hint="What is left is sent the next time.")
    if found.problem:
        raise click.exceptions.Exit(1)


@click.command("export")
@click.argument("file")
@json_option
def export(file: str, as_json: bool) -> None:
    """Write all that is known of cells and jobs as events of OpenLineage, one a line.

    FILE may be - for the standard output.

    \b
    Example:
      perijove lineage export lineage.ndjson
    """
    from perijove.core.openlineage.outgoing import everything

    lineage = service("lineage")
    count = 0
    try:
        with sys.stdout if file == "-" else Path(file).open("w", encoding="utf-8") as out:
            for event in everything(lineage, lineage.ours()):
                out.write(msgspec.json.encode(event).decode() + "\n")
                count += 1
    except OSError as error:
        raise Invalid(f"{file} cannot be written: {error.strerror or error}.", hint="Name another file.") from error
    if file != "-":
        show({"exported": count}, as_json, lambda: click.echo(f"{count} events."))


@click.command("import")
@click.argument("file")
@json_option
def import_(file: str, as_json: bool) -> None:
    """Take in events of OpenLineage from a file: one a line, or a JSON list.

    \b
    Example:
      perijove lineage import spark-events.ndjson
    """
    from perijove.core.openlineage.intake import Intake

    lineage = service("lineage")
    intake = Intake(lineage, lineage.ours())
    accepted = known = 0
    producers: set[str] = set()
    wrong: list[Wrong] = []
    refused: Invalid | None = None
    for first, events in _parts(file):
        try:
            found = intake.take_from(me(), events)
        except Invalid as error:
            refused = error
            found = Taken(0, 0, [Wrong(0, f"None of {len(events)} events is understood.")])
        accepted, known = accepted + found.accepted, known + found.known
        producers |= set(found.producers)
        wrong += [Wrong(first + one.index, one.reason) for one in found.wrong]
    if refused is not None and not accepted + known:
        raise refused
    total = Taken(accepted, known, wrong, sorted(producers))

    def human() -> None:
        click.echo(f"{accepted} taken in, {known} known already, {len(wrong)} not understood.")
        for one in wrong[:20]:
            click.echo(f"  {one.index + 1}: {one.reason}")

    show(total, as_json, human)


def _parts(file: str) -> Iterator[tuple[int, list[Any]]]:
    """The events of a file in parts, each with the number of its first."""
    path = Path(file)
    if path.exists() and not path.is_file():
        raise Invalid(f"{file} is no file.", hint="Name a file of events, one a line.")
    try:
        if path.stat().st_size > LARGEST:
            raise Invalid(f"{file} is larger than {LARGEST // 2**20} MB.", hint="Split it.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}.", hint="Name a file of events, one a line.") from error
    try:
        whole = json.loads(text)
        found = whole if isinstance(whole, list) else [whole]
    except (ValueError, RecursionError):
        found = [_line(line) for line in text.splitlines() if line.strip()]
    for begin in range(0, len(found), MOST_EVENTS):
        yield begin, found[begin : begin + MOST_EVENTS]


def _line(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # no event: it is listed with its number
