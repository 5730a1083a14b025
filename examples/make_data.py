"""Writes the example data: real sets that scikit-learn ships, and a large table generated from one of them.

    python make_data.py FOLDER

- ``tumours.parquet``: 569 tumours, 30 measurements and the diagnosis (Wisconsin diagnostic set, real)
- ``holdout.parquet``: 30 % of them, kept for evaluation
- ``diabetes.csv``: 442 patients, 10 measurements and the progression after a year (real)
- ``wine.db``: SQLite, tables ``wines`` (178 analyses, real) and ``cultivars``
- ``screenings/part-*.parquet``: 1,200,000 rows drawn with noise from the other 70 % of the tumours, for a cluster
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.model_selection import train_test_split

PARTS = 8
ROWS = 150_000
FEATURES = ["radius", "texture", "smoothness", "compactness", "concavity", "symmetry", "area_error", "worst_texture"]
STEPS = 200


def main(folder: Path) -> None:
    """Write everything that is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "tumours.parquet").exists():
        write_tables(folder)
    if not (folder / "screenings").is_dir():
        write_screenings(folder)


def tumours() -> pd.DataFrame:
    """The real measurements under short names; ``malignant`` is 1 where the diagnosis was cancer."""
    data = load_breast_cancer(as_frame=True)
    names = {name: name.replace("mean ", "").replace(" ", "_") for name in data.data.columns}
    frame = data.data.rename(columns=names)
    frame["malignant"] = (data.target == 0).astype("int8")
    return frame


def write_tables(folder: Path) -> None:
    """The real sets, as parquet, CSV and a database."""
    frame = tumours()
    _, holdout = train_test_split(frame, test_size=0.3, random_state=7, stratify=frame["malignant"])
    holdout.reset_index(drop=True).to_parquet(folder / "holdout.parquet")
    load_diabetes(as_frame=True, scaled=False).frame.to_csv(folder / "diabetes.csv", index=False)
    wine = load_wine(as_frame=True)
    wines = wine.frame.rename(columns={"target": "cultivar_id", "od280/od315_of_diluted_wines": "od280_od315"})
    with sqlite3.connect(folder / "wine.db") as database:
        wines.to_sql("wines", database, index_label="wine_id", if_exists="replace")
        cultivars = pd.DataFrame({"cultivar_id": range(3), "name": list(wine.target_names)})
        cultivars.to_sql("cultivars", database, index=False, if_exists="replace")
    frame.to_parquet(folder / "tumours.parquet")


def write_screenings(folder: Path) -> None:
    """A large table: rows drawn from the tumours that are not held out, with noise, on a grid of 200 steps a column."""
    frame = tumours()
    train, _ = train_test_split(frame, test_size=0.3, random_state=7, stratify=frame["malignant"])
    low, high = frame[FEATURES].min(), frame[FEATURES].max()
    random = np.random.default_rng(7)
    target = folder / "screenings.part"
    target.mkdir(exist_ok=True)
    for part in range(PARTS):
        rows = train.iloc[random.integers(0, len(train), ROWS)]
        noisy = rows[FEATURES] + random.normal(0, 0.25, (ROWS, len(FEATURES))) * train[FEATURES].std().to_numpy()
        share = ((noisy - low) / (high - low)).clip(0, 1)
        made = ((share * STEPS).round() / STEPS * (high - low) + low).astype("float32")
        made["malignant"] = rows["malignant"].to_numpy()
        made.insert(0, "screening_id", np.arange(part * ROWS, (part + 1) * ROWS))
        made.to_parquet(target / f"part-{part:04d}.parquet", index=False)
    target.rename(folder / "screenings")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
