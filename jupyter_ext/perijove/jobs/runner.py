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
from perijove.jobs.verify import TAIL, Teller, kept_output


def run_job(folder: Path, parameters: Mapping[str, str], environments: Path, teller: Teller) -> dict[str, Any]:
    """Run a job; gives its name, where its outputs are and how long it took.

    Raises Failed with the end of its log; the whole log of its last run is kept beside the environments.
    """
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
    log = environments.with_name("logs") / f"job-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    must(teller, argv, folder, env, log)
    return {"name": name, "path": str(folder), "outputs": str(out), "seconds": round(time.monotonic() - started, 2)}


def must(
    teller: Teller, argv: list[str], cwd: Path, env: Mapping[str, str] | None = None, log: Path | None = None
) -> None:
    """Run a program; raises Failed with the end of what it printed, Invalid where a job was asked for nonsense.

    ``log`` is where all that a job prints is kept; what makes its environment keeps nothing.
    """
    with tempfile.TemporaryDirectory() as place:
        file = log or Path(place) / "log"
        code, _ = kept_output(teller, argv, cwd, env, file)
        tail = _end(file) if code else ""
    if code == 2 and log:
        raise Invalid(
            tail or "The job was asked for something that makes no sense.", hint="Its README names its options."
        )
    if code:
        what, hint = ("The job", f"Its whole log is in {log}; ") if log else (Path(argv[0]).name, "")
        hint += "`check` of the job looks for what is missing." if log else "It was to make the job's environment."
        raise Failed(f"{what} ended with {code}.\n{tail}".rstrip(), hint=hint)


def _end(log: Path) -> str:
    """The last lines of a log, the first of them a whole one."""
    text = log.read_text("utf-8", "replace").strip() if log.is_file() else ""
    if len(text) <= TAIL:
        return text
    cut = text[-TAIL - 1 :]
    return cut.partition("\n")[2] or cut[1:]
