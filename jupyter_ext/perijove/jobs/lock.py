"""Finds the distributions that kept code needs and locks them with hashes, at the versions the kernel had."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from perijove.core.errors import Failed, Invalid
from perijove.jobs.effects import table


@cache
def _distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def requirements(
    modules: Iterable[str], code: str, packages: Mapping[str, str], kinds: Iterable[str]
) -> dict[str, str]:
    """The direct requirements with their versions: what is imported, what that needs silently, what outputs need."""
    known = {_plain(name): (name, version) for name, version in packages.items()}
    wanted: dict[str, None] = {}
    for top in sorted({module.partition(".")[0] for module in modules}):
        if top and top not in sys.stdlib_module_names:
            wanted[_of_module(top, known)] = None
    for pattern, name in table()["needs"].items():
        plain = _plain(name.partition("[")[0])
        if plain in known and re.search(pattern, code):
            wanted[name] = None
    if {"frame", "series"} & set(kinds):
        wanted.update(dict.fromkeys(name for name in ("pandas", "pyarrow") if name in known))
    found: dict[str, str] = {}
    for name in sorted(wanted):
        base, bracket, extra = name.partition("[")
        proper, version = known[_plain(base)]
        found[proper + bracket + extra] = version
    plain_names = {name.partition("[")[0] for name in found if "[" in name}
    return {name: version for name, version in found.items() if name not in plain_names}


def _of_module(top: str, known: Mapping[str, tuple[str, str]]) -> str:
    names: tuple[str, ...] = (*_distributions().get(top, ()), str(table()["distributions"].get(top, top)), top)
    for name in names:
        if _plain(name) in known:
            return name
    raise Invalid(
        f"The kernel has no package that brings “{top}”.",
        hint="A module beside the notebook cannot go into a job yet: install it as a package.",
    )


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lock(wanted: Mapping[str, str], packages: Mapping[str, str], python: str) -> str:
    """The text of requirements.lock; raises Failed where the index does not have what the kernel had."""
    if not wanted:
        return "# The job needs nothing but Python.\n"
    with tempfile.TemporaryDirectory() as folder:
        source, limits, target = (
            Path(folder) / name for name in ("requirements.in", "constraints.txt", "requirements.lock")
        )
        source.write_text("".join(f"{name}=={version}\n" for name, version in wanted.items()))
        limits.write_text(
            "".join(f"{name}=={version}\n" for name, version in packages.items() if _sound(name, version))
        )
        argv = [uv(), "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "--no-annotate"]
        argv += ["--python-version", python, "-c", str(limits), "-o", str(target), str(source)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=600)
        if done.returncode:
            done = subprocess.run([*argv, "--offline"], capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise Failed(
                f"The packages of the kernel cannot be locked: {_last(done.stderr)}",
                hint="A package that is on no index, or an editable one, cannot be pinned. Install a released version.",
            )
        return target.read_text()


def _sound(name: str, version: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) and re.fullmatch(r"[0-9][A-Za-z0-9.!]*", version))


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[-4:])[:600] or "uv said nothing."


def uv() -> str:
    """The path of the uv program that came with us."""
    from uv import find_uv_bin

    return os.fsdecode(find_uv_bin())
