"""Merges three trees of files with git: the last generated one, the engineer's, and the newly generated one.

Vocabulary
  base, mine, new   the three trees; "mine" is the engineer's
  clash             a place that both changed: a hunk of a file, or a whole file that one deleted and one changed
Git does the work in a repository of its own in a scratch folder; no repository of a person is touched.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perijove.core.errors import Failed
from perijove.jobs.model import Clash

Tree = Mapping[str, tuple[str, bytes]]  # path to git mode and content
PLAIN, RUNS = "100644", "100755"
LINK = "120000"
SHOWN = 20_000
_OPEN, _BASE, _MIDDLE, _CLOSE = b"<<<<<<< ", b"||||||| ", b"=======\n", b">>>>>>> "


@dataclass(frozen=True)
class Merge:
    """What came of a merge: the tree (with marks where there are clashes), the clashes, and for each path in conflict
    the two sides' versions, None where a side has none."""

    tree: dict[str, tuple[str, bytes]]
    clashes: list[Clash] = field(default_factory=list)
    sides: dict[str, tuple[tuple[str, bytes] | None, tuple[str, bytes] | None]] = field(default_factory=dict)


def merge(base: Tree, mine: Tree, new: Tree, work: Path) -> Merge:
    """Merge three trees in a scratch folder."""
    git = _Git(work)
    git.take(base, mine, new)
    code, out = git.run("merge-tree", "--write-tree", "-z", "mine", "new", allowed=(0, 1))
    fields = out.split(b"\0")
    tree = git.read(fields[0].decode())
    if code == 0:
        return Merge(tree)
    stages: dict[str, dict[int, tuple[str, str]]] = {}
    end = fields.index(b"", 1)
    for line in fields[1:end]:
        about, _, name = line.partition(b"\t")
        mode, blob, stage = about.decode().split(" ")
        stages.setdefault(os.fsdecode(name), {})[int(stage)] = (mode, blob)
    reasons = _reasons(fields[end + 1 :])
    clashes: list[Clash] = []
    sides = {}
    for path, versions in sorted(stages.items()):
        blobs = {stage: (mode, git.blob(blob)) for stage, (mode, blob) in versions.items()}
        sides[path] = (blobs.get(2), blobs.get(3))
        marked = tree.get(path, ("", b""))[1]
        found = hunks(path, marked) if _is_marked(marked) else []
        whole = [_text(blobs.get(stage, ("", b""))[1]) for stage in (2, 1, 3)]
        clashes += found or [Clash(path, "", reasons.get(path, "both changed it"), *whole)]
    return Merge(tree, clashes, sides)


def hunks(path: str, marked: bytes) -> list[Clash]:
    """The clashes of a file with marks, each with the cell that its place in the file belongs to."""
    found, cell, parts, at = [], "", [b"", b"", b""], -1
    for line in marked.splitlines(keepends=True):
        if line.startswith(_OPEN):
            parts, at = [b"", b"", b""], 0
        elif at >= 0 and line.startswith(_BASE):
            at = 1
        elif at >= 0 and line == _MIDDLE:
            at = 2
        elif at >= 0 and line.startswith(_CLOSE):
            named = re.search(r'"""((?:Cell|Deleted cell) [^"\n]*?\))', _text(b"".join(parts)))
            found.append(Clash(path, named[1] if named else cell, "both changed it", *map(_text, parts)))
            at = -1
        elif at >= 0:
            parts[at] += line
        elif named := re.search(r'"""((?:Cell|Deleted cell) [^"\n]*?\))', _text(line)):
            cell = named[1]
    return found


def _is_marked(content: bytes) -> bool:
    return any(line.startswith(_OPEN) for line in content.splitlines(keepends=True))


def has_marks(content: bytes) -> bool:
    """Whether a text still holds the marks of a merge."""
    return any(line.startswith((_OPEN, _BASE, _CLOSE)) for line in content.splitlines(keepends=True))


def _text(content: bytes) -> str:
    return content[:SHOWN].decode("utf-8", "replace")


def _reasons(fields: list[bytes]) -> dict[str, str]:
    """What git says of each path in conflict, in our words."""
    words = {
        "CONFLICT (modify/delete)": "one side deleted it, the other changed it",
        "CONFLICT (rename/delete)": "one side renamed it, the other deleted it",
        "CONFLICT (rename/rename)": "both renamed it",
        "CONFLICT (binary)": "both changed it, and it is not text",
    }
    found: dict[str, str] = {}
    at = 0
    while at < len(fields) and fields[at].isdigit():
        count = int(fields[at])
        paths, kind = fields[at + 1 : at + 1 + count], fields[at + 1 + count].decode()
        if kind in words:
            found |= dict.fromkeys(map(os.fsdecode, paths), words[kind])
        at += count + 3
    return found


class _Git:
    """A repository in a scratch folder, without anybody's settings."""

    def __init__(self, work: Path) -> None:
        program = shutil.which("git")
        if program is None:
            raise Failed("Git is not installed.", hint="Install git: a re-export merges with it.")
        self.place = work / "merge.git"
        config = {
            "core.autocrlf": "false",
            "merge.directoryRenames": "true",
            "merge.conflictStyle": "diff3",
            "merge.renames": "true",
        }
        self.argv = [program, "-C", str(self.place)]
        for name, value in config.items():
            self.argv += ["-c", f"{name}={value}"]
        nobody = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self.env = {**nobody, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
        self.place.mkdir(parents=True)
        self.run("init", "--quiet", "--bare", "--template=", ".")

    def run(self, *arguments: str, given: bytes = b"", allowed: tuple[int, ...] = (0,)) -> tuple[int, bytes]:
        """Run a git command; gives its exit code and output, raises Failed for a code that is not allowed."""
        done = subprocess.run([*self.argv, *arguments], input=given, capture_output=True, env=self.env, timeout=120)
        if done.returncode not in allowed:
            words = done.stderr.decode("utf-8", "replace").strip()[-400:]
            raise Failed(f"Git could not merge: {words}", hint="Git 2.38 or newer is needed.")
        return done.returncode, done.stdout

    def take(self, base: Tree, mine: Tree, new: Tree) -> None:
        """Make three commits of three trees; the base is the parent of the others."""
        stream = [_commit("base", base, ""), _commit("mine", mine, "base"), _commit("new", new, "base")]
        self.run("fast-import", "--quiet", given=b"".join(stream))

    def read(self, tree: str) -> dict[str, tuple[str, bytes]]:
        """The files of a tree."""
        _, listed = self.run("ls-tree", "-r", "-z", tree)
        rows = [line.partition(b"\t") for line in listed.split(b"\0") if line]
        found = {}
        for about, _, path in rows:
            mode, _, blob = about.decode().split(" ")
            found[os.fsdecode(path)] = (mode, blob)
        contents = self._contents([blob for _, blob in found.values()])
        return {path: (mode, contents[blob]) for path, (mode, blob) in found.items()}

    def blob(self, name: str) -> bytes:
        """The content of one file."""
        return self._contents([name])[name]

    def _contents(self, blobs: list[str]) -> dict[str, bytes]:
        asked = list(dict.fromkeys(blobs))
        _, out = self.run("cat-file", "--batch", given="".join(f"{one}\n" for one in asked).encode())
        found, at = {}, 0
        for name in asked:
            head, size = out[at : (end := out.index(b"\n", at))], 0
            size = int(head.rsplit(b" ", 1)[1])
            found[name] = out[end + 1 : end + 1 + size]
            at = end + 2 + size
        return found


def _commit(branch: str, tree: Tree, parent: str) -> bytes:
    head = f"commit refs/heads/{branch}\ncommitter Perijove <jobs@perijove.invalid> 0 +0000\ndata 0\n"
    if parent:
        head += f"from refs/heads/{parent}\n"
    parts = [head.encode(), b"deleteall\n"]
    for path, (mode, content) in sorted(tree.items()):
        quoted = b'"' + os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
        parts += [b"M %s inline %s\ndata %d\n" % (mode.encode(), quoted, len(content)), content, b"\n"]
    return b"".join(parts)
