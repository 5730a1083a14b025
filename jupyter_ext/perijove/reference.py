"""Writes docs/reference.md: every permission, setting, command and entry-point group, from the code that defines them.

``python -m perijove.reference docs/reference.md`` writes it; a test fails when it is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from perijove.app import Perijove as Traits
from perijove.cli import perijove
from perijove.core.access import PERMISSIONS
from perijove.core.plugins import GROUPS
from perijove.core.refs import KINDS
from perijove.core.settings import POLICY

SCHEMAS = Path(__file__).parents[2] / "labextension" / "schema"


def text() -> str:
    """The page."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# Reference\n"
    yield "Made from the code by `python -m perijove.reference docs/reference.md`; do not edit it by hand."
    yield "\n## Permissions\n\n| permission | allows | least role |\n|---|---|---|"
    for name, permission in PERMISSIONS.items():
        yield f"| `{name}` | {permission.sentence} | {permission.role} |"
    yield "\n## Settings for admins\n\nIn `jupyter_server_config.py`.\n\n| setting | default | meaning |\n|---|---|---|"
    for name, trait in sorted(Traits.class_own_traits(config=True).items()):
        yield f"| `c.Perijove.{name}` | `{trait.default()!r}` | {trait.help} |"
    yield "\n## Team policy\n\nOver `/perijove/settings/policy`.\n\n| name | default | meaning |\n|---|---|---|"
    for name, rule in POLICY.items():
        yield f"| `{name}` | `{rule.default!r}` | {rule.sentence} |"
    yield "\n## Settings for people\n\nIn JupyterLab's settings editor, one plugin each.\n"
    yield "| setting | default | meaning |\n|---|---|---|"
    for path in sorted(SCHEMAS.glob("*.json")):
        schema = json.loads(path.read_text())
        for name, prop in schema.get("properties", {}).items():
            default = json.dumps(prop.get("default"))
            yield f"| `perijove:{path.stem}` `{name}` | `{default}` | {prop.get('description', '')} |"
    yield "\n## Entry-point groups\n\n| group | what it takes |\n|---|---|"
    for name, sentence in GROUPS.items():
        yield f"| `{name}` | {sentence} |"
    yield "\n## Kinds of references\n\n| kind | names |\n|---|---|"
    for name, sentence in KINDS.items():
        yield f"| `{name}` | {sentence} |"
    yield "\n## Commands\n"
    yield "Every command takes `--help`; those that print data take `--json`."
    yield "They leave with 0 (done), 1 (it failed) or 2 (bad input)."
    yield from _commands(perijove, "perijove")


def _commands(group: click.Group, prefix: str) -> Iterator[str]:
    context = click.Context(group, info_name=prefix)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix} {name}")
            continue
        usage = command.get_usage(click.Context(command, info_name=f"{prefix} {name}")).removeprefix("Usage: ")
        yield f"\n### `{' '.join(usage.split())}`\n"
        sentences, _, example = (command.help or "").partition("\b")
        yield " ".join(sentences.split())
        if lines := [line.strip() for line in example.splitlines() if line.strip() and line.strip() != "Example:"]:
            yield "\n```bash\n" + "\n".join(lines) + "\n```"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text())
