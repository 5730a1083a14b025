"""A job's own modules for scoring, put into a package without an export, and a small model with its training table."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from importlib.resources import files
from pathlib import Path

MODULES = ("contract", "models", "portable", "profiles", "scoring", "serve", "values")


def package(root: Path, name: str, contract: dict) -> dict:
    """Write the modules of a job named so, and import them; gives them by name."""
    source = root / "job" / "src" / name
    source.mkdir(parents=True)
    (source / "__init__.py").write_text("")
    (source / "contract.json").write_text(json.dumps({"inputs": contract}))
    templates = Path(str(files("perijove.jobs").joinpath("templates")))
    for module in MODULES:
        shutil.copy(templates / f"{module}.py", source / f"{module}.py")
    sys.path.insert(0, str(source.parent))
    importlib.invalidate_caches()
    try:
        return {module: importlib.import_module(f"{name}.{module}") for module in MODULES}
    finally:
        sys.path.remove(str(source.parent))


def loans(rows: int = 400):
    """A table with numbers, nulls, a category and a truth value, and whether each row went bad."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(7)
    table = pd.DataFrame(
        {
            "age": random.integers(18, 80, rows),
            "income": random.normal(50, 12, rows).round(2),
            "city": random.choice(["Bonn", "Kiel", "Ulm"], rows),
            "member": random.random(rows) > 0.5,
        }
    )
    table.loc[::20, "income"] = np.nan
    bad = ((table.age < 40) & (table.income.fillna(0) < 52)).astype(int)
    return table, bad


def model():
    """A classifier of a table with names, nulls and text."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = [("n", numbers, ["age", "income"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["city", "member"])]
    return make_pipeline(ColumnTransformer(columns), LogisticRegression())
