"""Runs a job in the environment of its lock, which is made once and kept."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perijove.core.errors import Failed, Invalid
from perijove.jobs import environment
from perijove.jobs.package import read_manifest
from perijove.jobs.verify import Teller, kept_output


def run_job(folder: Path, parameters: Mapping[str, str], environments: Path, teller: Teller) -> dict[str, Any]:
    """Run a job; gives its name, where its outputs are and how long it took. Raises Failed with the end of its log."""
    manifest = read_manifest(folder)
    name, known = str(manifest["name"]), dict(manifest["parameters"])
    options = []
    for key, value in parameters.items():
        if key not in known:
            raise Invalid(f"The job has no parameter “{key}”.", hint=f"It has: {', '.join(sorted(known)) or 'none'}.")
        options.append(f"--{key.replace('_', '-')}={value}")
    teller.step(0.1, "Prepare the environment")
    lock = folder / "requirements.lock"

    place, _ = environment.kept(lock, str(manifest["python"]), environments, lambda argv, cwd: must(teller, argv, cwd))
    teller.step(0.4, "Run the job")
    out = folder / "outputs"
    started = time.monotonic()
    own = {key: value for key, value in os.environ.items() if key not in ("PERIJOVE_HOME", "PERIJOVE_NOTEBOOK")}
    env = environment.clean(own, folder.resolve() / "src", environments / "bytecode")
    argv = [str(environment.program(place)), "-m", name, "run", "--out", str(out.resolve()), *options]
    must(teller, argv, folder, env, asked=True)
    return {"name": name, "path": str(folder), "outputs": str(out), "seconds": round(time.monotonic() - started, 2)}


def must(
    teller: Teller, argv: list[str], cwd: Path, env: Mapping[str, str] | None = None, *, asked: bool = False
) -> None:
    """Run a program; raises Failed with the end of what it printed, Invalid where a job was asked for nonsense."""
    with tempfile.TemporaryDirectory() as place:
        code, tail = kept_output(teller, argv, cwd, env, Path(place) / "log")
    if code == 2 and asked:
        raise Invalid(
            tail or "The job was asked for something that makes no sense.", hint="Its README names its options."
        )
    if code:
        raise Failed(
            f"The job ended with {code}. {tail}", hint="Its log says where; `check` looks for what is missing."
        )
