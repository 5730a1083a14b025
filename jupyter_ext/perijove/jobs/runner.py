"""Runs a job in the environment of its lock, which is made once and kept."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perijove.core.errors import Failed, Invalid
from perijove.jobs.lock import uv
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
    python = _environment(folder, str(manifest["python"]), environments, teller)
    teller.step(0.4, "Run the job")
    out = folder / "outputs"
    started = time.monotonic()
    source = {"PYTHONPATH": str(folder.resolve() / "src"), "MPLBACKEND": "Agg"}
    clean = {key: value for key, value in os.environ.items() if key not in ("PERIJOVE_HOME", "PERIJOVE_NOTEBOOK")}
    _must(teller, [str(python), "-m", name, "run", "--out", str(out.resolve()), *options], folder, {**clean, **source})
    return {"name": name, "path": str(folder), "outputs": str(out), "seconds": round(time.monotonic() - started, 2)}


def _environment(folder: Path, python: str, environments: Path, teller: Teller) -> Path:
    lock = folder / "requirements.lock"
    short = ".".join(python.split(".")[:2])
    key = hashlib.sha256(lock.read_bytes() + short.encode()).hexdigest()[:16]
    ready = environments / key
    if not (ready / "complete").exists():
        shutil.rmtree(ready, ignore_errors=True)
        environments.mkdir(parents=True, exist_ok=True)
        chosen = sys.executable if short == f"{sys.version_info.major}.{sys.version_info.minor}" else short
        _must(teller, [uv(), "venv", "--quiet", "--no-project", "--python", chosen, str(ready)], folder, None)
        if re.search(r"^\S+==", lock.read_text("utf-8"), re.MULTILINE):
            sync = [uv(), "pip", "sync", "--quiet", "--require-hashes", "--python", str(_python(ready)), str(lock)]
            _must(teller, sync, folder, None)
        (ready / "complete").touch()
    return _python(ready)


def _python(environment: Path) -> Path:
    windows = environment / "Scripts" / "python.exe"
    return windows if windows.exists() else environment / "bin" / "python"


def _must(teller: Teller, argv: list[str], cwd: Path, env: Mapping[str, str] | None) -> None:
    with tempfile.TemporaryDirectory() as place:
        code, tail = kept_output(teller, argv, cwd, env, Path(place) / "log")
    if code:
        raise Failed(
            f"The job ended with {code}. {tail}", hint="Its log says where; `check` looks for what is missing."
        )
