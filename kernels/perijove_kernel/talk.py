"""Ask a cluster host something over its unix socket, with the standard library alone."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Open the socket file instead of a port."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask(path: str, method: str, what: str, body: dict[str, Any] | None = None, timeout: float = 2.0) -> dict[str, Any]:
    """One request to a host; raises OSError when it does not answer."""
    connection = _UnixConnection(path, timeout)
    try:
        connection.request(method, what, json.dumps(body or {}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        value = json.loads(answer.read() or b"{}")
        if answer.status != 200:
            raise OSError(str(value.get("problem", f"the cluster host answered {answer.status}")))
        return dict(value)
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"the cluster host's answer is not understood: {error}") from error
    finally:
        connection.close()
