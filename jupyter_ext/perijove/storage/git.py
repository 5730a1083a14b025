"""What git knows of a file, asked from the git command; never through a shell, and no word is taken for an option.

Revisions become commit ids before anything else sees them, paths stand behind ``--`` and are taken literally, and
nothing here waits for a password or a pager.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perijove.core.errors import Failed, Invalid, NotFound
from perijove.storage.model import NotebookVersion

SECONDS = 60.0
MOST_VERSIONS = 1_000
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
_BORDER = "\x1e"
_SHAPE = f"--format={_BORDER}%H%x00%h%x00%an%x00%cI%x00%s"
_OUTER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


@dataclass(frozen=True)
class Repository:
    """A git repository with a work tree."""

    root: Path

    @classmethod
    def of(cls, path: Path) -> Repository | None:
        """The repository a file or folder lies in; None without one, or without git."""
        folder = path if path.is_dir() else path.parent
        while not folder.is_dir():
            folder = folder.parent
        try:
            found = _run(["rev-parse", "--show-toplevel"], folder)
        except OSError:
            return None
        top = found.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")
        return cls(Path(top)) if found.returncode == 0 and top else None

    @classmethod
    def need(cls, path: Path) -> Repository:
        """The repository a file lies in; raises Invalid without one."""
        found = cls.of(path)
        if found is None:
            raise Invalid(f"{path.name} is not in a git repository.", hint="Make one: git init")
        return found

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

    def stages(self, path: Path) -> dict[int, bytes]:
        """The versions of an unmerged file: 1 the base, 2 ours, 3 theirs; nothing where it is merged."""
        found = {}
        for line in self.ask(["ls-files", "-u", "-z", "--", self.name(path)]).split(b"\0"):
            if line:
                _, blob, stage = line.split(b"\t", 1)[0].split(b" ")
                found[int(stage)] = self.ask(["cat-file", "blob", blob.decode()])
        return found

    def state(self, path: Path) -> str:
        """How a file stands to the last commit: untracked, unchanged, changed or conflict."""
        told = self.ask(["status", "--porcelain=v1", "-z", "--ignored", "--", self.name(path)])
        code = told[:2].decode()
        if not code:
            return "unchanged"
        if "U" in code or code in ("AA", "DD"):
            return "conflict"
        return "untracked" if code in ("??", "!!") else "changed"

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

    def versions(self, path: Path, limit: int) -> list[NotebookVersion]:
        """The commits that changed a file, newest first, through renames."""
        if _run(["rev-parse", "--verify", "--quiet", "HEAD"], self.root).returncode != 0:
            return []
        told = self.ask(["log", "--follow", f"--max-count={limit}", _SHAPE, "--no-color", "--", self.name(path)])
        return [_version(entry) for entry in told.decode("utf-8", "replace").split(_BORDER)[1:]]

    def about(self, commit: str) -> NotebookVersion:
        """A commit by its full id."""
        told = self.ask(["log", "--max-count=1", _SHAPE, "--no-color", commit, "--"])
        return _version(told.decode("utf-8", "replace").split(_BORDER)[1])

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


def _version(entry: str) -> NotebookVersion:
    from datetime import UTC, datetime

    rev, short, author, when, message = entry.rstrip("\n").split("\0", 4)
    at = datetime.fromisoformat(when).astimezone(UTC)
    return NotebookVersion(rev, short, author, at.isoformat().replace("+00:00", "Z"), message)


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
