"""Three-way merges: laws that hold for any notebooks, and stories."""

from __future__ import annotations

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perijove.storage import conflicts
from perijove.storage.merge import merge
from perijove.storage.weave import order, same, weave, woven

LINES = ["a = 1", "b = 2", "", "print(a)", "=======", "# note", "%time", "é\u2028x", "def f():", "    return 1"]
GIT = "a\n<<<<<<< HEAD\nb\n=======\nB\n>>>>>>> topic\nc\n<<<<<<< HEAD\nd\n=======\n>>>>>>> topic"
sources = st.lists(st.sampled_from(LINES) | st.text(max_size=6), max_size=5).map("\n".join)
marked = st.lists(st.sampled_from([*LINES, *GIT.split("\n"), "|||||||| b", "```", "========"]), max_size=7).map(
    "\n".join
)
ids = st.sampled_from([f"c{number}" for number in range(12)])


@st.composite
def cells(draw, with_ids=True):
    kind = draw(st.sampled_from(["code", "code", "markdown", "raw"]))
    cell = {"cell_type": kind, "metadata": draw(st.sampled_from([{}, {"tags": ["x"]}, {"a": {"b": 1}}]))}
    cell["source"] = draw(sources)
    if with_ids:
        cell["id"] = draw(ids)
    if kind == "code":
        text = draw(st.sampled_from(["", "1\n", "2\n"]))
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
        cell["execution_count"] = draw(st.sampled_from([None, 1, 2]))
    return cell


@st.composite
def notebooks(draw, unique=False):
    minor = draw(st.sampled_from([4, 5, 5]))
    unique_by = (lambda cell: cell["id"]) if unique and minor == 5 else None
    drawn = draw(st.lists(cells(minor == 5), max_size=6, unique_by=unique_by))
    metadata = draw(st.sampled_from([{}, {"kernelspec": {"name": "python3", "display_name": "P"}}, {"k": [1]}]))
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": metadata, "cells": drawn}


def _edited(draw, notebook):
    """A notebook as a person may have changed it; every line it writes is new."""
    changed = copy.deepcopy(notebook)
    for _ in range(draw(st.integers(0, 4))):
        have = changed["cells"]
        what = draw(st.sampled_from(["edit", "append", "add", "remove", "move", "tag"]))
        at = draw(st.integers(0, max(0, len(have) - 1)))
        line = "new " + draw(st.uuids()).hex
        if what == "add":
            cell = {"cell_type": "markdown", "metadata": {}, "source": line}
            if notebook["nbformat_minor"] >= 5:
                cell["id"] = line[-12:]
            have.insert(at, cell)
        elif not have:
            continue
        elif what == "edit":
            lines = have[at]["source"].split("\n")
            lines[draw(st.integers(0, len(lines) - 1))] = line
            have[at]["source"] = "\n".join(lines)
        elif what == "append":
            have[at]["source"] += "\n" + line
        elif what == "remove":
            have.pop(at)
        elif what == "move":
            have.insert(draw(st.integers(0, len(have) - 1)), have.pop(at))
        else:
            have[at]["metadata"] = {**have[at]["metadata"], "tags": [line]}
    return changed


@st.composite
def histories(draw):
    base = draw(notebooks(unique=True))
    return base, _edited(draw, base), _edited(draw, base)


def _everything(notebook) -> str:
    """All that a person can still find in a merged notebook."""
    found = []
    for cell in notebook["cells"]:
        found.append(cell["source"])
        conflict = conflicts.conflict_of(cell)
        if conflict:
            found += [conflict.ours or "", conflict.theirs or ""]
    return "\n".join(found)


FUZZ = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@FUZZ
@given(notebooks(), notebooks())
def test_one_side_that_changed_nothing_leaves_the_other_as_it_is(base, other):
    kept = copy.deepcopy((base, other))
    assert same(merge(base, other, base).notebook, other)
    assert same(merge(base, base, other).notebook, other)
    assert same(merge(base, other, other).notebook, other)
    assert merge(base, other, base).conflicts == merge(base, base, other).conflicts == []
    assert (base, other) == kept


@FUZZ
@given(histories())
def test_no_line_that_a_side_wrote_is_lost(history):
    base, ours, theirs = history
    merged = merge(base, ours, theirs)
    there = _everything(merged.notebook).split("\n")
    for side in (ours, theirs):
        for cell in side["cells"]:
            for line in cell["source"].split("\n"):
                assert not line.startswith("new ") or line in there
    written = _everything(conflicts.lower(merged.notebook)).split("\n")
    assert {line for line in there if line.startswith("new ")} <= set(written)


@FUZZ
@given(histories())
def test_a_cell_that_nobody_touched_is_there_once_and_whole(history):
    base, ours, theirs = history
    if base["nbformat_minor"] < 5:
        return
    merged = {cell["id"]: cell for cell in merge(base, ours, theirs).notebook["cells"]}
    for cell in base["cells"]:
        if cell in ours["cells"] and cell in theirs["cells"]:
            assert merged[cell["id"]] == cell


@FUZZ
@given(notebooks(), notebooks())
def test_a_merge_without_a_base_keeps_all_of_both(ours, theirs):
    there = _everything(merge(None, ours, theirs).notebook)
    for cell in [*ours["cells"], *theirs["cells"]]:
        assert cell["source"] in there


@FUZZ
@given(st.lists(sources, min_size=3, max_size=3) | st.lists(marked, min_size=3, max_size=3))
def test_markers_written_for_a_conflict_read_as_they_were_written(texts):
    base, ours, theirs = texts
    if woven(weave(*texts)) is not None:
        return
    for cell_type in ("code", "markdown"):
        names = {"ours": ours, "theirs": theirs, "base": base, "oursName": "HEAD", "theirsName": "x"}
        told = {"metadata": {"perijove": {"conflict": names}}, "cell_type": cell_type}
        written = conflicts.lower(_notebook({**_code("a", ours), **told}))
        again = copy.deepcopy(written)
        assert conflicts.lift(again) == 1
        assert conflicts.lower(again) == written


@FUZZ
@given(st.lists(st.integers(0, 30), unique=True), st.data())
def test_an_order_merges_with_itself_and_keeps_all(base, data):
    ours, theirs = (data.draw(st.lists(st.integers(0, 30), unique=True)) for _ in range(2))
    if set(base) <= set(ours):
        assert order(base, ours, base) == ours
    assert sorted(order(base, ours, theirs)) == sorted({*ours, *theirs})
    if set(base) <= set(theirs):
        assert order(base, base, theirs) == theirs


def _code(id_, source, text="", count=None):
    outputs = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
    return {
        "cell_type": "code",
        "id": id_,
        "metadata": {},
        "source": source,
        "outputs": outputs,
        "execution_count": count,
    }


def _notebook(*cells_, minor=5, **metadata):
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": metadata, "cells": list(cells_)}


def _sources(notebook):
    return [cell["source"] for cell in notebook["cells"]]


def test_edits_on_neighbouring_lines_both_stand():
    merged = merge(_notebook(_code("a", "x\ny")), _notebook(_code("a", "X\ny")), _notebook(_code("a", "x\nY")))
    assert _sources(merged.notebook) == ["X\nY"]
    assert merged.conflicts == []


def test_lines_put_in_at_the_border_of_an_edit_are_a_conflict():
    base, edited, longer = (_notebook(_code("a", text)) for text in ("x\ny", "x\nY", "x\ny\nz"))
    assert merge(base, edited, longer).conflicts == ["a"]
    assert merge(base, longer, edited).conflicts == ["a"]


def test_lines_put_in_are_where_git_sees_them():
    base, ours, theirs = (_notebook(_code("a", text)) for text in ("a\n\nb", "a\nours\n\nb", "a\n\ntheirs\n\nb"))
    assert _sources(merge(base, ours, theirs).notebook) == ["a\nours\n\ntheirs\n\nb"]


def test_a_true_conflict_keeps_both_versions_and_the_one_before():
    base, ours, theirs = (_notebook(_code("a", f"import os\ndepth = {n}", f"{n}", n)) for n in (4, 6, 8))
    merged = merge(base, ours, theirs, ours_name="HEAD", theirs_name="topic")
    (cell,) = merged.notebook["cells"]
    assert merged.conflicts == ["a"]
    assert cell["source"] == "import os\ndepth = 6"
    assert cell["metadata"]["perijove"]["conflict"] == {
        "ours": "import os\ndepth = 6",
        "theirs": "import os\ndepth = 8",
        "base": "import os\ndepth = 4",
        "oursName": "HEAD",
        "theirsName": "topic",
        "baseName": "before",
    }
    lowered = conflicts.lower(merged.notebook)["cells"][0]
    assert lowered["metadata"] == {}
    assert lowered["source"] == (
        "import os\n<<<<<<< HEAD\ndepth = 6\n||||||| before\ndepth = 4\n=======\ndepth = 8\n>>>>>>> topic"
    )


@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_a_cell_removed_here_and_edited_there_is_a_conflict(side):
    base, gone, edited = _notebook(_code("a", "x"), _code("b", "y")), _notebook(_code("a", "x")), None
    edited = _notebook(_code("a", "x"), _code("b", "y2"))
    pair = (gone, edited) if side == "ours" else (edited, gone)
    merged = merge(base, *pair)
    assert merged.conflicts == ["b"]
    assert _sources(merged.notebook) == ["x", "y2"]
    conflict = conflicts.conflict_of(merged.notebook["cells"][1])
    assert (conflict.ours, conflict.theirs) == ((None, "y2") if side == "ours" else ("y2", None))
    again = conflicts.lower(merged.notebook)
    assert conflicts.lift(again) == 1
    assert conflicts.conflict_of(again["cells"][1]) == conflict


def test_outputs_follow_the_side_whose_source_won():
    base = _notebook(*(_code(name, name, "old", 1) for name in "abcd"))
    ours = _notebook(_code("a", "a1", "ours", 2), _code("b", "b", "old", 1), _code("c", "c", "ours", 3))
    ours["cells"].append(_code("d", "d\nx", "ours", 4))
    theirs = _notebook(_code("a", "a", "theirs", 7), _code("b", "b", "theirs", 8), _code("c", "c", "theirs", 9))
    theirs["cells"].append(_code("d", "y\nd", "theirs", 10))
    merged = merge(base, ours, theirs)
    told = [
        (c["source"], c["outputs"][0]["text"] if c["outputs"] else None, c["execution_count"])
        for c in merged[0]["cells"]
    ]
    assert told == [("a1", "ours", 2), ("b", "theirs", 8), ("c", "ours", 3), ("y\nd\nx", None, None)]


def test_both_add_a_cell_at_the_same_place_and_keep_it():
    base = _notebook(_code("a", "x"), _code("z", "end"))
    ours = _notebook(_code("a", "x"), _code("b", "mine"), _code("z", "end"))
    theirs = _notebook(_code("a", "x"), _code("c", "yours"), _code("z", "end"))
    assert _sources(merge(base, ours, theirs).notebook) == ["x", "mine", "yours", "end"]


def test_a_move_and_an_edit_of_one_cell_both_stand():
    base = _notebook(*(_code(name, name) for name in "abcd"))
    ours = _notebook(*(_code(name, name) for name in "dabc"))
    theirs = _notebook(*(_code(name, name + ("!" if name == "d" else "")) for name in "abcd"))
    assert _sources(merge(base, ours, theirs).notebook) == ["d!", "a", "b", "c"]


def test_notebooks_without_ids_are_matched_by_content():
    def bare(*texts):
        cells_ = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in texts]
        return _notebook(*cells_, minor=4)

    base = bare("# Title", "some words of the first part", "end")
    ours = bare("# Title", "intro", "some words of the first part", "end")
    theirs = bare("# Title", "some good words of the first part", "end")
    merged = merge(base, ours, theirs)
    assert _sources(merged.notebook) == ["# Title", "intro", "some good words of the first part", "end"]
    assert not any("id" in cell for cell in merged.notebook["cells"])


def test_metadata_merges_by_key_and_tags_as_a_set():
    cells_ = [_code("a", "x") for _ in range(3)]
    for cell, tags in zip(cells_, (["p"], ["p", "ours"], ["theirs"]), strict=True):
        cell["metadata"] = {"tags": tags}
    base, ours, theirs = (_notebook(cell) for cell in cells_)
    ours["metadata"], theirs["metadata"] = {"one": 1}, {"two": 2}
    merged = merge(base, ours, theirs).notebook
    assert merged["cells"][0]["metadata"] == {"tags": ["ours", "theirs"]}
    assert merged["metadata"] == {"one": 1, "two": 2}


def test_two_new_cells_of_one_id_are_one_conflict():
    base = _notebook(_code("a", "x"))
    ours, theirs = (_notebook(_code("a", "x"), _code("n", text)) for text in ("mine", "other"))
    merged = merge(base, ours, theirs)
    assert merged.conflicts == ["n"]
    conflict = conflicts.conflict_of(merged.notebook["cells"][1])
    assert (conflict.ours, conflict.theirs, conflict.base) == ("mine", "other", None)


def test_a_cell_that_gets_its_id_twice_gets_another():
    base = _notebook(_code("a", "x"))
    ours = _notebook(_code("a", "x"), _code("n", "mine"), _code("n", "once more"))
    theirs = _notebook(_code("a", "x"), _code("n", "mine"))
    assert [cell["id"] for cell in merge(base, ours, theirs).notebook["cells"]] == ["a", "n", "n"]


def test_what_git_left_in_a_cell_is_lifted_and_lowered_exactly():
    notebook = _notebook(_code("a", GIT), _code("b", "x"))
    before = copy.deepcopy(notebook)
    assert conflicts.lift(notebook) == 1
    conflict = conflicts.conflict_of(notebook["cells"][0])
    assert (conflict.ours, conflict.theirs, conflict.base) == ("a\nb\nc\nd", "a\nB\nc", None)
    assert (conflict.ours_name, conflict.theirs_name) == ("HEAD", "topic")
    assert conflicts.lower(notebook) == before


def test_a_page_that_shows_markers_and_half_a_mark_are_no_conflict():
    quoted = {"cell_type": "markdown", "metadata": {}, "id": "m", "source": f"So it looks:\n```\n{GIT}\n```"}
    half = _code("a", "<<<<<<< HEAD\nb\n>>>>>>> topic")
    assert conflicts.lift(_notebook(quoted, half, _code("b", "======="))) == 0


@pytest.mark.parametrize(
    ("cell_type", "base", "ours", "theirs", "size"),
    [
        ("markdown", "# A\n```python\nx = 1\n```\n", "# A\n```python\nx = 2\n```\n", "# A\n```python\nx = 3\n```\n", 7),
        ("markdown", "Title\n=======\na", "Title\n=======\nb", "Title\n=======\nc", 7),
        ("markdown", "Title\n=======\na", "Other\n======= \nb", "Third\n========\nc", 9),
        ("code", f"a\n{GIT}\nb", f"a\n{GIT}\nc", f"a\n{GIT}\nd", 8),
        ("code", "<<<<<<< a\nb", "<<<<<<< a\nc", "<<<<<<< a\nd", 8),
        ("code", "a\n>>>>>>> b", "c\n>>>>>>> b", "d\n>>>>>>> b", 8),
        ("raw", "||||||| 1\n=======", "", "<<<<<<<<<<< 1\n=======", 12),
    ],
)
def test_a_conflict_about_lines_like_markers_is_read_as_it_was(cell_type, base, ours, theirs, size):
    def one(source):
        return _notebook({"cell_type": cell_type, "metadata": {}, "id": "m", "source": source})

    merged = merge(one(base), one(ours), one(theirs), ours_name="HEAD", theirs_name="topic")
    assert merged.conflicts == ["m"]
    written = conflicts.lower(merged.notebook)
    assert f"{'<' * size} HEAD\n" in f"\n{written['cells'][0]['source']}\n"
    again = copy.deepcopy(written)
    assert conflicts.lift(again) == 1
    conflict = conflicts.conflict_of(again["cells"][0])
    assert (conflict.ours, conflict.base, conflict.theirs) == (ours, base, theirs)
    assert conflicts.lower(again) == written


def test_what_git_leaves_of_a_merge_of_bases_is_one_conflict():
    base = "<<<<<<<<< Temporary merge branch 1\na\n=========\nb\n>>>>>>>>> Temporary merge branch 2"
    notebook = _notebook(
        _code("a", f"x\n<<<<<<< HEAD\nc\n||||||| merged common ancestors\n{base}\n=======\nd\n>>>>>>> t")
    )
    assert conflicts.lift(notebook) == 1
    conflict = conflicts.conflict_of(notebook["cells"][0])
    assert (conflict.ours, conflict.base, conflict.theirs) == ("x\nc", f"x\n{base}", "x\nd")


def test_markers_around_cells_give_three_texts():
    text = "# %% id=a\nx\n\n<<<<<<< HEAD\n# %% id=b\ny\n=======\n# %% id=c\nz\n>>>>>>> topic\n"
    assert conflicts.sides(text) == ("# %% id=a\nx\n\n# %% id=b\ny\n", None, "# %% id=a\nx\n\n# %% id=c\nz\n")
    assert conflicts.names(text) == ("HEAD", "", "topic")
    assert conflicts.sides(GIT) is None
