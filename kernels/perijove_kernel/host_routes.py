"""The door of a cluster host: status, scale and close, on a unix socket that only its owner may open."""

from __future__ import annotations

import json
from typing import Any, Protocol

from tornado.web import Application, RequestHandler

MOST_WORKERS = 256


class Served(Protocol):
    """What the door needs of a host."""

    over: Any

    def status(self) -> dict[str, Any]:
        """What the cluster does now."""

    def scale(self, workers: int) -> None:
        """Ask for another number of workers."""


class _Handler(RequestHandler):
    def initialize(self, host: Served) -> None:
        """Keep the host this door belongs to."""
        self.host = host


class _Status(_Handler):
    def get(self) -> None:
        """Answer what the cluster does now."""
        self.write(self.host.status())


class _Scale(_Handler):
    def post(self) -> None:
        """Ask for another number of workers, between none and a sane limit."""
        try:
            workers = json.loads(self.request.body)["workers"]
        except (ValueError, KeyError, TypeError):
            workers = None
        if not isinstance(workers, int) or isinstance(workers, bool) or not 0 <= workers <= MOST_WORKERS:
            self.set_status(400)
            self.write({"problem": f"workers must be a whole number from 0 to {MOST_WORKERS}"})
            return
        self.host.scale(workers)
        self.write({"wanted": workers})


class _Close(_Handler):
    def post(self) -> None:
        """Answer, then end the cluster."""
        self.write({"ok": True})
        self.finish()
        self.host.over.set()


def make_application(host: Served) -> Application:
    """The routes of one host."""
    with_host = {"host": host}
    return Application([("/status", _Status, with_host), ("/scale", _Scale, with_host), ("/close", _Close, with_host)])
