"""Finds the distributions that kept code needs and locks them with hashes, at the versions the kernel had.

Vocabulary
  origin     where a distribution was installed from, if not from an index: its ``direct_url.json``
  by commit  installed from a version control system; such a package is pinned by its commit, for it has no hash
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from perijove.core.errors import Failed, Invalid
from perijove.jobs.effects import table

LOCK = "requirements.lock"
BY_COMMIT = "requirements-by-commit.lock"
NOTHING = "# The job needs nothing but Python.\n"


@dataclass(frozen=True)
class Needs:
    """The direct requirements: ``lines`` as pyproject.toml has them, ``pins`` by name, and those pinned by a commit."""

    lines: tuple[str, ...]
    pins: Mapping[str, str]
    by_commit: tuple[str, ...]


@cache
def _distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def needed(
    modules: Iterable[str], code: str, listed: Mapping[str, Any], kinds: Iterable[str], also: Iterable[str] = ()
) -> Needs:
    """What code needs of what the kernel had; raises Invalid for a package that cannot be had elsewhere.

    ``also`` are modules that code may do without: those that the kernel did not have are left out.
    """
    known = {plain(name) for name in listed["packages"]}
    there = [one for one in also if any(plain(name) in known for name in _brought_by(one.partition(".")[0]))]
    wanted = requirements([*modules, *there], code, listed["packages"], kinds)
    origins = {plain(name): dict(origin) for name, origin in dict(listed.get("origins", {})).items()}
    lines, by_commit = [], []
    for name, version in wanted.items():
        origin = origins.get(plain(name.partition("[")[0]))
        line = f"{name}=={version}" if origin is None else f"{name} @ {_reference(name, version, origin)}"
        lines.append(line)
        if origin is not None and "vcs_info" in origin:
            by_commit.append(line)
    pins = {name.partition("[")[0]: version for name, version in wanted.items()}
    return Needs(tuple(lines), pins, tuple(by_commit))


def _reference(name: str, version: str, origin: Mapping[str, Any]) -> str:
    """Where a distribution that came from no index can be had; raises Invalid where nobody else could."""
    url = str(origin.get("url", ""))
    vcs = origin.get("vcs_info")
    if isinstance(vcs, dict):
        kind, commit = str(vcs.get("vcs", "")), str(vcs.get("commit_id", ""))
        if kind == "git" and re.fullmatch(r"[0-9a-f]{40,64}", commit) and _public_url(url, ("https", "ssh")):
            below = str(origin.get("subdirectory", ""))
            return f"git+{url}@{commit}" + (f"#subdirectory={below}" if re.fullmatch(r"[\w./-]+", below) else "")
        raise Invalid(
            f"“{name}” {version} was installed from {_shown(url)} at no commit that can be pinned.",
            hint="Install it from a Git address over https, or as a released version.",
        )
    if "archive_info" in origin and _public_url(url, ("https", "http")):
        return url
    how = "as an editable install" if dict(origin.get("dir_info", {})).get("editable") else "from a path"
    raise Invalid(
        f"“{name}” {version} was installed {how} on this machine, so no other machine can have it.",
        hint="Publish it to a package index, push it and install it from Git, or put its modules beside the notebook.",
    )


def _public_url(url: str, schemes: tuple[str, ...]) -> bool:
    """Whether a URL is a plain one that holds no password and cannot be taken for an option."""
    return bool(re.fullmatch(rf"(?:{'|'.join(schemes)})://(?:git@)?[A-Za-z0-9.-]+(?::\d+)?/[\w./%+~=,@!-]*", url))


def _shown(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)[:200] or "an unknown place"


def requirements(
    modules: Iterable[str], code: str, packages: Mapping[str, str], kinds: Iterable[str]
) -> dict[str, str]:
    """The direct requirements with their versions: what is imported, what that needs silently, what outputs need."""
    known = {plain(name): (name, version) for name, version in packages.items() if _sound_name(name)}
    wanted: dict[str, None] = {}
    for top in sorted({module.partition(".")[0] for module in modules}):
        if top and top not in sys.stdlib_module_names:
            wanted[_of_module(top, known)] = None
    for pattern, name in table()["needs"].items():
        base = plain(name.partition("[")[0])
        if base in known and re.search(pattern, code):
            wanted[name] = None
    if "dask" in known and plain("distributed") in known and any(name.startswith("dask") for name in wanted):
        wanted["distributed"] = None  # a job of dask can be sent to a cluster
    if {"frame", "series"} & set(kinds):
        wanted.update(dict.fromkeys(name for name in ("pandas", "pyarrow") if name in known))
    found: dict[str, str] = {}
    for name in sorted(wanted):
        base, bracket, extra = name.partition("[")
        proper, version = known[plain(base)]
        if not re.fullmatch(r"[0-9][A-Za-z0-9.!+_-]*", version):
            raise Invalid(f"The kernel's “{proper}” has no version that can be pinned.", hint="Install a released one.")
        found[proper + bracket + extra] = version
    plain_names = {name.partition("[")[0] for name in found if "[" in name}
    return {name: version for name, version in found.items() if name not in plain_names}


def here(modules: Iterable[str], code: str) -> dict[str, str]:
    """What code would need, at the versions that this Python has; what it lacks is left out.

    For a look ahead, before a kernel is asked what it has.
    """
    tops = {module.partition(".")[0] for module in modules} - set(sys.stdlib_module_names)
    extras = [name.partition("[")[0] for name in table()["needs"].values()]
    names = [*extras, "distributed", *(name for top in tops for name in _brought_by(top))]
    packages = {}
    for name in dict.fromkeys(names):
        with suppress(metadata.PackageNotFoundError, OSError):
            if found := str(metadata.version(name) or ""):  # a half-installed package has none
                packages[name] = found
    known = {plain(name) for name in packages}
    there = [top for top in tops if any(plain(name) in known for name in _brought_by(top))]
    try:
        return requirements(there, code, packages, ())
    except Invalid:  # a version that cannot be pinned: the export says so
        return {}


def _brought_by(top: str) -> tuple[str, ...]:
    return (*_distributions().get(top, ()), str(table()["distributions"].get(top, top)), top)


def _of_module(top: str, known: Mapping[str, tuple[str, str]]) -> str:
    for name in _brought_by(top):
        if plain(name) in known:
            return name
    raise Invalid(
        f"The kernel has no package that brings “{top}”.",
        hint="Install it as a package, or put the module beside the notebook: then it comes along.",
    )


def plain(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def files(needs: Needs, listed: Mapping[str, Any], python: str) -> dict[str, str]:
    """The lock files of a job: one with hashes, and where it must be, one of packages pinned by their commit."""
    found = {LOCK: lock(needs.lines, listed["packages"], python, dict(listed.get("origins", {})))}
    if needs.by_commit:
        found[BY_COMMIT] = "# Pinned by their commit; install with --no-deps.\n" + "\n".join(needs.by_commit) + "\n"
    return found


def lock(lines: Iterable[str], packages: Mapping[str, str], python: str, origins: Mapping[str, Any]) -> str:
    """The text of requirements.lock; raises Failed where no index has what the kernel had."""
    wanted = list(lines)
    if not wanted:
        return NOTHING
    elsewhere = {plain(name) for name in origins}
    with tempfile.TemporaryDirectory() as folder:
        source, limits, target = (Path(folder) / name for name in ("requirements.in", "constraints.txt", LOCK))
        source.write_text("".join(f"{one}\n" for one in wanted))
        pinned = [(name, version) for name, version in packages.items() if plain(name) not in elsewhere]
        limits.write_text("".join(f"{name}=={version}\n" for name, version in pinned if _sound(name, version)))
        argv = [uv(), "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "--no-annotate", "--no-sources"]
        argv += ["--python-version", python, "-c", str(limits), "-o", str(target), str(source)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=600, cwd=folder)
        if done.returncode:
            done = subprocess.run([*argv, "--offline"], capture_output=True, text=True, timeout=600, cwd=folder)
        if done.returncode:
            raise _unlockable(done.stderr, packages)
        return _without_commits(target.read_text())


def _unlockable(said: str, packages: Mapping[str, str]) -> Failed:
    """Why the lock cannot be made, naming the package if uv does."""
    for pattern in (r"no version of ([A-Za-z0-9._-]+)==", r"Because ([A-Za-z0-9._-]+) was not found"):
        hit = re.search(pattern, said)
        if hit:
            found = {plain(name): version for name, version in packages.items()}
            name = hit[1]
            return Failed(
                f"“{name}” {found.get(plain(name), '')} is on no package index that uv knows here.".replace("  ", " "),
                hint="If it comes from a private index, set UV_INDEX to its address; else install a released version.",
            )
    return Failed(
        f"The packages of the kernel cannot be locked: {_last(said)}",
        hint="A package that is on no index cannot be pinned. Install a released version.",
    )


def _without_commits(text: str) -> str:
    """A lock without its packages from version control, which have no hash: they are listed in a file of their own."""
    kept = [line for line in text.splitlines(keepends=True) if not re.match(r"\S+ @ git\+", line)]
    return "".join(kept) or NOTHING


def _sound_name(name: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name))


def _sound(name: str, version: str) -> bool:
    return _sound_name(name) and bool(re.fullmatch(r"[0-9][A-Za-z0-9.!]*", version))


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[-4:])[:600] or "uv said nothing."


def uv() -> str:
    """The path of the uv program that came with us."""
    from uv import find_uv_bin

    return os.fsdecode(find_uv_bin())
