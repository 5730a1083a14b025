"""Cells whose ids an editor dropped get their own outputs back, and nobody else's."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.storage import edits
from tests.storage.awkward import code, markdown, notebook
from tests.storage.own import three

from perijove.storage import ipynb
from perijove.storage.check import same
from perijove.storage.documents import Documents
from perijove.storage.manifest import Manifest
from perijove.storage.reading import notebook_of
from perijove.storage.text import to_text

ROAD = Path(__file__).parents[2] / "examples" / "road.ipynb"
ID = re.compile(r'^(\S+ %%(?: \[\w+\])?) id=(?:"(?:[^"\\]|\\.)*"|\S+)')


def test_a_format_without_ids_keeps_those_of_the_text(own: Documents) -> None:
    file = own.project.root / "churn.py"
    cells = [
        code("depth = 6\nmodel(depth)"),
        markdown("# Churn"),
        code("depth = 6\nmodel(depth)"),
        code("predict(depth)"),
    ]
    whole = notebook(*cells, minor=4)
    own.save(file, whole)
    before = file.read_text().split("\n")
    edited = own.load(file, ids=False).notebook
    assert "id" not in edited["cells"][0]
    edited["cells"][0]["source"] = "depth = 7\nmodel(depth)"
    edited["cells"][3]["source"] = "predict(depth + 1)"
    own.save(file, edited)
    after = file.read_text().split("\n")
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert changed == [("depth = 6", "depth = 7"), ("predict(depth)", "predict(depth + 1)")]


@pytest.mark.parametrize("stripped", ["all", "one"])
@pytest.mark.parametrize("edit", edits.EDITS, ids=lambda edit: edit.__name__)
def test_an_editor_that_knows_no_ids_moves_no_outputs(edit: Any, stripped: str) -> None:
    whole = json.loads(ROAD.read_bytes())
    taken = to_text(ipynb.joined(whole))
    get = {**taken.blobs, **taken.attachments}.__getitem__
    before = edits.opened(taken)["cells"]
    for at in (at for at, cell in enumerate(before) if cell["cell_type"] == "code"):
        head, *blocks = edits.blocks_of(taken.text)
        blocks = [
            ID.sub(r"\1", block) if stripped == "all" or index == at else block for index, block in enumerate(blocks)
        ]
        edit(blocks, at)
        text = "\n".join([head, *blocks])
        kept = Manifest.loads(taken.manifest.dumps())
        after = notebook_of(text, kept, taken.text, get, stubs=False, ids=True)[0]["cells"]
        found = {cell["id"]: cell for cell in after}
        rewritten = edit in (edits.rewrite_a_cell, edits.insert_before_a_rewritten_cell)
        assert len(found) == len(after)
        for index, cell in enumerate(before):
            if rewritten and index == at:  # nothing of it is left to know it by
                assert cell["id"] not in found
                continue
            now = found.pop(cell["id"])
            assert same({**now, "source": ""}, {**cell, "source": ""})
            assert index == at or now["source"] == cell["source"]
        assert [cell["outputs"] for cell in found.values()] == [[]] * len(found)


def test_ids_that_were_found_again_stay_and_are_written_with_the_next_change(own: Documents) -> None:
    file = own.project.root / "churn.py"
    own.save(file, three())
    plain = re.sub(r" id=\S+", "", file.read_text()).replace("b = 1", "b = 2")
    file.write_text(plain)
    for _ in range(2):
        document = own.load(file)
        assert [(cell["id"], cell["source"]) for cell in document.notebook["cells"]] == [
            ("a", "a = 1"),
            ("b", "b = 2"),
            ("c", "c = 1"),
        ]
    own.save(file, document.notebook)
    assert file.read_text() == plain  # nothing changed, so nothing is written
    document.notebook["cells"][2]["execution_count"] = 5
    own.save(file, document.notebook)
    assert re.findall(r"id=(\w+)", file.read_text()) == ["a", "b", "c"]
