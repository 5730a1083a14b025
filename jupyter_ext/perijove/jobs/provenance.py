"""Says which lines of a job come from which cell, and what else it was made from."""

from __future__ import annotations

import ast
import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perijove.jobs.describe import dataset_ref, ranges
from perijove.jobs.emit import Piece
from perijove.jobs.plan import Plan


def provenance(job: Plan, listed: Mapping[str, Any], steps: str, run: str) -> dict[str, Any]:
    """The content of PROVENANCE.json; ``steps`` is the text of steps.py as it is written."""
    return {
        "notebook": job.notebook.path,
        "commit": commit(job.notebook.file.parent),
        "cells": [_cell(job, index) for index in sorted(job.found.value_cells | job.found.environment_cells)],
        "lines": _lines(job, steps),
        "beside": [{"file": f"src/{path}", "sha256": hash_of(file)} for path, file in job.beside.items()],
        "parameters": {one.shown.name: one.shown.default for one in job.program.settings},
        "inputs": [_input(job, one.name, one.kind, one.version) for one in job.described.inputs],
        "outputs": [{"name": entry["name"], "kind": entry["kind"]} for entry in listed["values"]],
        "run": run,
        "python": listed["python"],
    }


def _cell(job: Plan, index: int) -> dict[str, Any]:
    entry = job.entries[index]
    lines = entry.source.split("\n")
    parts = [
        {"lines": [first, last], "sha256": digest("\n".join(lines[first - 1 : last]).encode("utf-8", "replace"))}
        for first, last in ranges(job.found, index)
    ]
    return {
        "index": entry.place,
        "id": entry.cell,
        "run": entry.nth,
        "count": entry.count,
        "sha256": digest(entry.source.encode("utf-8", "replace")),
        "chosen": index in job.chosen,
        "ranges": parts,
    }


def _lines(job: Plan, steps: str) -> list[dict[str, Any]]:
    """Each range of lines of steps.py that comes from a cell, in the order of the file."""
    tree, text = ast.parse(steps), steps.split("\n")
    found = [_line(job, piece, node, text) for piece, node in _matched(job, tree)]
    return sorted(found, key=lambda one: (one["lines"], one["id"], one["run"], one["from"]))


def _matched(job: Plan, tree: ast.Module) -> list[tuple[Piece, ast.stmt]]:
    pairs: list[tuple[Piece, ast.stmt]] = []
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    definitions = {**functions, **{node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}}
    for piece in job.program.definitions:
        defined = ast.parse(piece.text).body[0]
        pairs.append((piece, definitions[defined.name]))  # type: ignore[attr-defined]  # only definitions are hoisted
    for step in job.program.steps:
        body = functions[step.name].body
        after = 1 + bool(step.shared)
        pairs.extend(zip(step.body, body[after : after + len(step.body)], strict=True))
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    for piece in job.program.imports:
        bound = _bound(ast.parse(piece.text).body[0])
        pairs.extend((piece, node) for node in imports if bound & _bound(node))
    return pairs


def _bound(node: ast.stmt) -> set[tuple[str, str, str]]:
    """What an import brings: module, name, and the name it goes by."""
    assert isinstance(node, ast.Import | ast.ImportFrom)
    module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
    return {(module, alias.name, alias.asname or "") for alias in node.names}


def _line(job: Plan, piece: Piece, node: ast.stmt, text: list[str]) -> dict[str, Any]:
    entry = job.entries[piece.cell]
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
    last = node.end_lineno or node.lineno
    return {
        "lines": [first, last],
        "sha256": digest("\n".join(text[first - 1 : last]).encode("utf-8", "replace")),
        "id": entry.cell,
        "index": entry.place,
        "run": entry.nth,
        "from": [piece.first, piece.last],
    }


def _input(job: Plan, name: str, kind: str, version: str) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "kind": kind}
    file = job.notebook.file.parent / name
    if version:
        found["version"] = version
    if kind == "dataset" and dataset_ref(name, job.notebook.file.parent) and file.is_file():
        found |= {"sha256": hash_of(file), "bytes": file.stat().st_size}
    return found


def commit(folder: Path) -> str:
    """The commit that a folder stands at, empty where git knows none."""
    git = shutil.which("git")
    if git is None:
        return ""
    done = subprocess.run([git, "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=20)
    return done.stdout.strip() if done.returncode == 0 else ""


def hash_of(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest(content: bytes) -> str:
    """The SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()
