"""A job beside its notebook: which cell became what, what has changed since, and cells called by their place."""

from __future__ import annotations

import json

import pytest

from perijove.core.errors import Invalid
from perijove.jobs import lock, package
from perijove.jobs.describe import describe
from perijove.jobs.log import Entry
from perijove.jobs.model import Choice
from perijove.jobs.notebook import read_notebook
from perijove.jobs.origin import origins
from perijove.jobs.slice import backward_slice
from tests.jobs import notebooks

CELLS = [
    ("about", "markdown", "# Sums"),
    ("settings", "code", "limit = 3"),
    ("load", "code", "import math\nnumbers = [1, 2, 4]\nprint(numbers)"),
    ("total", "code", "total = math.fsum(one for one in numbers if one < limit)"),
]


def book(place, cells):
    return read_notebook(notebooks.write(place / "nb.ipynb", cells), "nb.ipynb")


@pytest.fixture
def job(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "lock", lambda *_: "# A fixture.\nnothing==1.0 --hash=sha256:00\n")
    notebook = book(tmp_path, CELLS)
    found = backward_slice([cell.source for cell in notebook.cells if cell.code], 2)
    values = tmp_path / "values"
    values.mkdir()
    (values / "total.json").write_text("3.0")
    listed = [{"name": "total", "kind": "number", "file": "total.json", "detail": "", "type": "float"}]
    (values / "values.json").write_text(json.dumps({"values": listed, "python": "3.11.7", "packages": {}}))
    code = [cell for cell in notebook.cells if cell.code]
    entries = [Entry(at, cell.id, cell.source, place=cell.index) for at, cell in enumerate(code)]
    folder = tmp_path / "jobs" / "sums"
    package.write(package.plan("sums", notebook, [2], found, entries), values, folder, choice=Choice("nb.ipynb"))
    return folder


def test_each_cell_stands_beside_the_lines_it_became(job, tmp_path):
    now = [CELLS[0], CELLS[1], ("load", "code", "import math\nnumbers = [1, 2, 9]"), *CELLS[4:]]
    found = origins(job, book(tmp_path, now))
    assert [(one.cell, one.index, one.state, one.chosen) for one in found] == [
        ("settings", 1, "same", False),
        ("load", 2, "changed", False),
        ("total", None, "gone", True),
    ]
    load = found[1]
    assert "numbers = [1, 2, 4]" in load.code and "print" not in load.code
    assert load.now.endswith("[1, 2, 9]")
    written = (job / "src/sums/steps.py").read_text("utf-8").split("\n")
    assert "\n".join("\n".join(written[first - 1 : last]) for first, last in load.lines) == load.code
    assert found[0].code == "" and found[2].step


def test_edits_of_the_job_do_not_move_its_origins(job, tmp_path):
    before = origins(job, book(tmp_path, CELLS))
    steps = job / "src/sums/steps.py"
    steps.write_text("# one line more\n" + steps.read_text("utf-8"), "utf-8")
    assert origins(job, book(tmp_path, CELLS)) == before
    assert {one.state for one in origins(job, None)} == {"gone"}
    (job / "PROVENANCE.json").unlink()
    with pytest.raises(Invalid, match="no longer says"):
        origins(job, None)


def test_reasons_call_cells_by_their_place_in_the_notebook(tmp_path):
    notebook = book(tmp_path, CELLS)
    code = {cell.id: cell for cell in notebook.cells if cell.code}
    ran = [code["load"], code["settings"], code["total"]]
    entries = [Entry(at, cell.id, cell.source, place=cell.index) for at, cell in enumerate(ran)]
    found = backward_slice([cell.source for cell in ran], 2)
    told = describe(notebook, found, [2], entries)
    assert {cell.id: cell.reasons for cell in told.cells} == {
        "load": ["defines math, for cell 3 (total)", "defines numbers, for cell 3 (total)"],
        "settings": ["defines limit, for cell 3 (total)"],
        "total": ["the chosen cell"],
    }
    lines = {view.id: [line.reason for line in view.lines] for view in told.view}
    assert lines["settings"] == ["defines limit, for cell 3 (total)"]
    assert lines["load"][2] == ""
