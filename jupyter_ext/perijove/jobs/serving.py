"""What a job that yields a model has beyond others: the files for scoring, and locks for serving and portable forms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.errors import Failed
from perijove.jobs import lock as locks
from perijove.jobs.lock import Needs, plain
from perijove.jobs.model import Parity

SERVE_LOCK = "requirements-serve.lock"
PORTABLE_LOCK = "requirements-portable.lock"
REPORT = "parity.json"
FILES = ("models.py", "portable.py", "scoring.py", "serve.py")
# The versions that are taken where the kernel has none, so that the same input gives the same lock.
SERVE = {"pyarrow": "25.0.1", "starlette": "1.10.0", "uvicorn": "0.54.0"}
SERVE_MORE = {"anyio": "4.16.0", "click": "8.5.1", "h11": "0.16.0", "idna": "3.20", "typing-extensions": "4.16.0"}
PORTABLE = {"onnxmltools": "1.16.0", "onnxruntime": "1.31.1", "skl2onnx": "1.20.0", "treelite": "4.8.1"}
PORTABLE_MORE = {"flatbuffers": "25.12.19", "ml-dtypes": "0.6.0", "onnx": "1.23.2", "protobuf": "7.36.2"}
CONVERTIBLE = ("sklearn.", "xgboost.")


def yields_model(listed: Mapping[str, Any]) -> bool:
    """Whether a model is among the values that the job yields."""
    return any(entry["kind"] == "model" for entry in listed["values"])


def extras(listed: Mapping[str, Any]) -> dict[str, list[str]]:
    """The optional requirements of a job, by the name of their group."""
    found = {}
    if yields_model(listed):
        found["serve"] = _lines(SERVE, listed["packages"])
        if any(str(one.get("type", "")).startswith(CONVERTIBLE) for one in listed["values"] if one["kind"] == "model"):
            found["portable"] = _lines(PORTABLE, listed["packages"])
    return found


def _lines(wanted: Mapping[str, str], packages: Mapping[str, str]) -> list[str]:
    sound = re.compile(r"[0-9][A-Za-z0-9.!]*")
    known = {plain(name): version for name, version in packages.items() if sound.fullmatch(version)}
    return [f"{name}=={known.get(name, version)}" for name, version in sorted(wanted.items())]


def files(
    groups: Mapping[str, list[str]], needs: Needs, listed: Mapping[str, Any], python: str, static: Callable[[str], str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The files of such a job by their name, those of the package and those beside it; nothing for another job.

    A lock that cannot be made is left out: the job itself does not need it.
    """
    if "serve" not in groups:
        return {}, {}
    taken = {plain(name) for name in needs.pins}
    serving = [one for one in groups["serve"] if one.partition("==")[0] not in taken]
    packages = {**SERVE_MORE, **PORTABLE_MORE, **{plain(name): one for name, one in listed["packages"].items()}}
    wanted = {SERVE_LOCK: [*needs.lines, *serving]}
    if "portable" in groups:
        wanted[PORTABLE_LOCK] = [*wanted[SERVE_LOCK], *groups["portable"]]

    def locked(lines: list[str]) -> str:
        try:
            return locks.lock(lines, packages, python, dict(listed.get("origins", {})))
        except Failed:
            return ""

    with ThreadPoolExecutor() as pool:
        made = dict(zip(wanted, pool.map(locked, wanted.values()), strict=True))
    return {name: static(name) for name in FILES}, {name: text for name, text in made.items() if text}


def parities(report: Path) -> list[Parity]:
    """The parities in a report; none where there is no report."""
    try:
        listed: dict[str, list[dict[str, Any]]] = json.loads(report.read_text("utf-8"))["models"]
        return [msgspec.convert({"model": name, **one}, Parity) for name, forms in listed.items() for one in forms]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return []
