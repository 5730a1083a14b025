"""Serves routes on tornado; with the two hosts, the only file that knows it.

One handler takes every path below ``/perijove``. What it serves is made at the first request, in a thread, so that a
server with Perijove starts as fast as one without.
"""

from __future__ import annotations

import asyncio
import functools
import getpass
import logging
import os
import threading
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import msgspec
from jupyter_server.base.handlers import APIHandler
from tornado import web

from perijove.core.access import Person, require
from perijove.core.errors import NotAllowed, PerijoveError
from perijove.core.routing import File, Route, match, read_arguments

log = logging.getLogger("perijove")
CHECKED_BY = {"GET": "read", "POST": "write", "DELETE": "write"}


class Served(Protocol):
    """What a host serves: the routes, and the service behind each capability."""

    def all_routes(self) -> list[Route]:
        """Every route."""

    def service(self, name: str) -> Any:
        """The service of a capability."""


class Lazy:
    """Makes what is served once, at the first request, and runs calls in threads."""

    def __init__(self, make: Callable[[], Served]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._served: Served | None = None
        self.threads = ThreadPoolExecutor(8, thread_name_prefix="perijove")

    @property
    def made(self) -> Served | None:
        """What is served, if anyone has asked for it yet."""
        return self._served

    def get(self) -> Served:
        """What is served."""
        with self._lock:
            if self._served is None:
                self._served = self._make()
            return self._served

    def call(self, method: str, path: str, query: dict[str, str], body: bytes, check: Callable[[Route], Person]) -> Any:
        """Answer one request; runs in a thread. ``check`` gives the person, or raises if they may not."""
        served = self.get()
        route, values = match(served.all_routes(), method, path)
        who = check(route)
        require(who, route.may)
        arguments = read_arguments(route, values, query, body, who)
        return route.handler(served.service(route.slice), **arguments)


class Answering(web.RequestHandler):
    """Turns a request into a call and its answer or error into HTTP; hosts add who calls."""

    lazy: Lazy

    def check(self, route: Route) -> Person:
        """The person who calls, if the host lets them use this route; raises NotAllowed."""
        raise NotImplementedError  # each host knows its people in its own way

    async def answer(self, path: str) -> None:
        """Serve one request."""
        request = self.request
        query = {name: self.get_query_argument(name) for name in request.query_arguments if name != "token"}
        work = functools.partial(
            self.lazy.call, str(request.method), f"/{path}".rstrip("/"), query, request.body, self.check
        )
        try:
            result = await asyncio.get_running_loop().run_in_executor(self.lazy.threads, _written, work)
        except PerijoveError as error:
            self._fail(error.status, error.kind, error.message, error.hint)
        except Exception:  # noqa: BLE001 - the last line of defence: a bug is logged whole and shown as a sentence
            mark = uuid.uuid4().hex[:8]
            log.exception("%s %s failed (%s)", request.method, request.path, mark)
            self._fail(500, "Failed", "Something went wrong in Perijove.", f"The server's log has it under {mark}.")
        else:
            self._give(result)

    def _give(self, result: File | bytes) -> None:
        if isinstance(result, File):
            self.set_header("Content-Type", result.media_type)
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header("Content-Security-Policy", "sandbox; default-src 'none'")
            name = "".join(letter for letter in result.name if letter.isalnum() or letter in "._-") or "file"
            self.set_header("Content-Disposition", f'attachment; filename="{name}"')
            self.finish(result.content)
        else:
            self.set_header("Content-Type", "application/json")
            self.finish(result)

    def _fail(self, status: int, kind: str, message: str, hint: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode({"kind": kind, "message": message, "hint": hint}))


def _written(work: Callable[[], Any]) -> File | bytes:
    """A file, or the JSON of another answer: made where the answer is, since large ones take their time."""
    result = work()
    return result if isinstance(result, File) else msgspec.json.encode(result)


class JupyterAnswering(Answering, APIHandler):
    """The handler beside one person's kernels: Jupyter says who calls, and its authorizer is asked each time."""

    def initialize(self, lazy: Lazy) -> None:
        """Tornado hands over what the host serves."""
        self.lazy = lazy

    def check(self, route: Route) -> Person:
        """The person who calls; Jupyter's authorizer must let them use this capability."""
        user = self.current_user
        action = CHECKED_BY[route.method]
        if not self.authorizer.is_authorized(self, user, action, f"perijove:{route.slice}"):
            raise NotAllowed(f"This server does not let you {action} {route.slice}.", hint="Ask who runs the server.")
        return Person(self._name(user), owner=True)

    def _name(self, user: Any) -> str:
        """The visitor's login on a JupyterHub; alone, the person at the machine, since Jupyter only makes up a name."""
        return str(user.username) if "JUPYTERHUB_USER" in os.environ else getpass.getuser()

    @web.authenticated
    async def get(self, path: str) -> None:
        """Serve a GET."""
        await self.answer(path)

    @web.authenticated
    async def post(self, path: str) -> None:
        """Serve a POST."""
        await self.answer(path)

    @web.authenticated
    async def delete(self, path: str) -> None:
        """Serve a DELETE."""
        await self.answer(path)


class TokenAnswering(Answering):
    """The handler of the team's service: only an Authorization header counts, no cookie and no token in the address."""

    def initialize(self, lazy: Lazy, identify: Callable[[str], Awaitable[Person]]) -> None:
        """Tornado hands over what the host serves, and who knows people by their token."""
        self.lazy = lazy
        self.identify = identify

    def check_xsrf_cookie(self) -> None:
        """No cookie is accepted here, so none can be forged."""

    async def prepare(self) -> None:
        """Find out who calls before anything else."""
        self.person: Person | None = None
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() in ("token", "bearer") and token:
            try:
                self.person = await self.identify(token)
            except PerijoveError as error:
                self._fail(error.status, error.kind, error.message, error.hint)
        else:
            self._fail(403, "NotAllowed", "No token was sent.", "Send an Authorization header: token YOUR-TOKEN.")

    def check(self, route: Route) -> Person:
        """The person whose token was sent; only routes of the team are served here."""
        assert self.person is not None
        if route.where != "team":
            raise NotAllowed("This is answered by your own server, not by the team's.", hint="Call it there.")
        return self.person

    async def get(self, path: str) -> None:
        """Serve a GET."""
        await self.answer(path)

    async def post(self, path: str) -> None:
        """Serve a POST."""
        await self.answer(path)

    async def delete(self, path: str) -> None:
        """Serve a DELETE."""
        await self.answer(path)
