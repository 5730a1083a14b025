"""Shared documents are changed by few operations: what nobody touched keeps its cursors, and comes back as it was."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_ydoc import YNotebook
from pycrdt import Assoc, Doc, Map, Text
from tests.storage.screen import Screen

from perijove.storage.live.picture import carried_text, picture, restored, restored_text, unique
from perijove.storage.live.ydoc import apply, edit_text, edits, repair, same, set_outputs, snapshot
from perijove.storage.model import CONFLICT_KEY

STREAM = {"output_type": "stream", "name": "stdout", "text": "one\n"}


def code(cell_id: str, source: str = "", *outputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "id": cell_id,
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "execution_count": None,
    }
    return {**cell, "outputs": list(outputs), **more}


def prose(cell_id: str, source: str = "", **more: Any) -> dict[str, Any]:
    return {"id": cell_id, "cell_type": "markdown", "source": source, "metadata": {}, **more}


def notebook(*cells: dict[str, Any], minor: int = 5, **metadata: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}


def shown(found: dict[str, Any]) -> YNotebook:
    document = YNotebook()
    apply(document, picture(found).notebook)
    return document


def client_of(document: YNotebook) -> YNotebook:
    """A second copy of a document, which gets what the first one had when it was made."""
    doc: Doc[Any] = Doc()
    doc.apply_update(document.ydoc.get_update())
    return YNotebook(doc)


def meet(one: YNotebook, other: YNotebook) -> None:
    mine, theirs = one.ydoc.get_update(), other.ydoc.get_update()
    one.ydoc.apply_update(theirs)
    other.ydoc.apply_update(mine)


@given(st.text("ab\n é€😀", max_size=60), st.text("ab\n é€😀", max_size=60))
def test_a_text_becomes_any_other(before: str, after: str) -> None:
    doc: Doc[Any] = Doc()
    doc["text"] = text = Text(before)
    edit_text(text, after)
    assert str(text) == after


def test_edits_touch_only_what_differs() -> None:
    before = "import numpy\n\nx = 1\ny = 2\nprint(x)\n"
    after = "import numpy as np\n\nx = 1\ny = 3\nprint(x)\n"
    assert [(before[edit.start : edit.end], edit.text) for edit in edits(before, after)] == [("", " as np"), ("2", "3")]


def test_a_cursor_stays_at_its_word() -> None:
    document = shown(notebook(code("a", "first = 1\nsecond = 2\nthird = 3\n"), code("b", "print()")))
    source = document.ycells[0]["source"]
    cursor = source.sticky_index(len("first = 1\nsecond"), Assoc.BEFORE)
    apply(document, picture(notebook(prose("new"), code("a", "zero = 0\nfirst = 10\nsecond = 2\n3\n"))).notebook)
    assert str(source)[: cursor.get_index()] == "zero = 0\nfirst = 10\nsecond"


def test_a_stream_that_is_written_to_survives_a_merge() -> None:
    document = shown(notebook(code("a", "run()", STREAM), code("b", "x")))
    client = client_of(document)
    text = client.ycells[0]["outputs"][0]["text"]
    text += "two\n"
    apply(document, picture(notebook(code("a", "run()  # now", STREAM), code("b", "y"))).notebook)
    meet(document, client)
    assert snapshot(document) == snapshot(client)
    cell = snapshot(document)["cells"][0]
    assert (cell["source"], cell["outputs"][0]["text"]) == ("run()  # now", "one\ntwo\n")


def test_a_stream_grows_in_place() -> None:
    document = shown(notebook(code("a", "run()", STREAM)))
    outputs = document.ycells[0]["outputs"]
    place = outputs[0]["text"].sticky_index(4, Assoc.BEFORE)
    set_outputs(
        outputs, [{**STREAM, "text": "one\ntwo\n"}, {"output_type": "display_data", "data": {}, "metadata": {}}]
    )
    assert [output["output_type"] for output in outputs.to_py()] == ["stream", "display_data"]
    assert place.get_index() == 4


made = st.sampled_from(
    [
        STREAM,
        {**STREAM, "text": "one\ntwo\n"},
        {**STREAM, "name": "stderr"},
        {"output_type": "display_data", "data": {"text/plain": "1"}, "metadata": {}},
        {"output_type": "display_data", "data": {"text/plain": "2"}, "metadata": {}},
    ]
)


@given(st.lists(made, max_size=5), st.lists(made, max_size=5))
def test_screens_show_outputs_in_their_order_whatever_changes(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    document = shown(notebook(code("a", "x", *before)))
    outputs = document.ycells[0]["outputs"]
    screen = Screen(outputs)
    set_outputs(outputs, after)
    assert outputs.to_py() == screen.shown == after


def test_clear_output_with_wait_and_display_updates_by_a_client_win_over_an_unrelated_merge() -> None:
    display = {"output_type": "display_data", "data": {"text/plain": "50 %"}, "metadata": {}}
    document = shown(notebook(code("a", "run()", STREAM, display), code("b", "x")))
    client = client_of(document)
    outputs = client.ycells[0]["outputs"]
    with client.ydoc.transaction():  # clear_output(wait=True), and then what was waited for
        outputs.clear()
        outputs.append(Map({**display, "data": {"text/plain": "100 %"}}))
    apply(document, picture(notebook(code("a", "run()", STREAM, display), code("b", "y"))).notebook)
    meet(document, client)
    assert [output["data"] for output in snapshot(document)["cells"][0]["outputs"]] == [{"text/plain": "100 %"}]
    assert snapshot(document)["cells"][1]["source"] == "y"


def test_cells_that_stay_keep_their_maps_and_moved_ones_come_along() -> None:
    document = shown(notebook(*[code(name, name) for name in "abcdef"]))
    cursors = {cell["id"]: cell["source"].sticky_index(1, Assoc.BEFORE) for cell in document.ycells}
    apply(document, picture(notebook(*[code(name, f"#{name}") for name in "facdxe"])).notebook)
    assert [cell["source"] for cell in snapshot(document)["cells"]] == ["#f", "#a", "#c", "#d", "#x", "#e"]
    assert [cursors[name].get_index() for name in "acde"] == [2, 2, 2, 2]


def test_a_cell_may_change_its_type() -> None:
    document = shown(notebook(code("a", "text", STREAM)))
    apply(document, picture(notebook(prose("a", "text"))).notebook)
    assert snapshot(document)["cells"] == [prose("a", "text")]


def test_nothing_is_done_where_nothing_differs() -> None:
    found = notebook(code("a", "x", STREAM), prose("b", "y"), kernelspec={"name": "python3", "display_name": "3"})
    document = shown(found)
    updates: list[bytes] = []
    document.ydoc.observe(lambda event: updates.append(event.update))
    apply(document, picture(found).notebook)
    assert updates == []


def test_repeats_are_repaired() -> None:
    document = shown(notebook(code("a", "x"), code("b", "on disk")))
    for cell in (code("a", "x", STREAM), code("b", "typed offline"), {**code("c", "z"), "id": 3}):
        document.ycells.append(document.create_ycell(cell))
    assert repair(document, picture(notebook(code("a", "x"), code("b", "on disk"))).cells) == 3
    cells = snapshot(document)["cells"]
    assert [cell["source"] for cell in cells] == ["x", "typed offline", "z"]
    assert cells[0]["outputs"] == [STREAM]
    mark = cells[1]["metadata"][CONFLICT_KEY]["conflict"]
    assert (mark["ours"], mark["theirs"]) == ("typed offline", "on disk")
    assert repair(document, {}) == 0


ODD = [
    notebook(),
    notebook(code("a", "x", {"output_type": "execute_result", "data": {"a/b": [math.nan, 2**70]}, "metadata": {}})),
    notebook(code("a", "x", metadata={"deep": {"number": 1.0, "big": 2**64, "none": math.inf}, "trusted": True})),
    notebook(code("a", "half \ud83d", STREAM), code("a", "half"), code("a", "half \ud83d")),
    notebook(prose("a", "one\r\ntwo\r\n", attachments={}), prose("b", "\x00", attachments={"i": {"image/png": ""}})),
    notebook(code("a", "x"), minor=2, kernelspec={"name": "R", "odd": 1.0}, big=2**80),
    notebook({"cell_type": "raw", "id": "a", "source": "", "metadata": {}}, code("b", "1", execution_count=3)),
]


@pytest.mark.parametrize("found", ODD, ids=range(len(ODD)))
def test_what_nobody_changes_comes_back_as_it_was(found: dict[str, Any]) -> None:
    base = unique(found)
    before = picture(copy.deepcopy(base), trusted=True)
    document = YNotebook()
    apply(document, before.notebook)
    now = snapshot(document)
    assert same(now, before.notebook)
    assert json.dumps(restored(now, before, base), sort_keys=True) == json.dumps(base, sort_keys=True)


def test_an_edit_changes_only_what_was_edited() -> None:
    odd = {"output_type": "execute_result", "data": {"a/b": math.nan}, "metadata": {}, "execution_count": 2**64}
    base = notebook(
        code("a", "x = '\ud83d'\r\ny = 1\r\nz\r\n", odd, metadata={"k": 1.0, "n": 2**64}), kernelspec={"name": "k"}
    )
    before = picture(base)
    document = YNotebook()
    apply(document, before.notebook)
    edit_text(document.ycells[0]["source"], "x = '\ufffd'\ny = 2\nz\n")
    document.ycells[0]["metadata"]["tags"] = ["new"]
    document.ycells[0]["outputs"].append(Map({"output_type": "display_data", "data": {}, "metadata": {}}))
    cell = restored(snapshot(document), before, base)["cells"][0]
    assert cell["source"] == "x = '\ud83d'\r\ny = 2\r\nz\r\n"
    assert cell["metadata"] == {"k": 1.0, "n": 2**64, "tags": ["new"]}
    assert isinstance(cell["metadata"]["k"], float)
    assert cell["outputs"] == [odd, {"output_type": "display_data", "data": {}, "metadata": {}}]


@given(st.text("ab\r\n", max_size=40), st.text("ab\n", max_size=40))
def test_line_breaks_of_lines_nobody_touched_stay(original: str, typed: str) -> None:
    shown_text = carried_text(original)
    assert restored_text(shown_text, shown_text, original) == original
    assert carried_text(restored_text(typed, shown_text, original)) == typed or "\r" in shown_text
