"""Shows that a job's own tests can fail: changes one constant, column name or threshold at a time and expects red.

``python -m perijove.jobs.mutation JOB`` runs the job's tests on a copy of it for each change and prints one JSON line;
it needs an environment that has the job's packages, as the job's own does.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from perijove.jobs.package import read_manifest
from perijove.jobs.source import replaced

PATIENCE = 600.0
_COMPARE = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True)
class Mutant:
    """One change to a job: the kind (constant, column or threshold), the file, where in it, and the words."""

    kind: str
    file: str
    line: int
    before: str
    after: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """A mutant, and whether the job's tests failed, as they must."""

    mutant: Mutant
    killed: bool
    detail: str


def mutants(folder: Path, most: int = 0) -> list[Mutant]:
    """The changes that can be made to a job, each to one place; ``most`` of each kind, 0 for all."""
    name = str(read_manifest(folder)["name"])
    columns = _columns(folder / "src" / name / "contract.json")
    steps = f"src/{name}/steps.py"
    found = [*_of_config(folder, f"src/{name}/config.toml"), *_of_steps(folder, steps, columns)]
    if not most:
        return found
    kinds = dict.fromkeys(one.kind for one in found)
    return [one for kind in kinds for one in [two for two in found if two.kind == kind][:most]]


def _columns(contract: Path) -> set[str]:
    if not contract.is_file():
        return set()
    inputs: dict[str, dict[str, Any]] = json.loads(contract.read_text("utf-8"))["inputs"]
    return {name for columns in inputs.values() for name in columns}


def _of_config(folder: Path, file: str) -> Iterator[Mutant]:
    """Each parameter with another default; paths, dates and texts that nothing may depend on are left as they are."""
    text = (folder / file).read_text("utf-8")
    for name, value in tomllib.loads(text).get("parameters", {}).items():
        other = changed(value) if not isinstance(value, str) else None
        if other is None:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            key, sign, rest = line.partition(" = ")
            if sign and tomllib.loads(f"{key} = 1") == {name: 1}:
                new = f"{key} = {str(other).lower() if isinstance(other, bool) else repr(other)}"
                lines = text.split("\n")
                lines[number - 1] = new
                yield Mutant("constant", file, number, rest, new.partition(" = ")[2], "\n".join(lines))


def _of_steps(folder: Path, file: str, columns: set[str]) -> Iterator[Mutant]:
    """Each literal of the steps in turn; docstrings, and texts that name no column, are left as they are."""
    source = (folder / file).read_text("utf-8")
    tree = ast.parse(source)
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    own = [node for node in tree.body if isinstance(node, functions) and _is_step(node)]
    for function in own:
        printed = {id(part) for call in ast.walk(function) if _only_prints(call) for part in ast.walk(call)}
        thresholds = {
            id(side)
            for part in ast.walk(function)
            if isinstance(part, ast.Compare) and isinstance(part.ops[0], _COMPARE)
            for side in (part.left, *part.comparators)
        }
        literals = [part for part in ast.walk(function) if isinstance(part, ast.Constant)]
        for part in sorted(literals, key=lambda one: (one.lineno, one.col_offset)):
            if part.lineno != part.end_lineno or id(part) in printed:
                continue
            kind = "threshold" if id(part) in thresholds else "constant"
            if isinstance(part.value, str):
                kind, other = "column", f"{part.value}_" if part.value in columns else None
            else:
                other = changed(part.value, far=kind == "threshold")
            if other is not None:
                spot = (part.lineno, part.col_offset, part.end_col_offset or 0, repr(other))
                yield Mutant(kind, file, part.lineno, repr(part.value), repr(other), replaced(source, [spot]))


def _is_step(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id.endswith("step") for one in node.decorator_list)


def _only_prints(node: ast.AST) -> bool:
    """Whether this part of a step only says something: a change to it changes no output."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    )


def changed(value: object, *, far: bool = False) -> Any:
    """Another value of the same kind, far enough away to matter, or so ``far`` that it parts nothing any more; None
    where there is none."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float) and far:
        return value + 1_000_000
    if isinstance(value, int):
        return value * 2 + 1 if value >= 0 else value * 2 - 1
    if isinstance(value, float):
        return value * 5 + 1
    return None


def run_tests(folder: Path, python: str, mutant: Mutant | None = None) -> tuple[bool, str]:
    """Run a job's tests on a copy of it, with a change; gives whether they passed, and the end of what they said."""
    name = str(read_manifest(folder)["name"])
    with tempfile.TemporaryDirectory(prefix="perijove-mutant-") as place:
        copy = Path(place) / "job"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("outputs", ".venv", "__pycache__"))
        if mutant is not None:
            (copy / mutant.file).write_text(mutant.text, "utf-8")
        config = tomllib.loads((folder / "src" / name / "config.toml").read_text("utf-8"))
        root = os.environ.get("JOB_DATA_ROOT") or str((folder / config["data_root"]).resolve())
        kept = {key: value for key, value in os.environ.items() if key not in ("JOB_TEST_FIRST", "JOB_TEST_OUT")}
        argv = [python, "-m", "unittest", "discover", "-s", str(copy / "tests"), "--failfast"]
        if mutant is not None:  # that two runs do not differ was shown by the tests of the job as it is
            kept["JOB_TEST_NO_NOISE"] = "1"
        environment = {**kept, "JOB_DATA_ROOT": root, "PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(argv, cwd=copy, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return False, f"The tests did not end within {PATIENCE:.0f} s."
    return done.returncode == 0, _last(done.stderr)


def _last(text: str) -> str:
    said = [line for line in text.splitlines() if re.search(r"Error|FAILED|differ|OK", line)]
    return (said or text.splitlines() or [""])[-1][:300]


def prove(folder: Path, python: str = sys.executable, most: int = 0, only: Sequence[str] = ()) -> list[Outcome]:
    """Run a job's tests once for each change; raises ValueError where they fail without one."""
    passed, said = run_tests(folder, python)
    if not passed:
        raise ValueError(f"The job's tests fail as they are: {said}")
    outcomes = []
    for mutant in mutants(folder, most):
        if not only or mutant.kind in only:
            passed, said = run_tests(folder, python, mutant)
            outcomes.append(Outcome(mutant, not passed, said))
    return outcomes


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what came of each change; 1 if the tests did not notice one."""
    parser = argparse.ArgumentParser(prog="python -m perijove.jobs.mutation", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable, help="The Python that has the job's packages.")
    parser.add_argument("--most", type=int, default=0, help="How many changes of each kind; 0 for all.")
    options = parser.parse_args(arguments)
    outcomes = prove(options.folder.resolve(), options.python, options.most)
    shown = [
        {**asdict(one), "mutant": {k: v for k, v in asdict(one.mutant).items() if k != "text"}} for one in outcomes
    ]
    print(json.dumps({"mutants": shown, "killed": sum(one.killed for one in outcomes), "of": len(outcomes)}))
    return 0 if all(one.killed for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
