"""Commands of the shared parts: tasks and the audit log."""

from __future__ import annotations

import click

from perijove.core.errors import Failed
from perijove.core.terminal import json_option, me, service, show, table


@click.group()
def task() -> None:
    """Long-running tasks: list them, read their logs, cancel them."""


@task.command("list")
@click.option("--limit", default=20, show_default=True, help="How many, newest first.")
@json_option
def list_tasks(limit: int, as_json: bool) -> None:
    """Your tasks, newest first.

    \b
    Example:
      perijove task list
    """
    found = service("tasks").recent(me(), limit)
    rows = [(one.id, one.title, one.state, one.message, one.error) for one in found]
    show(found, as_json, lambda: table(("id", "task", "state", "now", "error"), rows))


@task.command("log")
@click.argument("id")
@json_option
def task_log(id: str, as_json: bool) -> None:
    """What a task has written.

    \b
    Example:
      perijove task log 3f2a9c0d11e2
    """
    found = service("tasks").log(id, me())
    show(found, as_json, lambda: click.echo("\n".join(found.lines)))


@task.command("cancel")
@click.argument("id")
@json_option
def cancel_task(id: str, as_json: bool) -> None:
    """Ask a task to stop.

    \b
    Example:
      perijove task cancel 3f2a9c0d11e2
    """
    found = service("tasks").cancel(id, me())
    show(found, as_json, lambda: click.echo(f"{found.title}: asked to stop."))


@click.group()
def audit() -> None:
    """What happened, who did it, and whether the log is whole."""


@audit.command("list")
@click.option("--limit", default=50, show_default=True, help="How many, newest first.")
@json_option
def list_audit(limit: int, as_json: bool) -> None:
    """The newest entries.

    \b
    Example:
      perijove audit list --json
    """
    found = service("audit").entries(limit)
    rows = [(entry.seq, f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.actor, entry.what, entry.ref) for entry in found.events]
    show(found, as_json, lambda: table(("", "at", "who", "what", "ref"), rows, numbers=(0,)))


@audit.command("verify")
@json_option
def verify_audit(as_json: bool) -> None:
    """Check that no entry was changed or removed.

    \b
    Example:
      perijove audit verify
    """
    chain = service("audit").verify()
    show(chain, as_json, lambda: click.echo(f"{chain.entries} entries, {'whole' if chain.ok else 'broken'}."))
    if not chain.ok and not as_json:
        raise Failed(f"Entry {chain.first_broken} does not fit.", hint="Restore the database from a backup.")
    if not chain.ok:
        raise click.exceptions.Exit(1)
