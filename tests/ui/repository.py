"""A git repository with two notebooks, for stories: ``python -m tests.ui.repository FOLDER [conflict]``."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

from perijove.storage import to_text

TEXT, PLAIN = "churn.py", "curve.ipynb"


def git(folder: Path, *arguments: str, fails: bool = False) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        raise SystemExit(f"git {' '.join(arguments)}: {done.stdout}{done.stderr}")


def cell(name: str, source: str, kind: str = "code", outputs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    return made if kind != "code" else {**made, "execution_count": None, "outputs": outputs or []}


def notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}


def churn(month: str, depth: int, rounds: int, *, joined: bool = False, peek: bool = True) -> str:
    """The text notebook: a heading, its data, a model."""
    cells = [
        cell("head", f"# Churn, {month} refresh\nWho leaves within 60 days.", "markdown"),
        cell("load", "import pandas as pd\n\norders = pd.read_csv('orders.csv')"),
        cell("clean", "orders = orders[orders.status != 'x']\nrecent = orders.tail(1000)"),
    ]
    cells += [cell("join", "features = recent.join(customers)\nfeatures = features.fillna(0)")] if joined else []
    train = f'model = train(recent, {{\n    "max_depth": {depth}, "eta": 0.1}},\n    rounds={rounds})'
    cells.append(cell("train", train))
    cells += [cell("peek", "orders.head(20)")] if peek else []
    cells += [cell("score", "score(model, holdout)"), cell("save", "model.save('churn.json')")]
    return str(to_text(notebook(cells)).text)


def curve(rate: float) -> str:
    """The plain notebook: one cell that printed a number and drew a curve."""
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": [f"AUC {0.9 - rate / 10:.4f}\n", "done\n"]},
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": picture(rate), "text/plain": "<Figure>"}},
    ]
    cells = [cell("curve", f"draw(rate={rate})", outputs=outputs), cell("end", "print('end')")]
    return f"{nbformat.writes(nbformat.from_dict(notebook(cells)))}\n"


def picture(rate: float) -> str:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(4.2, 2.6))
    axes.plot([0.9 - 0.3 * 2.718 ** (-rate * step / 10) for step in range(50)])
    axes.set_ylim(0.55, 0.95)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    pyplot.close(figure)
    return base64.b64encode(drawn.getvalue()).decode()


def write(folder: Path, text: str, plain: str) -> None:
    (folder / TEXT).write_text(text, encoding="utf-8", newline="")
    (folder / PLAIN).write_text(plain, encoding="utf-8", newline="")


def lay_out(folder: Path) -> None:
    """Two commits of both notebooks, then work that is not committed."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    write(folder, churn("September", 4, 500), curve(0.8))
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Predict who leaves")
    write(folder, churn("October", 4, 500), curve(1.0))
    git(folder, "commit", "-q", "-a", "-m", "Refresh for October")
    write(folder, churn("November", 6, 500, joined=True, peek=False), curve(1.6))


def bring_conflict(folder: Path) -> None:
    """Commit the work, and merge a branch that changed the same lines of the text notebook."""
    git(folder, "commit", "-q", "-a", "-m", "Deeper trees")
    git(folder, "checkout", "-q", "-b", "tuning", "HEAD~1")
    (folder / TEXT).write_text(churn("October", 8, 900), encoding="utf-8", newline="")
    git(folder, "commit", "-q", "-a", "-m", "More rounds")
    git(folder, "checkout", "-q", "main")
    git(folder, "merge", "tuning", fails=True)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    bring_conflict(place) if sys.argv[2:] == ["conflict"] else lay_out(place)
