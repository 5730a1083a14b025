"""Starts a job's own serving in the environment that its lock for serving describes, which is made once and kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perijove.core.errors import Failed, Invalid
from perijove.jobs import environment
from perijove.jobs.package import read_manifest
from perijove.jobs.runner import must
from perijove.jobs.serving import PORTABLE_LOCK, SERVE_LOCK
from perijove.jobs.verify import Teller

OUTPUTS = "outputs"


@dataclass(frozen=True)
class Program:
    """A program of a job, ready to be started: its arguments, its folder, and its variables."""

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


def prepared(folder: Path, verb: Sequence[str], environments: Path, teller: Teller, portable: bool = False) -> Program:
    """Make or find the environment, and give the program for a verb of the job.

    Raises Invalid where the job yields no model, or was exported without the lock that is needed.
    """
    manifest = read_manifest(folder)
    name, place = str(manifest["name"]), folder.resolve()
    wanted = PORTABLE_LOCK if portable else SERVE_LOCK
    lock = place / wanted
    if not (place / "src" / name / "serve.py").is_file():
        raise Invalid(f"The job {name} yields no model.", hint="Export the cell that trains it, or its variable.")
    if not lock.is_file():
        raise Invalid(
            f"The job {name} has no {wanted}: its packages could not be locked, or its model has no portable form.",
            hint="Update the job from its notebook: `perijove job update`.",
        )
    teller.step(0.1, "Prepare the environment")
    made, _ = environment.kept(lock, str(manifest["python"]), environments, lambda argv, cwd: must(teller, argv, cwd))
    own = {key: value for key, value in os.environ.items() if key not in ("PERIJOVE_HOME", "PERIJOVE_NOTEBOOK")}
    env = environment.clean(own, place / "src", environments / "bytecode")
    return Program((str(environment.program(made)), "-m", name, *verb), place, env)


def become(program: Program) -> None:
    """Run the program in place of this one, so that it gets the signals of whoever started us."""
    if sys.platform == "win32":
        raise SystemExit(subprocess.run(program.argv, cwd=program.folder, env=program.environment).returncode)
    sys.stdout.flush()
    os.chdir(program.folder)
    os.execve(program.argv[0], list(program.argv), dict(program.environment))  # noqa: S606 - no shell, our own Python


def run(program: Program) -> str:
    """Run the program to its end; gives what it printed. Raises Failed in its own words."""
    done = subprocess.run(
        program.argv, cwd=program.folder, env=program.environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-1500:]
        if done.returncode == 2:
            raise Invalid(said, hint="`perijove job serve --help` shows what it takes.")
        raise Failed(said, hint="Run the job first, and see its log.")
    return done.stdout
