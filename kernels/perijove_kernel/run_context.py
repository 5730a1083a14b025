"""What MLflow writes on each run made in a kernel: the notebook, the cell, the kernel and the commit.

MLflow finds ``NotebookContext`` through its entry-point group ``mlflow.run_context_provider``; it has the two methods
of MLflow's ``RunContextProvider`` and needs nothing from MLflow itself.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import wrapt

import perijove_kernel
from perijove_kernel import home


class NotebookContext:
    """Tags for runs that are made while a recorded cell runs."""

    def in_context(self) -> bool:
        """Whether a cell of a recorded kernel runs."""
        recorder = perijove_kernel.active()
        return recorder is not None and recorder.current is not None

    def tags(self) -> dict[str, str]:
        """The notebook, cell, execution count, kernel, commit, and whether files differ from the commit."""
        recorder = perijove_kernel.active()
        if recorder is None or recorder.current is None:
            return {}
        cell = recorder.current
        found = {
            "perijove.notebook": recorder.notebook,
            "perijove.cell": cell.id,
            "perijove.count": "" if cell.count is None else str(cell.count),
            "perijove.kernel": recorder.kernel,
            **git_tags(home.project_root(recorder.state)),
        }
        return {name: value for name, value in found.items() if value}


def git_tags(folder: Path) -> dict[str, str]:
    """The commit of a folder, and whether tracked files differ from it; empty outside git."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {}
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"mlflow.source.git.commit": commit, "perijove.git.dirty": "true" if changed else "false"}


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def keep_artifacts_at(folder: Path) -> None:
    """Let new experiments of a local store keep their artifacts here instead of in ``./mlruns`` of the moment."""

    def wrapper(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if len(args) >= 2 and str(args[1]) in ("./mlruns", "mlruns"):
            args = (args[0], folder.as_uri(), *args[2:])
        return wrapped(*args, **kwargs)

    def wrap(module: Any) -> None:
        wrapt.wrap_function_wrapper(module, "SqlAlchemyStore.__init__", wrapper)

    wrapt.register_post_import_hook(wrap, "mlflow.store.tracking.sqlalchemy_store")
