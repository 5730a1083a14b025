"""Writes the small data that the example notebooks read, without the internet.

    python make_data.py FOLDER

- ``diabetes.csv``, ``tumours.parquet``, ``wine.db``: real sets that scikit-learn ships
- ``sentences.csv``: sentences from the descriptions of its data sets, with the data set as topic
- ``demand.csv``: ten weeks of an hourly load with a daily and a weekly rhythm, drawn with a fixed seed
- ``visits/part-*.parquet``: visits to four wards, drawn with a fixed seed
"""

from __future__ import annotations

import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets

SEED = 2026


def main(folder: Path) -> None:
    """Write every file."""
    folder.mkdir(parents=True, exist_ok=True)
    write_real(folder)
    write_sentences(folder / "sentences.csv")
    write_demand(folder / "demand.csv")
    write_visits(folder / "visits")


def write_real(folder: Path) -> None:
    """The sets as they are."""
    frame = datasets.load_diabetes(as_frame=True).frame.rename(columns={"target": "progression"})
    frame.to_csv(folder / "diabetes.csv", index=False)
    cancer = datasets.load_breast_cancer(as_frame=True)
    names = {"mean radius": "radius", "mean texture": "texture", "mean smoothness": "smoothness"}
    names |= {"mean compactness": "compactness", "mean symmetry": "symmetry", "worst texture": "worst_texture"}
    tumours = cancer.data.rename(columns=names)[list(names.values())]
    tumours.assign(malignant=1 - cancer.target).to_parquet(folder / "tumours.parquet")
    wine = datasets.load_wine(as_frame=True)
    (folder / "wine.db").unlink(missing_ok=True)
    with closing(sqlite3.connect(folder / "wine.db")) as connection:
        wine.frame.rename(columns={"target": "cultivar"}).to_sql("wines", connection, index=False)
        cultivars = pd.DataFrame({"cultivar": range(3), "name": ["Barolo", "Grignolino", "Barbera"]})
        cultivars.to_sql("cultivars", connection, index=False)


def write_sentences(file: Path) -> None:
    """One row a sentence of a description."""
    rows = []
    for topic in ("breast_cancer", "diabetes", "digits", "iris", "wine", "linnerud"):
        text = " ".join(getattr(datasets, f"load_{topic}")().DESCR.split())
        found = [one.strip() for one in re.split(r"(?<=[.:;])\s", text) if len(one.split()) > 3]
        rows += [{"topic": topic, "text": one} for one in found]
    pd.DataFrame(rows).to_csv(file, index=False)


def write_demand(file: Path) -> None:
    """Hours with a rhythm, some noise and a few gaps."""
    random = np.random.default_rng(SEED)
    time = pd.date_range("2026-01-01", periods=24 * 70, freq="h")
    day, week = 2 * np.pi * time.hour / 24, (time.day_of_week >= 5) * 1.0
    load = 50 - 12 * np.cos(day) - 8 * week + random.normal(0, 2, len(time))
    frame = pd.DataFrame({"time": time, "load": load.round(3)})
    frame.drop(random.choice(len(frame), 30, replace=False)).to_csv(file, index=False)


def write_visits(folder: Path) -> None:
    """Four files of five thousand rows."""
    random = np.random.default_rng(SEED)
    folder.mkdir(exist_ok=True)
    for part in range(4):
        ward = random.choice(["eye", "ear", "heart", "skin"], 5000)
        frame = pd.DataFrame({"ward": ward, "minutes": random.gamma(3, 8, 5000).round(1)})
        frame.to_parquet(folder / f"part-{part}.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
