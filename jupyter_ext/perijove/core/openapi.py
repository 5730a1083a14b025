"""The API document, made from the routes: what clients are generated from and the contract test compares."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from perijove.core.routing import Argument, File, Route

REFS = "#/components/schemas/{name}"


class Problem(msgspec.Struct, frozen=True):
    """What went wrong: its kind, a sentence for the person and a hint on what to do."""

    kind: str
    message: str
    hint: str


def document(routes: list[Route], version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the routes."""
    types: list[Any] = [Problem]
    for route in routes:
        types += [argument.type for argument in route.arguments if argument.source != "who"]
        types += [] if route.answer is File else [route.answer]
    schemas, components = msgspec.json.schema_components(types, ref_template=REFS)
    known = {str(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for route in sorted(routes, key=lambda route: (route.path, route.method)):
        path = re.sub(r":path\}", "}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, known)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Perijove", "version": version},
        "servers": [{"url": "/perijove"}],
        "paths": paths,
        "components": {"schemas": dict(sorted(components.items()))},
    }


def _operation(route: Route, known: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.sentence,
        "tags": [route.slice],
        "x-permission": route.may,
        "x-where": route.where,
    }
    parameters = [_parameter(argument, known) for argument in route.arguments if argument.source in ("path", "query")]
    if parameters:
        operation["parameters"] = parameters
    for argument in route.arguments:
        if argument.source == "body":
            content = {"application/json": {"schema": known[str(argument.type)]}}
            operation["requestBody"] = {"required": True, "content": content}
    binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    answer = binary if route.answer is File else {"application/json": {"schema": known[str(route.answer)]}}
    problem = {"application/json": {"schema": known[str(Problem)]}}
    operation["responses"] = {
        "200": {"description": "Done.", "content": answer},
        "default": {"description": "It was not done.", "content": problem},
    }
    return operation


def _parameter(argument: Argument, known: dict[str, Any]) -> dict[str, Any]:
    schema = dict(known[str(argument.type)])
    if not argument.required and argument.default is not None:
        schema["default"] = argument.default
    return {"name": argument.name, "in": argument.source, "required": argument.required, "schema": schema}
