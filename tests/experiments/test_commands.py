"""The commands of the runs, over a store that MLflow wrote."""

from __future__ import annotations

import json
from typing import Any

from tests.command import perijove

from perijove.experiments.service import Experiments


def call(*arguments: str, as_json: bool = True) -> Any:
    """Run ``perijove runs …``; gives the document, or the text without ``--json``."""
    end = ["--json"] if as_json else []
    done = perijove("runs", *arguments, *end)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout) if as_json else done.stdout


def test_list_show_curve_compare(experiments: Experiments) -> None:
    listed = call("list", "--filter", "road")
    assert [run["name"] for run in listed] == ["second", "first"]
    first, second = listed[1]["id"], listed[0]["id"]
    shown = call("show", first[:8])
    assert (shown["id"], shown["startedAt"] > "2", shown["cell"]) == (first, True, "train")
    curve = call("curve", f"run:{first}", "loss", "--points", "4")
    assert set(curve) == {"steps", "values", "min", "max", "points"} and len(curve["steps"]) == 4
    assert [run["name"] for run in call("compare", first, second)] == ["first", "second"]


def test_people_read_the_same(experiments: Experiments) -> None:
    first = experiments.runs("first").runs[0].id
    assert "finished" in call("list", as_json=False)
    assert "from road.ipynb, cell train, commit abc123" in call("show", first, as_json=False)
    assert "100 values logged" in call("curve", first, "loss", "--points", "3", as_json=False)
    assert "auc" in call("compare", first, experiments.runs("second").runs[0].id, as_json=False)
