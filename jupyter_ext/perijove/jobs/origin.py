"""Lays a job beside its notebook: each cell that went into it, the lines it became, and what the notebook says now."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from perijove.core.errors import Invalid
from perijove.jobs.model import CellOrigin
from perijove.jobs.notebook import Notebook
from perijove.jobs.package import read_manifest
from perijove.jobs.pristine import base


def origins(folder: Path, notebook: Notebook | None) -> list[CellOrigin]:
    """The cells of a job in the order they run; without a notebook all of them are gone. Raises Invalid for no job."""
    manifest = read_manifest(folder)
    try:
        about = json.loads((folder / "PROVENANCE.json").read_text("utf-8"))
        cells = [dict(one) for one in about["cells"]]
        lines = [dict(one) for one in about["lines"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid(
            "The job no longer says which cells it came from.", hint="Bring back its PROVENANCE.json."
        ) from error
    path = f"src/{manifest['name']}/steps.py"
    steps = base(folder, manifest["files"]).get(path, b"").decode("utf-8", "replace")
    return [_origin(one, lines, steps, notebook) for one in cells]


def _origin(cell: dict[str, Any], lines: list[dict[str, Any]], steps: str, notebook: Notebook | None) -> CellOrigin:
    ours = [one["lines"] for one in lines if (one["id"], one["run"]) == (cell["id"], cell["run"])]
    ranges = [(int(first), int(last)) for first, last in ours]
    now = next((one for one in notebook.cells if one.id == cell["id"]), None) if notebook is not None else None
    return CellOrigin(
        cell=str(cell["id"]),
        index=now.index if now is not None else None,
        run=int(cell["run"]),
        chosen=bool(cell["chosen"]),
        state="gone" if now is None else "same" if now.hash == cell["sha256"] else "changed",
        step=_step(steps, ranges),
        lines=ranges,
        code=_text(steps, ranges),
        now=now.source if now is not None else "",
    )


def _step(steps: str, ranges: list[tuple[int, int]]) -> str:
    """The function that the lines stand in; empty for imports and definitions of the notebook's own."""
    try:
        tree = ast.parse(steps)
    except SyntaxError:  # the file as it was generated is gone
        return ""
    for node in tree.body:
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if inside and any(node.lineno < first <= (node.end_lineno or 0) for first, _ in ranges):
            return str(node.name)  # type: ignore[attr-defined]  # only functions are inside
    return ""


def _text(steps: str, ranges: list[tuple[int, int]]) -> str:
    whole = steps.split("\n")
    return "\n".join("\n".join(whole[first - 1 : last]) for first, last in ranges)
