"""The commands of the catalog, the runs and the search, as a person or a script calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.command import perijove

from perijove.core.project import Project


def call(*arguments: str) -> tuple[int, Any]:
    """Run ``perijove … --json``; gives the exit code and the document."""
    done = perijove(*arguments, "--json")
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_road_of_the_catalog(project: Project, lab: Path) -> None:
    code, source = call("catalog", "add", "lab", "data/")
    assert (code, source["name"], source["state"], source["datasets"]) == (0, "lab", "live", 4)
    assert [one["name"] for one in call("catalog", "sources")[1]] == ["lab"]
    assert {one["door"] for one in call("audit", "list")[1]["events"]} == {"cli"}
    assert call("catalog", "scan")[1][0]["scannedAt"] > source["scannedAt"]
    _, found = call("catalog", "search", "tumours")
    assert found["total"] == 1 and set(found["hits"][0]) >= {"ref", "name", "source", "score", "snippet"}
    assert [answer["total"] for answer in call("catalog", "search", "mean radius", "nosuch")[1]] == [3, 0]
    ref = found["hits"][0]["ref"]
    for name in (ref, "tumours", "data/tumours.parquet"):
        assert call("catalog", "show", name)[1]["rows"] == 569
    _, preview = call("catalog", "preview", ref, "--rows", "2")
    assert set(preview) >= {"columns", "rows", "totalRows", "truncated"} and len(preview["rows"]) == 2
    assert call("catalog", "code", ref, "--engine", "dask")[1]["code"].startswith("import dask.dataframe as dd")
    hits = call("search", "tumours")[1]["hits"]
    assert all(set(hit) == {"ref", "kind", "title", "snippet"} for hit in hits)
    assert call("catalog", "rm", "lab")[1]["name"] == "lab"
    assert call("catalog", "sources")[1] == []


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("catalog", "add", "x", "nowhere"), "NotFound"),
        (("catalog", "add", "x", "postgresql://me:pw@host/db"), "Invalid"),
        (("catalog", "rm", "nosuch"), "NotFound"),
        (("catalog", "scan", "nosuch"), "NotFound"),
        (("catalog", "search"), "Invalid"),
        (("catalog", "search", "x", "--limit", "0"), "Invalid"),
        (("catalog", "show", "nowhere.parquet"), "NotFound"),
        (("catalog", "show", "dataset:file:///nowhere"), "NotFound"),
        (("catalog", "preview", "broken.parquet"), "Invalid"),
        (("catalog", "preview", "data/tumours.parquet", "--rows", "0"), "Invalid"),
        (("catalog", "code", "data/tumours.parquet", "--engine", "nosuch"), "Invalid"),
        (("runs", "show", "nosuch"), "NotFound"),
        (("runs", "curve", "nosuch", "loss"), "NotFound"),
        (("runs", "compare", "nosuch"), "NotFound"),
        (("runs", "list", "--limit", "0"), "Invalid"),
        (("search",), "Invalid"),
        (("search", "x", "--limit", "0"), "Invalid"),
    ],
)
def test_bad_input_is_a_sentence_and_two(project: Project, lab: Path, arguments: tuple[str, ...], kind: str) -> None:
    (project.root / "broken.parquet").write_bytes(b"PAR1")
    code, answer = call(*arguments)
    assert (code, answer["error"]["kind"]) == (2, kind)
    assert answer["error"]["message"].endswith(".") and answer["error"]["hint"]


def test_no_runs_yet(project: Project) -> None:
    assert call("runs", "list") == (0, [])
