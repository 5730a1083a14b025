"""Commits a job to a branch, without touching anybody's working tree, and keeps the commit as a patch."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import ClassVar

import msgspec

from perijove.core.errors import Conflict, Failed, Invalid
from perijove.core.project import STATE, located
from perijove.jobs.package import read_manifest
from perijove.jobs.targets.folder import FolderConfig, FolderTarget

PATIENCE = 120.0


class GitConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``branch`` is made if it is not there, and else gets one commit more; ``job/<name>`` if empty. ``folder`` is
    where jobs lie in the repository. ``repository`` is another one than the project's, on this disk. ``base`` is what a
    new branch starts from. ``push`` names a remote that gets the branch."""

    branch: str = ""
    folder: str = "jobs"
    repository: str = ""
    base: str = "HEAD"
    push: str = ""


class GitTarget(FolderTarget):
    """A branch of a Git repository, with one commit for each export and a patch of it."""

    label: ClassVar[str] = "Git branch"
    Config: ClassVar[type[msgspec.Struct]] = GitConfig

    def __init__(self, config: GitConfig) -> None:  # a folder target with settings of its own
        self.settings = config
        self.root = Path()
        self.home = PurePosixPath()
        parts = PurePosixPath(config.folder).parts
        if not parts or any(part in ("..", "/", ".git") for part in parts) or not config.folder.isprintable():
            raise Invalid(f"“{config.folder[:60]}” is no folder of a repository.", hint="Write for instance jobs.")
        for name in (config.branch or "x", config.base, config.push or "x"):
            if name.startswith("-") or not name.isprintable() or "::" in name:
                raise Invalid(f"“{name[:60]}” is no name that Git takes.", hint="Begin with a letter.")

    def place(self, name: str, out: str, root: Path) -> Path:
        """A folder that Git does not look at, as deep in the project as the job will lie in the repository."""
        self.root = root
        inside = PurePosixPath(self.settings.folder) / name
        repository = located(root, self.settings.repository) if self.settings.repository else root
        self.repository = repository
        top = _git(repository, "rev-parse", "--is-bare-repository", "--show-prefix", check=False)
        if top is None:
            raise Invalid(f"{repository} is no Git repository.", hint="Run `git init` there, or name another one.")
        prefix = (top.split("\n") + [""])[1].strip()
        self.home = PurePosixPath(prefix) / inside
        self.branch = self.settings.branch or f"job/{name}"
        if _git(repository, "check-ref-format", "--branch", self.branch, check=False) is None:
            raise Invalid(f"“{self.branch[:60]}” is no name of a branch.", hint="Write for instance job/road.")
        if f"branch refs/heads/{self.branch}" in (_git(repository, "worktree", "list", "--porcelain") or "").split(
            "\n"
        ):
            raise Conflict(f"The branch {self.branch} is checked out.", hint="Name a branch that nobody works on.")
        if out:
            return FolderTarget(FolderConfig()).place(name, out, root)
        ignored = root / STATE
        ignored.mkdir(exist_ok=True)
        if not (ignored / ".gitignore").exists():
            (ignored / ".gitignore").write_text("*\n")
        return root / STATE / Path(*["_"] * max(0, len(inside.parts) - 2)) / f"branch-{name}"

    def deliver(self, folder: Path) -> list[str]:
        """Commit the job's folder to the branch, write the patch beside it, and push if that is asked for."""
        manifest = read_manifest(folder)
        parent = self._tip()
        with tempfile.TemporaryDirectory(prefix="perijove-git-") as place:
            tree = self._tree(folder, parent, Path(place) / "index")
        if parent and _git(self.repository, "rev-parse", f"{parent}^{{tree}}") == tree:
            return [f"The branch {self.branch} holds this job already."]
        notebook = " ".join(str(manifest["notebook"]).split())
        message = f"Export the job {manifest['name']} from {notebook}\n"
        parents = ["-p", parent] if parent else []
        commit = _git(self.repository, "commit-tree", tree, *parents, "-F", "-", given=message, author=True)
        assert commit is not None
        old = _git(self.repository, "rev-parse", "--verify", "--quiet", f"refs/heads/{self.branch}", check=False)
        _git(self.repository, "update-ref", f"refs/heads/{self.branch}", commit, old or "0" * len(commit))
        patch = folder.parent / f"{manifest['name']}.patch"
        patch.write_text(
            _git(self.repository, "format-patch", "-1", "--stdout", "--binary", commit, raw=True) or "", "utf-8"
        )
        told = [f"The branch {self.branch} has it in commit {commit[:12]}; {patch} is that commit as a patch."]
        return [*told, *self._push()]

    def _tip(self) -> str:
        """The commit to build on: the branch's, else the base's; empty in a repository without commits."""
        names = [f"refs/heads/{self.branch}", self.settings.base]
        found = (
            _git(self.repository, "rev-parse", "--verify", "--quiet", f"{one}^{{commit}}", check=False) for one in names
        )
        return next((one for one in found if one), "")

    def _tree(self, folder: Path, parent: str, index: Path) -> str:
        """A tree like the parent's, with the job's folder in place of what was there."""
        env = {"GIT_INDEX_FILE": str(index)}
        lines = []
        if parent:
            _git(self.repository, "read-tree", parent, env=env)
            ours = f"{self.home}/"
            old = _git(self.repository, "ls-tree", "-r", "-z", "--full-tree", "--name-only", parent, "--", ours) or ""
            lines += [f"0 {'0' * 40}\t{path}" for path in old.split("\0") if path]
        for path in sorted([*read_manifest(folder)["files"], ".perijove-job.json"]):
            blob = _git(self.repository, "hash-object", "-w", "--no-filters", "--", str((folder / path).resolve()))
            lines.append(f"100644 {blob}\t{self.home / path}")
        _git(self.repository, "update-index", "-z", "--add", "--index-info", given="\0".join([*lines, ""]), env=env)
        tree = _git(self.repository, "write-tree", env=env)
        assert tree is not None
        return tree

    def _push(self) -> list[str]:
        if not self.settings.push:
            return []
        refs = f"refs/heads/{self.branch}:refs/heads/{self.branch}"
        _git(self.repository, "push", "--quiet", "--", self.settings.push, refs)
        return [f"{self.settings.push} has it, too."]


def _git(
    repository: Path,
    *arguments: str,
    given: str | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    author: bool = False,
    raw: bool = False,
) -> str | None:
    """What Git printed; raises Failed with its words, or gives None where ``check`` is false."""
    git = shutil.which("git")
    if git is None:
        raise Failed("Git is not installed.", hint="Install it, or choose another target.")
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "file:https:ssh", "LC_ALL": "C.UTF-8"}
    hidden = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    own = {key: value for key, value in os.environ.items() if key not in hidden} | quiet | dict(env or {})
    argv = [git, "-C", str(repository), *(_somebody(git, repository) if author else ()), *arguments]
    done = subprocess.run(argv, input=given, capture_output=True, text=True, env=own, timeout=PATIENCE)
    if done.returncode == 0:
        return done.stdout if raw else done.stdout.rstrip("\n")
    if not check:
        return None
    words = re.sub(r"//[^/@\s]*@", "//", " ".join(done.stderr.split()))[:400]
    raise Failed(f"Git could not {arguments[0]}: {words}", hint="Is the repository as it should be? Try it by hand.")


def _somebody(git: str, repository: Path) -> Sequence[str]:
    """A name for the commit where the person has told Git none."""
    asked = subprocess.run([git, "-C", str(repository), "config", "user.email"], capture_output=True, timeout=PATIENCE)
    return () if asked.returncode == 0 else ("-c", "user.name=Perijove", "-c", "user.email=perijove@localhost")
