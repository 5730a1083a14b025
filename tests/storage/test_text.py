"""Notebooks become text and come back whole, however awkward they are."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from tests.storage import awkward
from tests.storage.awkward import code, markdown, notebook, raw, stream

from perijove.core.errors import Invalid
from perijove.storage import from_text, is_text_notebook, to_text
from perijove.storage.check import check, joined, lost, problem_of, same
from perijove.storage.languages import ENDINGS, ending, language
from perijove.storage.manifest import Manifest

CHURN = """\
# perijove-notebook 1 {"kernel": "python3"}

# %% [markdown] id=3fa9c1d2
# # Churn
#
# Who leaves

# %% id=b77e01aa {"tags": ["parameters"]}
depth = 6

# %% id=c0ffee12
# %matplotlib inline
# !ls
model.fit(x)

# %% [raw] id=r
# <b>

# %% id=bash
# %%bash
# ls
"""


@pytest.mark.parametrize("name", sorted(awkward.sources()))
def test_a_source_comes_back_whole_in_every_type_of_cell(name: str) -> None:
    made = joined(awkward.sources()[name]) if "two characters" not in name else awkward.sources()[name]
    assert problem_of(made) == ""
    assert list(lost(made)) == []


@pytest.mark.parametrize("name", sorted(awkward.wholes()))
def test_a_notebook_comes_back_whole(name: str) -> None:
    made = awkward.wholes()[name]
    assert problem_of(made) == "" or name == "ids like made ids"
    before = copy.deepcopy(made)
    assert list(lost(joined(made))) == []
    assert same(
        json.loads(json.dumps(from_text(*to_text(made)[:3]))),
        json.loads(json.dumps(from_text(*to_text(joined(made))[:3]))),
    )
    assert same(made, before), "what was given has changed"


def test_text_reads_like_a_program() -> None:
    cells = [
        markdown("# Churn\n\nWho leaves", id="3fa9c1d2"),
        code("depth = 6", id="b77e01aa", metadata={"tags": ["parameters"], "scrolled": True}),
        code("%matplotlib inline\n!ls\nmodel.fit(x)", [stream("x")], 12, id="c0ffee12"),
        raw("<b>", id="r"),
        code("%%bash\nls", id="bash"),
    ]
    spec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    assert to_text(notebook(*cells, kernelspec=spec, language_info={"name": "python"})).text == CHURN
    compile(CHURN, "churn.py", "exec")


def test_what_a_run_leaves_is_not_in_the_text() -> None:
    before = notebook(code("x", [stream("1")], 1), markdown("y"), kernelspec={"name": "k", "display_name": "K"})
    after = copy.deepcopy(before)
    after["cells"][0] |= {"outputs": awkward.every_output(), "execution_count": 2}
    after["cells"][0]["metadata"] = {"ExecuteTime": {"end_time": "now"}, "collapsed": True, "execution": {}}
    after["metadata"]["kernelspec"]["display_name"] = "Another name"
    after["metadata"]["language_info"] = {"name": "python", "version": "3.14"}
    after["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    assert to_text(before).text == to_text(after).text


def test_text_alone_is_a_valid_notebook() -> None:
    made = from_text(CHURN)
    assert problem_of(made) == ""
    assert [cell["id"] for cell in made["cells"]] == ["3fa9c1d2", "b77e01aa", "c0ffee12", "r", "bash"]
    assert made["cells"][2]["source"] == "%matplotlib inline\n!ls\nmodel.fit(x)"
    assert made["metadata"] == {"kernelspec": {"name": "python3", "display_name": "python3"}}
    assert to_text(made).text == CHURN


def test_a_text_that_an_editor_wrote_is_read() -> None:
    text = "# perijove-notebook 1\nimport os\n# %%\na = 1\n\n\n# %% A title here\nb\n"
    text += "# %% [md]\nno sign\n# sign\n#\n# %%x\n# %%"
    cells = from_text(text)["cells"]
    assert [(cell["cell_type"], cell["source"]) for cell in cells] == [
        ("code", "import os"),
        ("code", "a = 1\n"),
        ("code", "b"),
        ("markdown", "no sign\nsign\n\n%%x"),
        ("code", ""),
    ]
    assert cells[2]["metadata"] == {"title": "A title here"}
    again = to_text(from_text(text)).text
    assert to_text(from_text(again)).text == again


@pytest.mark.parametrize(
    ("line", "metadata"),
    [
        ('id=a {"tags": [}', {"title": '{"tags": [}'}),
        ('id=a {"tags": []} more', {"title": '{"tags": []} more'}),
        ("id=a words", {"title": "words"}),
        ('id=a {"tags": []}  ', {"tags": []}),
        ("id=a attachments={", {"title": "attachments={"}),
    ],
)
def test_a_marker_broken_by_hand_keeps_its_id(line: str, metadata: dict[str, object]) -> None:
    (cell,) = from_text(f"# perijove-notebook 1\n\n# %% {line}\nx\n")["cells"]
    assert (cell["id"], cell["metadata"], cell["source"]) == ("a", metadata, "x")


def test_windows_line_breaks_of_an_editor_are_no_change() -> None:
    windows = from_text("\ufeff" + CHURN.replace("\n", "\r\n"))
    assert to_text(windows).text == CHURN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "import os\n",
        "# perijove-notebook 2\n",
        "# perijove-notebook 1 {\n",
        '# perijove-notebook 1 {"nbformat": "3.0"}\n',
    ],
)
def test_what_is_no_text_notebook_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        from_text(text)
    assert refused.value.message.endswith(".")


def test_what_is_no_notebook_of_format_4_is_refused_in_a_sentence() -> None:
    for value in ({}, {"nbformat": 3, "worksheets": []}, {"nbformat": 4, "cells": [{"metadata": {}}]}, {"nbformat": 4}):
        with pytest.raises(Invalid):
            to_text(value)


def test_a_text_notebook_is_told_by_its_first_line() -> None:
    assert (
        is_text_notebook(CHURN) and is_text_notebook(CHURN.encode()) and is_text_notebook("-- perijove-notebook 1\r\nx")
    )
    assert is_text_notebook(b"\xef\xbb\xbf# perijove-notebook 1")
    for other in (
        "",
        "import os",
        "x = '# perijove-notebook 1'",
        "#!/usr/bin/python\n# perijove-notebook 1",
        b"\xff\xfe\0",
    ):
        assert not is_text_notebook(other)


def test_every_language_writes_comments_in_its_own_sign() -> None:
    texts = {name: to_text(notebook(markdown("x"), language_info={"name": name})).text for name in ("R", "rust", "sql")}
    assert texts["R"] == '# perijove-notebook 1 {"language": "R"}\n\n# %% [markdown] id=cell-0\n# x\n'
    assert texts["rust"] == '// perijove-notebook 1 {"language": "rust"}\n\n// %% [markdown] id=cell-0\n// x\n'
    assert texts["sql"] == '-- perijove-notebook 1 {"language": "sql"}\n\n-- %% [markdown] id=cell-0\n-- x\n'
    assert {ending(name) for name in ("Python", "R", "nothing", "julia")} == {".py", ".R", ".txt", ".jl"} <= ENDINGS
    assert language("Klingon").sign == "#"


def test_the_header_decides_on_kernel_and_language() -> None:
    spec = {"name": "ir", "display_name": "R 4", "language": "R"}
    taken = to_text(notebook(code("x"), kernelspec=spec, language_info={"name": "R", "version": "4"}))
    assert from_text(taken.text, taken.manifest)["metadata"]["kernelspec"] == spec
    other = from_text(taken.text.replace('"ir"', '"ark"'), taken.manifest)["metadata"]
    assert other == {
        "kernelspec": {"name": "ark", "display_name": "ark"},
        "language_info": {"name": "R", "version": "4"},
    }
    alone = from_text(taken.text)["metadata"]
    assert alone == {"kernelspec": {"name": "ir", "display_name": "ir"}, "language_info": {"name": "R"}}


def test_a_manifest_writes_a_line_for_each_cell() -> None:
    manifest = to_text(notebook(code("x", [stream("1")], 1), markdown("y"), code("z", count=2))).manifest
    assert [line[:10] for line in manifest.dumps().decode().splitlines()[3:-1]] == ['"cell-0":{', '"cell-2":{']
    assert Manifest.loads(manifest.dumps()) == manifest
    assert Manifest.loads(Manifest().dumps()) == Manifest()


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"perijove_manifest": 2}', b'{"perijove_manifest": 1, "cells": []}', b"\xff"]
)
def test_a_damaged_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        Manifest.loads(data)


def test_check_counts_found_valid_and_lossless(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "good.ipynb").write_text(json.dumps(awkward.wholes()["all outputs"]))
    (tmp_path / "old.ipynb").write_text('{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}')
    (tmp_path / "no.ipynb").write_text("no")
    (tmp_path / "idless.ipynb").write_text(json.dumps(notebook({**code("x")}) | {"nbformat_minor": 4}))
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.ipynb").write_text("no")
    seen: list[str] = []
    report = check([tmp_path], lambda part, name: seen.append(name))
    assert (report.found, report.valid, report.lossless, report.losses) == (4, 1, 1, [])
    assert sorted(seen) == ["good.ipynb", "idless.ipynb", "no.ipynb", "old.ipynb"]
    assert {Path(loss.path).name: loss.detail for loss in report.invalid}["no.ipynb"] == "It is not JSON."


def test_equality_is_exact() -> None:
    nan = float("nan")
    assert same({"a": [nan, 1, None]}, {"a": [nan, 1, None]})
    for one, other in (
        (1, 1.0),
        (1, True),
        (0.0, -0.0),
        ([], {}),
        ("", None),
        ({"a": 1}, {"b": 1}),
        ([1], [1, 1]),
        (nan, None),
    ):
        assert not same(one, other) and not same([other], [one])


def test_what_is_taken_apart_shares_nothing_with_what_was_given() -> None:
    made = notebook(
        code("x", awkward.every_output(), 1, metadata={"papermill": {"a": [1]}}), language_info={"name": "r"}
    )
    taken = to_text(made)
    before = taken.manifest.dumps()
    change(made)
    change(from_text(taken.text, taken.manifest, taken.blobs))
    assert taken.manifest.dumps() == before


def change(value: object) -> None:
    """Change every dictionary and list at and below a value."""
    for inner in list(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()):
        change(inner)
    if isinstance(value, dict):
        value["changed"] = True
    elif isinstance(value, list):
        value.append("changed")


def test_borders_and_titles_as_other_editors_write_them_are_read() -> None:
    text = (
        '# perijove-notebook 1 {"kernel": "python3"}\n'
        + "\n#%%\na = 1\n#%% [markdown]\n# Why\n# %% Results [md]\n# Good\n# %% Fit\nfit()\n"
    )
    found = from_text(text)["cells"]
    assert [(one["cell_type"], one["source"], one["metadata"]) for one in found] == [
        ("code", "a = 1", {}),
        ("markdown", "Why", {}),
        ("markdown", "Good", {"title": "Results"}),
        ("code", "fit()", {"title": "Fit"}),
    ]
    assert "#%%" not in to_text(from_text(text)).text
