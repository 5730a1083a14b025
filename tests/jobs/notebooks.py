"""Small real notebooks for the tests, and a project to export from."""

from __future__ import annotations

import json
from pathlib import Path

SMALL = [
    ("title", "markdown", "# Small"),
    (
        "imports",
        "code",
        "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.linear_model import LogisticRegression\nfrom sklearn.metrics import roc_auc_score",
    ),
    ("load", "code", "df = pd.read_csv('data/points.csv')\ndf.describe()"),
    ("look", "code", "junk = df.sample(5)\nnoise = 3"),
    ("settings", "code", "strength = 0.5\nsplit = 200  # rows\nfeatures = ['a', 'b']"),
    (
        "helper",
        "code",
        'def prepare(frame):\n    """Scale.\n\n  Twice, at any margin.\n    """\n    return frame[features] * scale'
        "\n\nscale = 2.0",
    ),
    (
        "train",
        "code",
        "%time train, test = df[:split], df[split:]\nmodel = LogisticRegression(C=strength)\n"
        "model.fit(prepare(train), train['y'])",
    ),
    (
        "evaluate",
        "code",
        "proba = model.predict_proba(prepare(test))[:, 1]\nauc = float(roc_auc_score(test['y'], proba))\n"
        "predictions = test.assign(p=proba)\nlabels = {'positive': int((proba > 0.5).sum()), 'names': ['a', 'é']}\nauc",
    ),
    ("after", "code", "auc = 0"),
]


def write(path: Path, cells: list[tuple[str, str, str]]) -> Path:
    """Write a notebook with these cells: id, kind, source."""
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [_cell(*cell) for cell in cells],
    }
    path.write_text(json.dumps(document))
    return path


def _cell(id: str, kind: str, source: str) -> dict[str, object]:
    cell: dict[str, object] = {"id": id, "cell_type": kind, "metadata": {}, "source": source}
    return cell if kind == "markdown" else {**cell, "outputs": [], "execution_count": None}


def points(path: Path) -> None:
    """Three hundred labelled points."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(300, 2)), columns=["a", "b"])
    frame["y"] = (frame.a + frame.b + random.normal(size=300) > 0).astype(int)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
