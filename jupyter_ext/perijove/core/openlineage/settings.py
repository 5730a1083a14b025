"""Where this project's events go: ``openlineage.toml`` in the state folder, in the words of OpenLineage's own clients.

    namespace = "perijove://shop"

    [transport]
    type = "http"                    # or "file" with path = "/var/log/lineage.ndjson"
    url = "https://marquez.example"
    endpoint = "api/v1/lineage"
    api_key = "${MARQUEZ_KEY}"

The file lies in the state folder, which no git clone brings, so that nobody else decides where events go. A secret is
named by its environment variable and read when an event is sent.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from perijove.core.errors import Invalid
from perijove.core.project import Project

FILE = "openlineage.toml"
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
SECRET_NAMES = ("JUPYTERHUB_", "JPY_", "PERIJOVE_")


class Transport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How events leave: appended to a file, or posted to a URL; ``timeout`` is in seconds."""

    type: Literal["http", "file"]
    url: str = ""
    endpoint: str = "api/v1/lineage"
    api_key: str = ""
    path: str = ""
    timeout: float = 5.0

    def address(self) -> str:
        """The address to post to."""
        return f"{self.url.rstrip('/')}/{self.endpoint.lstrip('/')}"

    def key(self) -> str:
        """The secret that goes with each event, empty for none; raises Invalid where its variable is not set."""
        return VARIABLE.sub(_variable, self.api_key)


class OpenLineageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The namespace of this project's jobs, and how events leave; none leave without a transport."""

    namespace: str = ""
    transport: Transport | None = None


def ours(project: Project, settings: OpenLineageSettings) -> str:
    """The namespace of this project's jobs: as set, else by the name of its folder."""
    return (
        settings.namespace.rstrip("/")
        or f"perijove://{re.sub(r'[^A-Za-z0-9._-]', '-', project.root.name) or 'project'}"
    )


def read_settings(project: Project) -> OpenLineageSettings:
    """The project's settings; raises Invalid with what is wrong in the file."""
    path = project.state / FILE
    if not path.is_file():
        return OpenLineageSettings()
    try:
        found = msgspec.convert(tomllib.loads(path.read_text()), type=OpenLineageSettings)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} is not understood: {error}.", hint="See docs/lineage.md for its form.") from error
    check(found)
    return found


def write_settings(project: Project, settings: OpenLineageSettings) -> Path:
    """Keep settings that hold; raises Invalid for those that do not."""
    import tomlkit

    check(settings)
    project.prepare()
    path = project.state / FILE
    part = path.with_suffix(".part")
    part.write_text(tomlkit.dumps(msgspec.to_builtins(settings)))
    part.chmod(0o600)
    part.replace(path)
    return path


def check(settings: OpenLineageSettings) -> None:
    """Raise Invalid unless events could leave that way."""
    transport = settings.transport
    if transport is None:
        return
    if transport.type == "http":
        parts = urlsplit(transport.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Invalid(f"“{transport.url}” is not an http address.", hint="Write https://host or http://host:port.")
        if parts.username or parts.password or parts.query or parts.fragment:
            what = "a login" if "@" in parts.netloc else "a query"
            raise Invalid(f"The address holds {what}.", hint="Name a key by its variable: --key '${MARQUEZ_KEY}'.")
    elif not transport.path:
        raise Invalid("A transport to a file needs its path.", hint='Write path = "/folder/events.ndjson".')
    if transport.api_key and not VARIABLE.fullmatch(transport.api_key):
        raise Invalid("A key is named by its environment variable.", hint="Write ${MARQUEZ_KEY}, not the key itself.")
    for name in VARIABLE.findall(transport.api_key):
        if name.startswith(SECRET_NAMES):
            raise Invalid(f"${{{name}}} belongs to Jupyter or Perijove and is not sent away.", hint="Name another one.")


def _variable(found: re.Match[str]) -> str:
    value = os.environ.get(found[1])
    if value is None:
        raise Invalid(f"The variable {found[1]} is not set.", hint="Set it where the server or command runs.")
    return value
