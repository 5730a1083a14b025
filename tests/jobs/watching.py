"""A job with a training, runs and scorings to watch, and a webhook that takes alerts or does not."""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from importlib.resources import files


def load_profiles():
    """The module that writes profiles, as jobs have it."""
    folder = str(files("perijove.jobs").joinpath("templates"))
    sys.path.insert(0, folder)
    try:
        spec = importlib.util.spec_from_file_location("profiles_of_jobs", f"{folder}/profiles.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
        sys.modules.pop("contract", None)
    return module


def normal(seed, rows=2000, mean=0.0, spread=1.0):
    made = random.Random(seed)
    return [made.gauss(mean, spread) for _ in range(rows)]


class Hook:
    """A webhook that takes what it gets, or does not."""

    def __init__(self):
        self.got = []
        self.status = 200

    def __call__(self, address, message):
        if self.status is None:
            raise ConnectionError(f"no route to {address}")
        if self.status == 200:
            self.got.append((address, message))
        return self.status


def trained(folder, profiles):
    """A job in a folder whose training was on a standard normal column, with one run."""
    source = folder / "src" / "loans"
    source.mkdir(parents=True)
    (folder / ".perijove-job.json").write_text(json.dumps({"name": "loans", "files": {}, "python": "3.11.7"}))
    (source / "config.toml").write_text("[parameters]\n[monitor]\npsi = 0.2\nks = 0.15\nmetric_decay = 0.05\n")
    columns = {"x": profiles.summary(normal(1)), "city": profiles.summary(["a", "b"] * 100)}
    (source / "reference.json").write_text(json.dumps({"inputs": {"in.csv": columns}}))
    features, answers = {"x": profiles.summary(normal(1))}, {"prediction": profiles.summary([0, 1] * 500)}
    models = folder / "outputs" / "models"
    models.mkdir(parents=True)
    listed = [{"name": "model", "sha256": "abc", "features": features, "predictions": answers}]
    (models / "models.json").write_text(json.dumps({"models": listed}))
    ran(folder, profiles, normal(2))
    return folder


def ran(folder, profiles, values, breaches=()):
    columns = {"x": profiles.summary(values), "city": profiles.summary(["a", "b"] * 100)}
    answers = {"prediction": profiles.summary([0, 1] * 500)}
    profiles.record(folder / "outputs", "run", inputs={"in.csv": columns}, predictions=answers, breaches=list(breaches))


def scored(folder, profiles, values, answers=(0, 1), sha256="abc", **more):
    found = {"features": {"x": profiles.summary(values)}, "sha256": sha256}
    given = {"prediction": profiles.summary(list(answers) * 500)}
    profiles.record(folder / "outputs", "batch", rows=len(values), predictions=given, **found, **more)
