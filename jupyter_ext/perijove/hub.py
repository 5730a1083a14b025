"""Host 2: the team's service beside a JupyterHub, where people cannot change what runs.

Configured by the environment JupyterHub gives its services (JUPYTERHUB_API_URL, JUPYTERHUB_SERVICE_PREFIX,
JUPYTERHUB_SERVICE_URL) and PERIJOVE_DATABASE_URL. Roles come from groups of the Hub named ``perijove-<role>``.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from tornado.httpserver import HTTPServer
from tornado.web import Application

from perijove.core.access import ROLES, Person
from perijove.core.errors import Busy, NotAllowed
from perijove.core.project import Project
from perijove.core.web import Lazy, TokenAnswering
from perijove.wiring import Perijove

Identify = Callable[[str], Awaitable[Person]]


def hub_identity(api_url: str) -> Identify:
    """Ask a JupyterHub whose token it is."""

    async def identify(token: str) -> Person:
        try:
            async with httpx.AsyncClient(timeout=10) as client:
                answer = await client.get(f"{api_url.rstrip('/')}/user", headers={"Authorization": f"token {token}"})
        except httpx.HTTPError as error:
            raise Busy("JupyterHub does not answer.", hint="Try again in a minute.") from error
        if answer.status_code != 200:
            raise NotAllowed("JupyterHub does not know this token.", hint="Log in again.")
        user = answer.json()
        groups = tuple(str(group) for group in user.get("groups", []))
        roles = tuple(role for role in ROLES if f"perijove-{role}" in groups)
        return Person(str(user["name"]), groups, owner=False, roles=roles)

    return identify


def make_application(lazy: Lazy, identify: Identify, prefix: str = "/") -> Application:
    """The tornado application of the team's service."""
    pattern = f"{prefix.rstrip('/')}/perijove/(.*)"
    return Application([(pattern, TokenAnswering, {"lazy": lazy, "identify": identify})])


async def serve() -> None:
    """Serve until told to stop."""
    wired = Perijove(Project.find(Path.cwd()), database_url=os.environ.get("PERIJOVE_DATABASE_URL", ""))
    identify = hub_identity(os.environ["JUPYTERHUB_API_URL"])
    application = make_application(Lazy(lambda: wired), identify, os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/"))
    address = urlsplit(os.environ.get("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:8910"))
    server = HTTPServer(application)
    server.listen(address.port or 80, address.hostname or "127.0.0.1")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    server.stop()
    wired.close()


if __name__ == "__main__":
    asyncio.run(serve())
