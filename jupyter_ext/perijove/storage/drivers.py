"""Lets git merge notebooks by cells and show their differences as text: the drivers, and how they are installed.

merge driver   git calls it for a notebook that both sides changed; markers of a conflict lie inside of a cell, so
               that the file can be opened all the same
diff driver    git shows an ``.ipynb`` as the text that Perijove would write for it
block          our lines in ``.gitattributes`` and ``.gitignore``, between two marks; the rest is never touched
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from perijove.core.errors import Failed, Invalid, PerijoveError
from perijove.storage import atomic, conflicts, disk, ipynb
from perijove.storage.git import Repository
from perijove.storage.merge import Merged, merge
from perijove.storage.model import Notebook
from perijove.storage.text import from_text, is_text_notebook, to_text

BEGIN = "# >>> perijove: notebooks merge by cells (perijove nb install-git)"
END = "# <<< perijove"
ATTRIBUTES = (
    "*.ipynb merge=perijove diff=perijove",
    "*.py merge=perijove",
    "*.R merge=perijove",
    "*.jl merge=perijove",
)
LARGE_FILES = "**/*.outputs/blobs/** filter=lfs diff=lfs merge=lfs -text"
LFS = "git-lfs is not installed here: until it is, git keeps large outputs in the repository itself."
IGNORED = (".perijove/", ".ipynb_checkpoints/")


class Installed(msgspec.Struct, frozen=True):
    """What ``install-git`` did: the repository, whether the drivers are there now, and the files it changed.

    ``note`` says what is missing for all of it to work.
    """

    repository: str
    installed: bool
    changed: list[str]
    note: str = ""


class Done(NamedTuple):
    """A merged file; ``merged`` is None where git merged it as plain lines."""

    data: bytes
    conflicts: int
    merged: Merged | None


def merge_files(base: bytes, ours: bytes, theirs: bytes, names: tuple[str, str] = ("ours", "theirs")) -> Done:
    """Merge three versions of a file: notebooks by cells, everything else by lines as git does."""
    try:
        sides = [read(side) if side.strip() else None for side in (base, ours, theirs)]
    except PerijoveError:
        sides = [None, None, None]
    if sides[1] is None or sides[2] is None or _is_text(ours) != _is_text(theirs):
        return _by_lines(base, ours, theirs, names)
    merged = merge(sides[0], sides[1], sides[2], ours_name=names[0], theirs_name=names[1], base_name="base")
    lowered = conflicts.lower(merged.notebook)
    data = disk.encoded(to_text(lowered).text, ours) if _is_text(ours) else ipynb.serialise(lowered)
    return Done(data, len(merged.conflicts), merged)


def read(data: bytes) -> Notebook:
    """The notebook in the bytes of a text notebook or an ``.ipynb``; raises Invalid where there is none."""
    if _is_text(data):
        return from_text(disk.decoded(data, "The text"), ids=True)
    return ipynb.parse(data, "The file")


def shown(data: bytes) -> str:
    """The text that git shows for a notebook; what is no notebook is shown as it is."""
    if _is_text(data):
        return data.decode("utf-8", "replace")
    try:
        return to_text(ipynb.parse(data, "The file")).text
    except PerijoveError:
        return data.decode("utf-8", "replace")


def merged_name(environment: Mapping[str, str]) -> str:
    """What git calls the other side of the merge that runs us."""
    return next((value for key, value in environment.items() if key.startswith("GITHEAD_")), "theirs")


def _is_text(data: bytes) -> bool:
    return is_text_notebook(data[:400].removeprefix(b"\xef\xbb\xbf"))


def _by_lines(base: bytes, ours: bytes, theirs: bytes, names: tuple[str, str]) -> Done:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="perijove-") as folder:
        files = []
        for name, data in (("ours", ours), ("base", base), ("theirs", theirs)):
            files.append(Path(folder, name))
            files[-1].write_bytes(data)
        labels = ["-L", names[0], "-L", "base", "-L", names[1]]
        command = ["git", "merge-file", "-p", *labels, "--", *map(str, files)]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except OSError as error:
            raise Failed(f"git cannot be run: {error}.", hint="Install git: it merges what is no notebook.") from error
    if done.returncode > 127 or done.returncode < 0:
        raise Failed(f"git merge-file: {done.stderr.decode('utf-8', 'replace').strip()}.")
    return Done(done.stdout, done.returncode, None)


def install(repository: Repository, outputs: str = "local") -> Installed:
    """Tell a repository of our drivers, and git what to ignore; ``outputs`` is the project's setting."""
    program = f"{shlex.quote(sys.executable)} -m perijove.cli nb"
    shown_by = _or_else(f'{program} show --text "$1"', 'cat "$1"')
    wanted = {
        "merge.perijove.name": "Perijove merges notebooks by cells",
        "merge.perijove.driver": _or_else(
            f"{program} merge %O %A %B --driver", "git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B"
        ),
        "diff.perijove.textconv": f"f() {{ {shown_by}; }}; f",
        "diff.perijove.cachetextconv": "true",
        "diff.perijove.xfuncname": "^# %% .*$",
    }
    changed = []
    for name, value in wanted.items():
        if repository.configured(name) != value:
            repository.config(name, value)
            changed.append(".git/config")
    attributes = (*ATTRIBUTES, *((LARGE_FILES,) if outputs == "commit" else ()))
    ignored = (*IGNORED, *(("*.outputs/",) if outputs == "sidecar" else ()))
    changed += _block(repository.root / ".gitattributes", attributes)
    changed += _block(repository.root / ".gitignore", ignored)
    note = LFS if outputs == "commit" and shutil.which("git-lfs") is None else ""
    return Installed(str(repository.root), True, sorted(set(changed)), note)


def _or_else(command: str, plain: str) -> str:
    """A line for git's shell: the command, or what git does by itself where this Perijove is there no more."""
    parts = (sys.executable, str(Path(__file__).resolve()))
    there = " && ".join(f"test -e {shlex.quote(part)}" for part in parts)
    return f"if {there}; then {command}; else {plain}; fi"


def uninstall(repository: Repository) -> Installed:
    """Take the drivers and our blocks away again."""
    changed = []
    for section in ("merge.perijove", "diff.perijove"):
        if repository.configured(f"{section}.{'driver' if section.startswith('merge') else 'textconv'}"):
            repository.config(section, None)
            changed.append(".git/config")
    for name in (".gitattributes", ".gitignore"):
        changed += _block(repository.root / name, ())
    return Installed(str(repository.root), False, sorted(set(changed)))


def _block(file: Path, lines: tuple[str, ...]) -> list[str]:
    """Put our lines into a file, or take them out with none; gives the file's name if it changed."""
    if file.is_symlink():
        raise Invalid(f"{file.name} is a link, which git does not follow.", hint="Put a file in its place.")
    try:
        old = file.read_bytes().decode("utf-8", "surrogateescape") if file.exists() else ""
    except OSError as error:
        raise Invalid(f"{file.name} cannot be read: {error.strerror}.", hint="Check its permissions.") from error
    ends = "\r\n" if old.count("\r\n") == old.count("\n") > 0 else "\n"  # git for Windows may have written it so
    old = old.replace(ends, "\n")
    before, begin, rest = old.partition(BEGIN + "\n")
    inside, end, after = rest.partition(END + "\n")
    if begin and not end:
        raise Invalid(f"{file.name} has the line “{BEGIN}” but not “{END}”.", hint="Correct the file by hand.")
    block = "".join(f"{line}\n" for line in (BEGIN, *lines, END)) if lines else ""
    gap = "\n" if before and not before.endswith("\n") else ""
    new = before + gap + block + after
    if new == old:
        return []
    if new:
        atomic.write(file, new.replace("\n", ends).encode("utf-8", "surrogateescape"))
    else:
        file.unlink()
    return [file.name]


def label() -> tuple[str, str]:
    """The names of the sides in a merge that git runs."""
    return "HEAD", merged_name(os.environ)
