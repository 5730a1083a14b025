"""What git knows of a file, asked from the git command; never through a shell, and no word is taken for an option.

Revisions become commit ids before anything else sees them, paths stand behind ``--`` and are taken literally, and
nothing here waits for a password or a pager.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from perijove.core.errors import Failed, Invalid, NotFound
from perijove.storage.model import NotebookVersion

State = Literal["none", "untracked", "unchanged", "changed", "conflict"]
SECONDS = 60.0
MOST_VERSIONS = 1_000
AT_ONCE = 500
"""How many files git is asked about at once."""
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
_BORDER = b"\0\x1e"
_SHAPE = "--format=%x00%x1e%H%x00%h%x00%an%x00%cI%x00%s"
_FIELDS = 5
_OUTER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


class Change(NamedTuple):
    """A commit that left a file changed, as what git calls it there; ``added`` says that it was not there before."""

    version: NotebookVersion
    name: str
    added: bool


class Standing(NamedTuple):
    """A file's repository, how the file stands to its last commit, and the branch there."""

    repository: Repository | None
    state: State
    branch: str


@dataclass(frozen=True)
class Repository:
    """A git repository with a work tree."""

    root: Path

    @classmethod
    def of(cls, path: Path) -> Repository | None:
        """The repository a file or folder lies in; None without one, or without git."""
        try:
            found = _run(["rev-parse", "--show-toplevel"], _folder(path))
        except OSError:
            return None
        top = found.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")
        return cls(Path(top)) if found.returncode == 0 and top else None

    @classmethod
    def need(cls, path: Path) -> Repository:
        """The repository a file lies in; raises Invalid without one."""
        found = cls.of(path)
        if found is not None:
            return found
        if shutil.which("git") is None:
            raise Invalid("There is no git here.", hint="Install git.")
        told = _run(["rev-parse", "--show-toplevel"], _folder(path)).stderr.decode("utf-8", "replace").strip()
        if "not a git repository" not in told:  # of somebody else, or damaged: git says so, and what to do
            raise Invalid(f"git does not read the repository of {path.name}.", hint=told.removeprefix("fatal: "))
        raise Invalid(f"{path.name} is not in a git repository.", hint="Make one: git init")

    def name(self, path: Path) -> str:
        """A path as git names it; raises Invalid outside of the repository."""
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError as error:
            raise Invalid(f"{path} lies outside the repository {self.root}.") from error

    def ask(self, arguments: Sequence[str], *, data: bytes | None = None) -> bytes:
        """What a git command prints; raises Failed with git's own words."""
        try:
            done = _run(arguments, self.root, data)
        except OSError as error:
            raise Failed(f"git cannot be run: {error}.", hint="Install git.") from error
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
            raise Failed(f"git {arguments[0]}: {said or 'it failed'}.", hint="Look at the repository with git status.")
        return done.stdout

    def commit(self, rev: str) -> str:
        """The full id of a commit; raises NotFound where a revision names none."""
        if not rev or "\0" in rev or len(rev) > 256:
            raise NotFound(f"There is no commit “{rev[:60]}”.".replace("\0", "�"), hint="See `perijove nb log`.")
        done = _run(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}"], self.root)
        if done.returncode != 0:
            raise NotFound(f"There is no commit “{rev[:60]}”.", hint="See `perijove nb log`, or git log.")
        return done.stdout.decode().strip()

    def read(self, commit: str, name: str) -> bytes | None:
        """A file in a commit (a full id), as it is stored; None where it is not there."""
        done = _run(["cat-file", "blob", f"{commit}:{name}"], self.root)
        return done.stdout if done.returncode == 0 else None

    def everywhere(self, name: str) -> list[bytes]:
        """What a file is in the index, and at the tip of every branch, tag, stash and work tree; each content once."""
        if "\n" in name:  # git cannot be asked for many of them at once
            return [found] if (found := self.read("HEAD", name)) is not None else []
        tips = self.ask(["for-each-ref", "--format=%(objectname)"]).split()
        tips += _run(["rev-list", "-g", "refs/stash"], self.root).stdout.split()
        tips += [
            line.removeprefix(b"HEAD ")
            for line in self.ask(["worktree", "list", "--porcelain"]).splitlines()
            if line.startswith(b"HEAD ")
        ]
        asked = [b"", *dict.fromkeys(tips)]
        lines = b"".join(tip + b":" + os.fsencode(name) + b"\n" for tip in asked)
        return list(dict.fromkeys(_blobs(self.ask(["cat-file", "--batch"], data=lines))))

    def stages(self, path: Path) -> dict[int, bytes]:
        """The versions of an unmerged file: 1 the base, 2 ours, 3 theirs; nothing where it is merged."""
        found = {}
        for line in self.ask(["ls-files", "-u", "-z", "--", self.name(path)]).split(b"\0"):
            if line:
                _, blob, stage = line.split(b"\t", 1)[0].split(b" ")
                found[int(stage)] = self.ask(["cat-file", "blob", blob.decode()])
        return found

    def state(self, path: Path) -> State:
        """How a file stands to the last commit."""
        return self.states([path])[path]

    def states(self, paths: Sequence[Path]) -> dict[Path, State]:
        """How files stand to the last commit, all in one question."""
        names = {path: self.name(path) for path in paths}
        what = ["--porcelain=v1", "-z", "--ignored", "--untracked-files=all", "--no-renames"]
        told = self.ask(["status", *what, "--", *names.values()]).decode("utf-8", "surrogateescape").split("\0")
        codes = {entry[3:]: entry[:2] for entry in told if entry}
        folders = tuple(name for name in codes if name.endswith("/"))  # of which git ignores all
        return {
            path: "untracked" if name.startswith(folders) else _state(codes.get(name, ""))
            for path, name in names.items()
        }

    def branch(self) -> str:
        """The branch that is checked out, or the commit where there is none."""
        for arguments in (["symbolic-ref", "--quiet", "--short", "HEAD"], ["rev-parse", "--short", "HEAD"]):
            done = _run(arguments, self.root)
            if done.returncode == 0:
                return done.stdout.decode("utf-8", "replace").strip()
        return ""

    def theirs(self) -> str:
        """What is being merged, as git names it; empty while no merge is under way."""
        for head in ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD"):
            refs = ["--refs=refs/heads/*", "--refs=refs/remotes/*"]
            done = _run(["name-rev", "--name-only", "--always", *refs, head], self.root)
            if done.returncode == 0:
                return done.stdout.decode("utf-8", "replace").strip().removeprefix("remotes/")
        return ""

    def exists(self, rev: str) -> bool:
        """Whether there is such a commit; there is no HEAD before the first one."""
        return _run(["rev-parse", "--verify", "--quiet", "--end-of-options", rev], self.root).returncode == 0

    def changes(self, names: Sequence[str], limit: int, start: str = "HEAD") -> list[Change]:
        """The commits up to ``start`` that changed a file of these names and left it there, newest first."""
        if not self.exists(start):
            return []
        what = ["-c", "--name-status", "-z", "--no-renames", "--diff-filter=d", "--no-color"]
        told = self.ask(["log", f"--max-count={limit}", *what, _SHAPE, start, "--", *names])
        found = (_change(entry, names) for entry in told.split(_BORDER)[1:])
        return [change for change in found if change is not None]

    def holders(self, names: Sequence[str], words: str, start: str = "HEAD") -> list[str]:
        """Which of these files ever had these words, up to ``start``, in the order given."""
        what = ["-S", words, "--name-only", "--no-renames", "-z", "--format="]
        told = self.ask(["log", *what, start, "--", *names]).decode("utf-8", "surrogateescape")
        had = {name.lstrip("\n") for name in told.split("\0")}
        return [name for name in names if name in had]

    def renamed(self, commit: str, name: str) -> str | None:
        """What a file that a commit (a full id) added was called before; None where it is new."""
        what = ["-r", "-M", "--diff-filter=R", "--name-status", "-z", "--no-commit-id"]
        told = self.ask(["diff-tree", *what, commit]).decode("utf-8", "surrogateescape").split("\0")
        return {new: old for old, new in zip(told[1::3], told[2::3], strict=False)}.get(name)

    def present(self, commit: str, names: Sequence[str]) -> list[str]:
        """Which of these files a commit (a full id) has, in the order given."""
        if not names:
            return []
        told = self.ask(["ls-tree", "-z", "--name-only", commit, "--", *names])
        there = set(told.decode("utf-8", "surrogateescape").split("\0"))
        return [name for name in names if name in there]

    def about(self, commit: str) -> NotebookVersion:
        """A commit by its full id."""
        told = self.ask(["log", "--max-count=1", _SHAPE, "--no-color", commit, "--"])
        return _version(told.split(_BORDER)[1].split(b"\0"))

    def add(self, path: Path) -> None:
        """Stage a file: its merge is done."""
        self.ask(["add", "--", self.name(path)])

    def config(self, name: str, value: str | None) -> None:
        """Set a value in the repository's own configuration, or take the whole section away with None."""
        if value is None:
            done = _run(["config", "--local", "--remove-section", name], self.root)
            if done.returncode not in (0, 128):
                raise Failed(f"git config cannot be changed: {done.stderr.decode('utf-8', 'replace').strip()}.")
            return
        self.ask(["config", "--local", "--replace-all", name, value])

    def configured(self, name: str) -> str:
        """A value of the configuration, empty where there is none."""
        done = _run(["config", "--get", name], self.root)
        return done.stdout.decode("utf-8", "replace").removesuffix("\n") if done.returncode == 0 else ""

    def lfs_object(self, sha: str) -> bytes | None:
        """A file that git-LFS has fetched, by its SHA-256."""
        folder = self.ask(["rev-parse", "--git-common-dir"]).decode("utf-8", "surrogateescape").strip()
        file = self.root / folder / "lfs" / "objects" / sha[:2] / sha[2:4] / sha
        return file.read_bytes() if file.is_file() else None


def standings(files: Sequence[Path]) -> dict[Path, Standing]:
    """How files stand in their repositories; few questions for many files."""
    repositories = {folder: Repository.of(folder) for folder in {file.parent for file in files}}
    found: dict[Path, Standing] = {}
    for repository in {repository for repository in repositories.values() if repository is not None}:
        own = [file for file in files if repositories[file.parent] == repository]
        branch = repository.branch()
        for start in range(0, len(own), AT_ONCE):
            for file, state in repository.states(own[start : start + AT_ONCE]).items():
                found[file] = Standing(repository, state, branch)
    return {file: found.get(file, Standing(None, "none", "")) for file in files}


def _state(code: str) -> State:
    if not code:
        return "unchanged"
    if "U" in code or code in ("AA", "DD"):
        return "conflict"
    return "untracked" if code in ("??", "!!") else "changed"


def _change(entry: bytes, names: Sequence[str]) -> Change | None:
    """One commit of a log; where it changed several of the files, the first of the names counts."""
    fields = entry.split(b"\0")
    told = [field.lstrip(b"\n") for field in fields[_FIELDS:]]
    words = [word.decode("utf-8", "surrogateescape") for word in told if word]
    states = {name: state for state, name in zip(words[::2], words[1::2], strict=False) if not state.startswith("D")}
    name = next((name for name in names if name in states), None)
    return None if name is None else Change(_version(fields), name, states[name] == "A")


def _folder(path: Path) -> Path:
    """The folder that a file is in, or was in."""
    folder = path if path.is_dir() else path.parent
    while not folder.is_dir():
        folder = folder.parent
    return folder


def _version(fields: Sequence[bytes]) -> NotebookVersion:
    from datetime import UTC, datetime

    rev, short, author, when, message = (field.decode("utf-8", "replace").rstrip("\n") for field in fields[:_FIELDS])
    at = datetime.fromisoformat(when).astimezone(UTC)
    return NotebookVersion(rev, short, author, at.isoformat().replace("+00:00", "Z"), message)


def _blobs(told: bytes) -> Iterator[bytes]:
    """The files in what ``git cat-file --batch`` prints; what is missing is left out."""
    while told:
        head, _, told = told.partition(b"\n")
        if head.endswith(b" missing"):
            continue
        _, kind, size = head.rsplit(b" ", 2)
        data, told = told[: int(size)], told[int(size) + 1 :]
        if kind == b"blob":
            yield data


def _run(arguments: Sequence[str], folder: Path, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", "-c", "core.fsmonitor=false", "-c", "core.quotepath=false", *arguments],
            cwd=folder,
            input=data,
            stdin=None if data is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            env=_environment(os.environ),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"git {arguments[0]} did not answer in {SECONDS:g} seconds.", hint="Try again.") from error


def _environment(outer: Mapping[str, str]) -> dict[str, str]:
    """The environment without the places git was told of by a hook or a driver that runs us."""
    return {**{key: value for key, value in outer.items() if key not in _OUTER}, **_QUIET}
