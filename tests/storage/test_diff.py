"""Differences of notebooks: every cell is told once, and what is told is true."""

from __future__ import annotations

import base64
import copy
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.storage.repository import cell, notebook, said
from tests.storage.test_merge import histories, notebooks

from perijove.storage.diff import MOST_TEXT, diff
from perijove.storage.lines import changes, compare, matching, split
from perijove.storage.model import BLOB_MIME
from perijove.storage.pairs import Body, pair

FUZZ = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
texts = st.lists(st.sampled_from(["a", "b", "", "x = 1", "x = 2", "é😀"]) | st.text(max_size=4), max_size=8).map(
    "\n".join
)


@FUZZ
@given(notebooks(), notebooks())
def test_every_cell_of_both_sides_is_told_once(before, after):
    found = diff(before, after)
    assert sorted(row.before for row in found.cells if row.before is not None) == list(range(len(before["cells"])))
    assert [row.after for row in found.cells if row.after is not None] == list(range(len(after["cells"])))
    assert found.changed == sum(row.kind != "same" for row in found.cells)
    for row in found.cells:
        old = before["cells"][row.before]["source"] if row.before is not None else ""
        new = after["cells"][row.after]["source"] if row.after is not None else ""
        assert "\n".join(line.text_before for line in row.lines if line.before) == old
        assert "\n".join(line.text_after for line in row.lines if line.after) == new
        assert row.kind != "same" or old == new


@FUZZ
@given(notebooks(unique=True))
def test_a_notebook_does_not_differ_from_itself(one):
    assert diff(one, copy.deepcopy(one)).changed == 0


@FUZZ
@given(histories())
def test_ids_decide_which_cell_is_which(history):
    base, _, after = history
    if base["nbformat_minor"] < 5:
        return
    for row in diff(base, after).cells:
        if row.before is not None and row.after is not None:
            assert base["cells"][row.before]["id"] == after["cells"][row.after]["id"]


@FUZZ
@given(texts, texts)
def test_lines_and_the_characters_marked_in_them_are_true(before, after):
    rows = compare(before, after)
    assert [row.text_before for row in rows if row.before] == split(before)
    assert [row.text_after for row in rows if row.after] == split(after)
    assert [row.before for row in rows if row.before] == list(range(1, len(split(before)) + 1))
    for row in rows:
        if row.kind == "changed":
            assert _left(row.text_before, row.spans_before) == _left(row.text_after, row.spans_after)
            assert row.text_before != row.text_after
        elif row.kind == "same":
            assert row.text_before == row.text_after


def _left(text, spans):
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


@FUZZ
@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9)))
def test_matching_stretches_are_equal_and_changes_are_all_the_rest(before, after):
    covered_before, covered_after = 0, 0
    for b, a, size in matching(before, after):
        assert before[b : b + size] == after[a : a + size]
        assert b >= covered_before
        assert a >= covered_after
        covered_before, covered_after = b + size, a + size
    patched, at = [], 0
    for low_b, high_b, low_a, high_a in changes(before, after):
        patched += before[at:low_b] + after[low_a:high_a]
        at = high_b
    assert patched + before[at:] == after


def test_a_changed_word_is_marked():
    (row,) = compare("# Churn, October refresh", "# Churn, November refresh")
    assert (row.kind, row.spans_before, row.spans_after) == ("changed", [(9, 16)], [(9, 17)])


def test_cells_that_are_changed_new_gone_and_moved():
    before = notebook(*(cell(name, f"{name} = 1") for name in "abcxd"))
    after = notebook(cell("a", "a = 1"), cell("d", "d = 1"), cell("b", "b = 2"), cell("x", "x = 1"), cell("n", "new"))
    found = diff(before, after)
    assert [(row.kind, row.id, row.before, row.after) for row in found.cells] == [
        ("same", "a", 0, 0),
        ("moved", "d", 4, 1),
        ("changed", "b", 1, 2),
        ("removed", "c", 2, None),
        ("same", "x", 3, 3),
        ("added", "n", None, 4),
    ]
    assert [row.summary for row in found.cells if row.id == "b"] == ["line 1 changed"]


def test_a_run_alone_is_no_change_and_its_outputs_are():
    before = notebook(cell("a", "a", [said("AUC 0.8602\n")], 1), cell("b", "b", [], 2))
    after = notebook(cell("a", "a", [said("AUC 0.8714\n")], 7), cell("b", "b", [], 8))
    found = diff(before, after)
    assert [row.kind for row in found.cells] == ["changed", "same"]
    assert (found.cells[0].count_before, found.cells[0].count_after) == (1, 7)
    (output,) = found.cells[0].outputs
    assert [line.kind for line in output.lines] == ["changed", "same"]
    assert diff(before, after, outputs=False).changed == 0


def test_pictures_are_shown_by_blob_or_inline_and_long_text_is_cut():
    def picture(data):
        return {"output_type": "display_data", "metadata": {}, "data": {"image/png": data, "text/plain": "<Figure>"}}

    encoded = base64.b64encode(b"not really a picture").decode()
    stub = picture("")
    stub["data"] = {
        BLOB_MIME: {"data/image/png": {"sha256": "f" * 64, "kind": "b64", "bytes": 5000, "mime": "image/png"}},
        "text/plain": "<Figure>",
    }
    long = said("x" * (MOST_TEXT + 10))
    before, after = notebook(cell("a", "a", [picture(encoded)])), notebook(cell("a", "a", [stub, long]))
    changed, added = diff(before, after).cells[0].outputs
    assert (changed.before.data, changed.before.size) == (encoded, 20)
    assert (changed.after.blob, changed.after.size, changed.after.mime) == ("f" * 64, 5000, "image/png")
    assert (added.kind, added.after.size) == ("added", MOST_TEXT + 10)
    assert added.after.text == "x" * MOST_TEXT + "\n… 10 characters more"


def test_metadata_that_only_tells_of_a_tool_does_not_count():
    before, after = notebook(cell("a", "a")), notebook(cell("a", "a"))
    after["cells"][0]["metadata"] = {"tags": ["x"], "ExecuteTime": {"start": 1}}
    after["metadata"]["widgets"] = {"state": {}}
    after["metadata"]["authors"] = ["ada"]
    found = diff(before, after)
    assert found.cells[0].metadata == ["tags"]
    assert found.metadata == ["authors"]


def test_ids_that_are_positions_are_not_believed():
    old = [Body(f"cell-{at}", "code", f"a long source number {at}") for at in range(6)]
    new = [Body("cell-0", "code", "inserted before all others")]
    new += [Body(f"cell-{at + 1}", "code", body.source) for at, body in enumerate(old)]
    assert pair(old, new) == [(at, at + 1) for at in range(6)]


def test_large_and_hostile_notebooks_take_little_time():
    plain = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    before = notebook(*({**plain, "source": f"value = {at}\nprint(value)"} for at in range(2000)), minor=4)
    after = notebook(*({**plain, "source": f"other = {at}\nprint(other)"} for at in range(2000)), minor=4)
    lines = "\n".join("ab"[at % 2] for at in range(20_000))
    long = (notebook(cell("a", lines)), notebook(cell("a", lines[1:] + "\nc" * 5)))
    started = time.process_time()
    diff(before, after)
    diff(*long)
    assert time.process_time() - started < 10


def test_of_a_kernel_only_its_name_counts():
    before, after = notebook(cell("a", "x")), notebook(cell("a", "x"))
    after["metadata"] = {
        "kernelspec": {"name": "python3", "display_name": "Python 3.12 (env)", "language": "python"},
        "language_info": {"name": "python", "version": "3.12.1"},
    }
    assert diff(before, after).metadata == []
    assert diff({**before, "metadata": {}}, after).metadata == ["kernelspec"]
    after["metadata"]["kernelspec"]["name"] = "conda-env"
    after["metadata"]["authors"] = ["Ada"]
    assert diff(before, after).metadata == ["authors", "kernelspec"]
