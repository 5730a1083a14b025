"""A real git repository with a text notebook, for the tests of history, drivers, commands and routes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

TEXT = """# perijove-notebook 1 {"kernel": "python3"}

# %% [markdown] id=title
# # Churn

# %% id=depth
depth = 4

# %% id=model
import xgboost as xgb
model = train(depth)
"""


def git(folder: Path, *arguments: str, ok: bool = True) -> str:
    env = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        **{f"GIT_{who}_NAME": "Ada" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "ada@example.org" for who in ("AUTHOR", "COMMITTER")},
    }
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, env=env, timeout=120)
    assert not ok or done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def repository(folder: Path, name: str = "churn.py", content: str = TEXT) -> Path:
    git(folder, "init", "-q", "-b", "main")
    (folder / name).write_text(content)
    commit(folder, "first")
    return folder / name


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD").strip()


def branches(file: Path, ours: str, theirs: str) -> None:
    """Commit two contents on two branches; ``ours`` is checked out, ``topic`` is to be merged."""
    git(file.parent, "checkout", "-q", "-b", "topic")
    file.write_text(theirs)
    commit(file.parent, "theirs")
    git(file.parent, "checkout", "-q", "main")
    file.write_text(ours)
    commit(file.parent, "ours")


def cell(
    id_: str, source: str, outputs: list[dict[str, Any]] | None = None, count: int | None = None
) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": id_,
        "metadata": {},
        "source": source,
        "outputs": outputs or [],
        "execution_count": count,
    }


def said(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def notebook(*cells: dict[str, Any], minor: int = 5) -> dict[str, Any]:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": kernel, "cells": list(cells)}
