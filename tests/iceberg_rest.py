"""A small Iceberg REST catalog on loopback: the reading half of the protocol, over a SQL catalog, behind a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback import serving

LEVEL = "\x1f"  # parts the levels of a namespace in a path


class Refused(Exception):
    """An answer that is no success: its status and the kind that the protocol names."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(kind)
        self.status, self.kind = status, kind


@contextmanager
def rest_catalog(tables: Any, token: str) -> Iterator[str]:
    """Serve a catalog of pyiceberg; yields the address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                if self.headers.get("Authorization") != f"Bearer {token}":
                    raise Refused(401, "NotAuthorizedException")
                status, told = 200, _answer(tables, self.path)
            except Refused as error:
                status = error.status
                told = {"error": {"message": str(error), "type": error.kind, "code": error.status}}
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with serving(Answer) as url:
        yield url


def _answer(tables: Any, path: str) -> dict[str, Any]:
    from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

    split = urlsplit(path)
    parts = [unquote(part) for part in split.path.strip("/").split("/")]
    try:
        if parts == ["v1", "config"]:
            return {"defaults": {}, "overrides": {}}
        if parts == ["v1", "namespaces"]:
            above = tuple("".join(parse_qs(split.query).get("parent", [])).split(LEVEL)) if split.query else ()
            return {"namespaces": [list(one) for one in tables.list_namespaces(tuple(filter(None, above)))]}
        space = tuple(parts[2].split(LEVEL)) if len(parts) > 2 else ()
        if parts[3:] == ["tables"]:
            return {
                "identifiers": [{"namespace": list(one[:-1]), "name": one[-1]} for one in tables.list_tables(space)]
            }
        if len(parts) == 5 and parts[3] == "tables":
            found = tables.load_table((*space, parts[4]))
            metadata = json.loads(found.metadata.model_dump_json())
            return {"metadata-location": found.metadata_location, "metadata": metadata, "config": {}}
    except NoSuchTableError as error:
        raise Refused(404, "NoSuchTableException") from error
    except NoSuchNamespaceError as error:
        raise Refused(404, "NoSuchNamespaceException") from error
    raise Refused(404, "NotFound")
