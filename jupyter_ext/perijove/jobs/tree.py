"""The texts of a job's files, made from a plan and what the kernel held."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from perijove.jobs import lock as locks
from perijove.jobs import serving
from perijove.jobs.emit import Step
from perijove.jobs.model import Parameter
from perijove.jobs.parameters import variables
from perijove.jobs.plan import Plan
from perijove.jobs.provenance import commit, provenance
from perijove.jobs.render import line, render, template, tidy

GOLDEN = "tests/golden"
WORKERS = 2
PATIENCE = 60.0
# Libraries of the system that a slim image lacks, by the package that needs them.
LIBRARIES = {"lightgbm": ("libgomp1",), "opencv-python": ("libgl1", "libglib2.0-0")}


def texts(job: Plan, listed: Mapping[str, Any], out: Path, run: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """The files of a job by their path. ``listed`` describes the captured values; ``facts`` are the run's figures."""
    source = f"src/{job.name}"
    python = ".".join(str(listed["python"]).split(".")[:2])
    types = {entry["name"]: str(entry.get("type", "")) for entry in listed["values"]}
    steps = steps_text(job, {**dict(listed.get("types", {})), **types})
    beside = {f"src/{path}": file.read_text("utf-8") for path, file in job.beside.items()}
    kinds = [entry["kind"] for entry in listed["values"]]
    kinds += ["frame" for entry in listed["values"] if str(entry.get("sample", "")).endswith(".parquet")]
    needs = locks.needed(job.modules, "\n".join([steps, *beside.values()]), listed, kinds, job.also)
    groups = serving.extras(listed)
    own, locked = serving.files(groups, needs, listed, python, _static)
    given = {
        **_given(job, listed, out, python, needs),
        "extras": groups,
        "serves": bool(groups),
        "locks": sorted(locked),
        "parity": serving.parities(out / serving.REPORT),
    }
    made = {
        ".dockerignore": render("dockerignore.j2"),
        ".github/workflows/ci.yml": render("ci.yml.j2", **given),
        ".gitignore": render("gitignore.j2"),
        "Dockerfile": render("Dockerfile.j2", **given),
        "PROVENANCE.json": as_json(provenance(job, listed, steps, run)),
        "README.md": render("README.md.j2", **given),
        "pyproject.toml": render("pyproject.toml.j2", **given),
        f"{source}/__init__.py": render("init.py.j2", **given),
        f"{source}/__main__.py": render("main.py.j2", **given),
        f"{source}/cli.py": tidy("cli.py", render("cli.py.j2", **given), job.name),
        f"{source}/config.toml": render("config.toml.j2", **given),
        f"{source}/contract.json": as_json({"inputs": contract(job)}),
        f"{source}/contract.py": _static("contract.py"),
        f"{source}/parameters.py": tidy("parameters.py", render("parameters.py.j2", **given), job.name),
        f"{source}/progress.py": _static("progress.py"),
        f"{source}/steps.py": steps,
        f"{source}/values.py": _static("values.py"),
        f"{source}/writing.py": _static("writing.py"),
        "tests/compare.py": _static("compare.py"),
        f"tests/test_{job.name}.py": tidy("test.py", render("test.py.j2", **given), job.name),
        f"{GOLDEN}/values.json": as_json({"values": listed["values"], "python": listed["python"]}),
        **locks.files(needs, listed, python),
        **beside,
    }
    made[f"{source}/profiles.py"] = _static("profiles.py")
    made[f"{source}/reference.json"] = as_json({"inputs": _of_inputs(job, "profiles.py")})
    made |= {f"{source}/{name}": text for name, text in own.items()} | locked
    if job.program.uses_dask:
        made[f"{source}/cluster.py"] = _static("cluster.py")
    if card := _model_card(job, listed, run, facts, given):
        made["MODEL_CARD.md"] = card
    return made


@cache
def _static(name: str) -> str:
    """A file that is the same in every job."""
    return tidy(name, template(name))


def steps_text(job: Plan, types: Mapping[str, str]) -> str:
    """The text of steps.py; ``types`` are those of the kernel's values, by name."""
    made = job.program
    for name, full in sorted(types.items()):
        if name not in made.types.known:
            made.types.learn(name, full)
    imports, call = [piece.text for piece in made.imports], "Client()"
    if made.injected:
        taken = any(word in made.words.values() or word in made.types.aliases for word in ("Client",))
        imports.append(
            f"import distributed as {made.words['distributed']}" if taken else "from dask.distributed import Client"
        )
        call = f"{made.words['distributed']}.Client()" if taken else call
    own = [name for name in made.shared if name in {*(one.shown.name for one in made.settings), *made.injected}]
    steps = _calls(job)
    written = [f"{name}: {made.types.of(name)}" for name in made.shared]
    used = " ".join([*written, *(" ".join([*step["takes"], step["type"]]) for step in steps)])
    text = render(
        "steps.py.j2",
        name=job.name,
        notebook=job.notebook.path,
        words=made.words,
        imports=imports,
        typing_only=sorted(one for one in made.types.modules if re.search(rf"(?<![\w.]){re.escape(one)}\.", used)),
        definitions=[piece.text for piece in made.definitions],
        globals=written,
        own_globals=own,
        early=[one.shown.name for one in made.settings if one.shown.name in made.shared],
        injected=made.injected,
        injected_call=call,
        steps=steps,
        outputs=made.outputs,
        waits=any(step.waits for step in made.steps),
    )
    ast.parse(text)
    return tidy("steps.py", text, job.name)


def _calls(job: Plan) -> list[dict[str, Any]]:
    """The steps as the template wants them, each with what it is called with."""
    made, bound, result = job.program, set(job.program.shared), []
    parameters = {one.shown.name for one in made.settings}
    for step in made.steps:
        given = [
            f"{made.words['parameters']}.{name}" if name in parameters and name not in bound else name
            for name in step.takes
        ]
        types = [made.types.of(name) for name in step.gives]
        result.append(
            {
                "name": step.name,
                "takes": [f"{name}: {made.types.of(name)}" for name in step.takes],
                "gives": step.gives,
                "given": given,
                "type": "None" if not types else types[0] if len(types) == 1 else f"tuple[{', '.join(types)}]",
                "shared": step.shared,
                "body": [piece.text for piece in step.body],
                "waits": step.waits,
                "doc": f"{_title(job, step)}, {_ranges(step)}.",
                "origin": f"{job.entries[step.cell].label}, {_ranges(step)}",
            }
        )
        bound |= set(step.gives)
    return result


def _title(job: Plan, step: Step) -> str:
    label = job.entries[step.cell].label
    return label[:1].upper() + label[1:]


def _ranges(step: Step) -> str:
    first, last = min(piece.first for piece in step.body), max(piece.last for piece in step.body)
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _given(job: Plan, listed: Mapping[str, Any], out: Path, python: str, needs: locks.Needs) -> dict[str, Any]:
    """What the templates are filled with."""
    paths = {one.shown.default: one.shown.name for one in job.program.settings if one.shown.kind == "path"}
    inputs = [one for one in job.described.inputs if one.kind == "dataset" and "://" not in one.name]
    return {
        "name": job.name,
        "command": command(job.name),
        "notebook": job.notebook.path,
        "cells": [job.entries[index].label for index in job.chosen],
        "python": python,
        "uv": version("uv"),
        "requirements": needs.lines,
        "pins": needs.pins,
        "by_commit": needs.by_commit,
        "libraries": sorted({one for name, found in LIBRARIES.items() if name in needs.pins for one in found}),
        "parameters": [_parameter(job, one.shown) for one in job.program.settings],
        "data_root": Path(_data_root(job, out)).as_posix(),
        "uses_cluster": job.program.uses_cluster,
        "uses_dask": job.program.uses_dask,
        "workers": WORKERS,
        "words": job.program.words,
        "inputs": {one.name: paths.get(one.name, "") for one in inputs},
        "parts": {one.name: parts for one in inputs if one.name not in paths and (parts := _parts(job, one.name))},
        "written": [one.name for one in job.described.outputs if one.kind == "file"],
        "input_list": job.described.inputs,
        "environment": required(job),
        "outputs": job.outputs,
        "steps": [{**one, "takes": step.takes} for one, step in zip(_calls(job), job.program.steps, strict=True)],
        "beside": sorted({path.partition("/")[0] for path in job.beside}),
        "warnings": job.described.warnings,
    }


def _parts(job: Plan, path: str) -> dict[str, str]:
    """The settings whose values may be part of a path that the program puts together."""
    told = {one.shown.name: one.shown.default for one in job.program.settings}
    return {name: text for name, text in told.items() if isinstance(text, str) and text and text in path}


def command(name: str) -> str:
    """The name of a job's command and distribution."""
    return name.replace("_", "-").strip("-")


def required(job: Plan) -> list[str]:
    """The environment variables that the job cannot do without: read by index, and not set by itself."""
    return sorted(variables(job.found, ast.Load) - variables(job.found, ast.Store))


def _parameter(job: Plan, one: Parameter) -> dict[str, Any]:
    label = next((entry.label for entry in job.entries if entry.cell == one.cell), f"cell ({one.cell})")
    origin = line(f"{label}, line {one.line}")
    option = "--" + one.name.replace("_", "-")
    found = {"name": one.name, "type": one.type, "default": one.default, "kind": one.kind}
    return {**found, "origin": origin, "option": option}


def _data_root(job: Plan, out: Path) -> str:
    """The folder that paths start from: the notebook's; a job that was moved out of its project keeps what it has."""
    if _near(job, out):
        return os.path.relpath(job.notebook.file.parent, out)
    try:
        kept = tomllib.loads((out / "src" / job.name / "config.toml").read_text("utf-8")).get("data_root")
    except (OSError, ValueError):  # it is new, or its settings are the next thing to be mended
        kept = None
    return kept if isinstance(kept, str) else str(job.notebook.file.parent)


def _near(job: Plan, out: Path) -> bool:
    """Whether job and notebook lie in one project, so that a relative path from one to the other will hold."""
    top = job.notebook.file.parents[len(Path(job.notebook.path).parts) - 1]
    return not Path(job.notebook.path).is_absolute() and out.is_relative_to(top)


def contract(job: Plan) -> dict[str, Any]:
    """What the inputs look like now."""
    return _of_inputs(job, "contract.py")


def _of_inputs(job: Plan, script: str) -> dict[str, Any]:
    """What a script finds out of each input, in a process of its own: a file may make a reader fail or hang."""
    names = [one.name for one in job.described.inputs if one.kind == "dataset" and "://" not in one.name]
    found: dict[str, Any] = {}
    with as_file(files("perijove.jobs").joinpath("templates")) as folder:
        for name in names:
            argv = [sys.executable, str(folder / script), name]
            try:
                done = subprocess.run(
                    argv, cwd=job.notebook.file.parent, capture_output=True, text=True, timeout=PATIENCE
                )
                columns = json.loads(done.stdout).get(name) if done.returncode == 0 else None
            except (subprocess.TimeoutExpired, ValueError):
                columns = None
            if columns:
                found[name] = columns
    return found


def _model_card(
    job: Plan, listed: Mapping[str, Any], run: str, facts: Mapping[str, Any], given: Mapping[str, Any]
) -> str:
    """What is known of the model, empty where the job trains none."""
    training = [step.name for step in job.program.steps if step.name.startswith("train")]
    models = [entry for entry in listed["values"] if entry["kind"] == "model"]
    if not training and not models:
        return ""
    origin = f"run {run}"
    settings = [{"name": one["name"], "value": one["default"], "origin": one["origin"]} for one in given["parameters"]]
    known = {one["name"] for one in settings}
    logged = dict(facts.get("params", {}))
    settings += [
        {"name": name, "value": logged[name], "origin": origin} for name in sorted(logged) if name not in known
    ]
    metrics, numbers = dict(facts.get("metrics", {})), dict(facts.get("numbers", {}))
    figures = [{"name": name, "value": metrics[name], "origin": origin} for name in sorted(metrics)]
    own = [name for name in sorted(numbers) if metrics.get(name) != numbers[name]]
    figures += [{"name": name, "value": numbers[name], "origin": "the notebook"} for name in own]
    return render(
        "MODEL_CARD.md.j2",
        **{**given, "settings": settings, "figures": figures},
        training=training or [step.name for step in job.program.steps],
        models=[{"name": one["name"], "type": one.get("type", "model")} for one in models],
        commit=commit(job.notebook.file.parent),
        run=run,
        picture="docs/shap_summary.png" if facts.get("picture") else "",
    )


def as_json(value: Any) -> str:
    """JSON as jobs hold it: sorted, indented, dates as text."""
    return json.dumps(value, indent=2, sort_keys=True, default=str) + "\n"
