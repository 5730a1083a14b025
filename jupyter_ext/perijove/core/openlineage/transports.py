"""The ways in which events leave: lines of a file, or posts to a server, tried a few times."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from perijove.core.errors import Invalid
from perijove.core.openlineage.settings import Transport
from perijove.core.project import Project

TRIES = 3
FIRST_PAUSE = 0.2
LATER = (408, 425, 429)


class Refused(Exception):
    """The receiver does not want this event; there is no use in trying again."""


class Unreachable(Exception):
    """The receiver cannot be had now; all events wait."""


class Transporter(Protocol):
    """Something that takes one event after the other."""

    def send(self, event: dict[str, Any]) -> None:
        """Hand one event over; raises Refused or Unreachable."""


@contextmanager
def transporter(transport: Transport, project: Project) -> Iterator[Transporter]:
    """The way that the settings name."""
    if transport.type == "file":
        yield _File(project.root / Path(transport.path).expanduser())
        return
    import httpx

    key = transport.key()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(timeout=transport.timeout, headers=headers) as client:
        yield _Http(client, transport.address())


class _File:
    """Appends each event as a line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, event: dict[str, Any]) -> None:
        """Append one line."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(msgspec.json.encode(event) + b"\n")
        except OSError as error:
            raise Unreachable(f"{self.path} cannot be written: {error.strerror or error}.") from error


class _Http:
    """Posts each event; a receiver that is busy or away is tried again, with growing pauses."""

    def __init__(self, client: Any, address: str) -> None:
        self.client = client
        self.address = address
        self._pause = threading.Event()

    def send(self, event: dict[str, Any]) -> None:
        """Post one event."""
        import httpx

        problem = ""
        for number in range(TRIES):
            if number:
                self._pause.wait(FIRST_PAUSE * 2**number)
            try:
                answer = self.client.post(self.address, json=event)
            except httpx.InvalidURL as error:
                raise Invalid(f"{self.address} is no address: {error}.") from error
            except httpx.HTTPError as error:
                problem = f"{self.address} cannot be reached: {type(error).__name__}."
                continue
            if answer.is_success:
                return
            problem = f"{self.address} answered {answer.status_code}: {answer.text[:200]}"
            if answer.status_code in (401, 403, 404):
                raise Unreachable(problem)  # the settings are wrong, not the event
            if answer.status_code < 500 and answer.status_code not in LATER:
                raise Refused(problem)
        raise Unreachable(problem)
