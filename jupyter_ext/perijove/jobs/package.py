"""Writes a job: a Python project with the steps, their settings, a command, a lock and golden values."""

from __future__ import annotations

import ast
import hashlib
import json
import keyword
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perijove.core.errors import Conflict, Invalid
from perijove.jobs import lock as locks
from perijove.jobs.describe import dataset_ref, describe, output_names, parameters, ranges
from perijove.jobs.emit import Program, program
from perijove.jobs.model import Parameter, Slice
from perijove.jobs.notebook import Notebook
from perijove.jobs.render import render, template, tidy
from perijove.jobs.slice import BackwardSlice

MANIFEST = ".perijove-job.json"
GOLDEN = "tests/golden"
WORKERS = 2
FORMAT = 1


@dataclass(frozen=True)
class Plan:
    """A job before it is written: its name and notebook, the slice, and the program made of it."""

    name: str
    notebook: Notebook
    chosen: tuple[int, ...]
    found: BackwardSlice
    described: Slice
    program: Program

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the values that the job yields."""
        return self.program.outputs


def plan(name: str, notebook: Notebook, chosen: Sequence[int], found: BackwardSlice) -> Plan:
    """Decide what a job will hold; raises Invalid for a bad name or a slice that cannot become a job."""
    check_name(name)
    described = describe(notebook, found, chosen)
    outputs = output_names(found, chosen)
    if not outputs:
        raise Invalid(
            "The chosen cells define no value to compare.", hint="Choose a cell that assigns a result to a name."
        )
    defaults = {one.name: one.default for one in parameters(notebook, found, outputs)}
    return Plan(name, notebook, tuple(chosen), found, described, program(found, outputs, defaults))


def check_name(name: str) -> None:
    """Raise Invalid unless a name can be a job's: small letters, digits and underscores, and no word of Python."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name) or keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise Invalid(
            f"“{name}” cannot be the name of a job.",
            hint="Begin with a small letter; use small letters, digits and underscores; take no word of Python's own.",
        )
    if name in sys.stdlib_module_names:
        raise Invalid(f"“{name}” is a module of Python itself.", hint="Take another name.")


def write(job: Plan, values: Path, out: Path, run: str = "") -> list[str]:
    """Write the job into a folder, all of it or nothing; gives its files. Raises Conflict where it is not ours."""
    check_folder(out)
    listed = json.loads((values / "values.json").read_text("utf-8"))
    files = _files(job, listed, out, run)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as folder:
        new = Path(folder) / "new"
        for path, text in files.items():
            _put(new / path, text.encode("utf-8"))
        for entry in listed["values"]:
            if entry["file"]:
                _put(new / GOLDEN / entry["file"], (values / entry["file"]).read_bytes())
        made = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
        manifest = _manifest(job, listed, new, made, run)
        _put(new / MANIFEST, _json(manifest).encode())
        if out.exists():
            out.rename(Path(folder) / "old")
        new.rename(out)
    return [*made, MANIFEST]


def check_folder(out: Path) -> None:
    """Raise Conflict where the folder holds something that is not an untouched job of ours."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        if out.exists():
            out.rmdir()
        return
    if not (out / MANIFEST).is_file():
        raise Conflict(f"{out} is there already and is not a job.", hint="Choose another folder.")
    changed = edited(out)
    if changed:
        raise Conflict(
            f"{out} has been edited: {', '.join(changed[:5])}.",
            hint="Choose another folder or name, or move the edited job away: nothing of it is overwritten.",
        )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a job; raises Invalid where the folder is none."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
        check_name(str(found["name"]))
        dict(found["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid(f"{folder} is not a job.", hint=f"Name a folder that holds {MANIFEST}.") from error
    return dict(found)


def edited(folder: Path) -> list[str]:
    """The generated files of a job that are changed or gone."""
    changed = []
    for path, digest in sorted(read_manifest(folder)["files"].items()):
        file = folder / path
        if not file.is_file() or _hash(file) != digest:
            changed.append(path)
    return changed


def _files(job: Plan, listed: Mapping[str, Any], out: Path, run: str) -> dict[str, str]:
    name, made = job.name, job.program
    python = ".".join(str(listed["python"]).split(".")[:2])
    steps = _steps(job)
    modules = [*made.modules, *(("distributed",) if made.uses_cluster else ())]
    kinds = [entry["kind"] for entry in listed["values"]]
    wanted = locks.requirements(modules, steps, listed["packages"], kinds)
    common = _common(job, out, python, wanted)
    source = f"src/{name}"
    files = {
        "pyproject.toml": render("pyproject.toml.j2", **common),
        "README.md": render("README.md.j2", **common),
        "requirements.lock": locks.lock(wanted, listed["packages"], python),
        "PROVENANCE.json": _json(_provenance(job, listed, run)),
        f"{source}/__init__.py": render("init.py.j2", **common),
        f"{source}/__main__.py": render("main.py.j2", **common),
        f"{source}/cli.py": render("cli.py.j2", **common),
        f"{source}/steps.py": steps,
        f"{source}/values.py": template("values.py"),
        f"{source}/config.toml": render("config.toml.j2", **common),
        f"tests/test_{name}.py": render("test.py.j2", **common),
        "tests/compare.py": template("compare.py"),
        f"{GOLDEN}/values.json": _json({"values": listed["values"], "python": listed["python"]}),
    }
    return {path: tidy(path, text) if path.endswith(".py") else text for path, text in files.items()}


def _steps(job: Plan) -> str:
    made = job.program
    imports = list(made.imports)
    call = "Client()"
    if made.injected:
        taken = any(re.search(r"\bClient\b", text) for text in (*made.imports, *made.definitions))
        imports.append("import distributed" if taken else "from dask.distributed import Client")
        call = "distributed.Client()" if taken else call
    steps = [
        {
            "name": step.name,
            "takes": step.takes,
            "gives": step.gives,
            "shared": step.shared,
            "body": step.body,
            "waits": step.waits,
            "doc": f"Cell {step.cell} ({job.notebook.cells[step.cell].id}), {_lines(step.lines)}.",
        }
        for step in made.steps
    ]
    text = render(
        "steps.py.j2",
        notebook=job.notebook.path,
        imports=imports,
        definitions=made.definitions,
        shared=made.shared,
        own_globals=[name for name in made.shared if name in (*made.parameters, *made.injected)],
        parameters=[{"name": name} for name in made.parameters],
        injected=made.injected,
        injected_call=call,
        steps=steps,
        outputs=made.outputs,
        waits=any(step.waits for step in made.steps),
    )
    ast.parse(text)
    return tidy("steps.py", text)


def _lines(lines: Sequence[tuple[int, int]]) -> str:
    first, last = min(one for one, _ in lines), max(one for _, one in lines)
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _common(job: Plan, out: Path, python: str, wanted: Mapping[str, str]) -> dict[str, Any]:
    root = os.path.relpath(job.notebook.file.parent, out) if _near(job, out) else str(job.notebook.file.parent)
    cells = [job.notebook.cells[index] for index in job.chosen]
    files = [one.name for one in job.described.inputs if one.kind == "dataset" and "://" not in one.name]
    return {
        "name": job.name,
        "notebook": job.notebook.path,
        "cells": [f"cell {cell.index}, {cell.id}" for cell in cells],
        "python": python,
        "requirements": [f"{name}=={version}" for name, version in wanted.items()],
        "pins": {name.partition("[")[0]: version for name, version in wanted.items()},
        "parameters": job.described.parameters,
        "data_root": Path(root).as_posix(),
        "uses_cluster": job.program.uses_cluster,
        "workers": WORKERS,
        "inputs": files,
        "input_list": job.described.inputs,
        "environment": [one.name for one in job.described.inputs if one.kind == "environment"],
        "outputs": job.outputs,
    }


def _near(job: Plan, out: Path) -> bool:
    """Whether job and notebook lie in one project, so that a relative path from one to the other will hold."""
    top = job.notebook.file.parents[len(Path(job.notebook.path).parts) - 1]
    return not Path(job.notebook.path).is_absolute() and out.is_relative_to(top)


def _provenance(job: Plan, listed: Mapping[str, Any], run: str) -> dict[str, Any]:
    notebook = job.notebook
    cells = []
    for index in sorted(job.found.value_cells | job.found.environment_cells):
        cell = notebook.cells[index]
        lines = cell.source.split("\n")
        parts = [
            {"lines": [first, last], "sha256": _digest("\n".join(lines[first - 1 : last]).encode())}
            for first, last in ranges(job.found, index)
        ]
        cells.append(
            {"index": index, "id": cell.id, "sha256": cell.hash, "chosen": index in job.chosen, "ranges": parts}
        )
    return {
        "notebook": notebook.path,
        "commit": _commit(notebook.file.parent),
        "cells": cells,
        "parameters": {one.name: one.default for one in job.described.parameters},
        "inputs": [_input(one.name, one.kind, notebook) for one in job.described.inputs],
        "outputs": [{"name": entry["name"], "kind": entry["kind"]} for entry in listed["values"]],
        "run": run,
        "python": listed["python"],
    }


def _input(name: str, kind: str, notebook: Notebook) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "kind": kind}
    file = notebook.file.parent / name
    if kind == "dataset" and dataset_ref(name, notebook.file.parent) and file.is_file():
        found |= {"sha256": _hash(file), "bytes": file.stat().st_size}
    return found


def _manifest(job: Plan, listed: Mapping[str, Any], folder: Path, files: Sequence[str], run: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": job.name,
        "notebook": job.notebook.path,
        "cells": [job.notebook.cells[index].id for index in job.chosen],
        "python": listed["python"],
        "environment": [one.name for one in job.described.inputs if one.kind == "environment"],
        "parameters": {one.name: one.type for one in job.described.parameters},
        "warnings": job.described.warnings,
        "run": run,
        "files": {path: _hash(folder / path) for path in files},
    }


def _commit(folder: Path) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    done = subprocess.run([git, "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=20)
    return done.stdout.strip() if done.returncode == 0 else ""


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _hash(file: Path) -> str:
    return _digest(file.read_bytes())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, default=str) + "\n"


__all__ = ["Parameter", "Plan", "check_folder", "check_name", "edited", "plan", "read_manifest", "write"]
