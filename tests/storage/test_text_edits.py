"""An edit shows in the text as the lines that were edited, and outputs stay with their cells."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.storage import awkward, edits
from tests.storage.awkward import code, markdown, notebook, stream

from perijove.storage import from_text, to_text
from perijove.storage.check import joined, read
from perijove.storage.identity import fresh_id, source_hash, synthetic_ids
from perijove.storage.text import fresh, stale

ROAD = Path(__file__).parents[2] / "examples" / "road.ipynb"
NOTEBOOKS = {name: joined(made) for name, made in {**awkward.sources(), **awkward.wholes()}.items()}
NOTEBOOKS["road"] = read(ROAD)


@pytest.mark.parametrize("name", sorted(NOTEBOOKS))
def test_an_edit_and_a_run_change_the_edited_line_only(name: str) -> None:
    assert list(edits.wrong_lines(NOTEBOOKS[name])) == []


def test_git_shows_an_edit_and_a_run_as_one_line(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    taken = {f"{at}.py": to_text(made) for at, made in enumerate(NOTEBOOKS.values()) if made["cells"]}
    full = {name: (one, edits.places(one, edits.opened(one))) for name, one in taken.items()}
    full = {name: (one, places) for name, (one, places) in full.items() if places}
    for name, (one, _) in full.items():
        (tmp_path / name).write_text(one.text, encoding="utf-8", newline="")
    git("add", "-A")
    for name, (one, places) in full.items():
        after = to_text(edits.edited(one, places[-1], 0))
        (tmp_path / name).write_text(after.text, encoding="utf-8", newline="")
    shown = [line.split("\t") for line in git("diff", "--numstat").splitlines()]
    assert sorted(shown) == sorted(["1", "1", name] for name in full)
    assert len(full) > 250


@pytest.mark.parametrize("edit", edits.EDITS, ids=lambda edit: edit.__name__)
def test_outputs_and_ids_stay_right_under_outside_edits(edit: Callable[[list[str], int], None]) -> None:
    assert {name: wrong for name, made in NOTEBOOKS.items() if (wrong := edits.misplaced(made, edit))} == {}


def three() -> dict[str, Any]:
    return notebook(*[code(source, [stream(source)], 1, id=source) for source in "abc"])


def test_a_cell_whose_id_was_copied_gets_another_and_no_outputs() -> None:
    taken = to_text(three())
    text = taken.text.replace("# %% id=b\nb\n", "# %% id=b\nb\n\n# %% id=b\nb2\n")
    cells = from_text(text, taken.manifest, taken.blobs)["cells"]
    assert [(cell["id"], cell["source"], len(cell["outputs"])) for cell in cells] == [
        ("a", "a", 1),
        ("b", "b", 1),
        (fresh_id("code", "b2", ()), "b2", 0),
        ("c", "c", 1),
    ]
    assert fresh(text, taken.manifest) == [2]


def test_the_copy_keeps_the_outputs_if_it_has_the_source_they_were_made_from() -> None:
    taken = to_text(three())
    text = taken.text.replace("# %% id=b\nb\n", "# %% id=b\nb2\n\n# %% id=b\nb\n")
    cells = from_text(text, taken.manifest, taken.blobs)["cells"]
    assert [(cell["source"], len(cell["outputs"])) for cell in cells] == [("a", 1), ("b2", 0), ("b", 1), ("c", 1)]
    assert fresh(text, taken.manifest) == [1]


def test_of_cells_with_one_id_each_keeps_its_outputs_when_another_goes() -> None:
    taken = to_text(notebook(*[code(source, [stream(source)], 1, id="x") for source in "abc"]))
    without = taken.text.replace("# %% id=x\na\n\n", "")
    cells = from_text(without, taken.manifest, taken.blobs)["cells"]
    assert [cell["outputs"][0]["text"] for cell in cells] == ["b", "c"]
    alone = from_text("# perijove-notebook 1\n\n# %% id=x\nc\n", taken.manifest, taken.blobs)["cells"]
    assert alone[0]["outputs"][0]["text"] == "c"


def test_a_code_cell_that_became_markdown_has_no_outputs() -> None:
    taken = to_text(three())
    (_, cell, _) = from_text(taken.text.replace("# %% id=b\nb", "# %% [markdown] id=b\n# b"), taken.manifest)["cells"]
    assert cell == {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "b"}


def test_outputs_of_another_source_are_stale() -> None:
    taken = to_text(three())
    assert stale(taken.text, taken.manifest) == []
    assert stale(taken.text.replace("\nb\n", "\nb2\n"), taken.manifest.dumps()) == ["b"]
    assert stale(taken.text + "\n# %%\nnever run\n", taken.manifest) == []


def test_made_ids_come_from_content_and_not_from_the_place() -> None:
    cells = [code("a"), markdown("a"), code("a"), code("b"), code("a", id="kept")]
    ids = synthetic_ids(cells)
    assert len(set(ids)) == 5 and ids[4] == "kept"
    assert synthetic_ids([code("new"), *cells])[1:] == ids
    assert set(synthetic_ids(cells[::-1])) == set(ids)
    assert source_hash("a") == "ca978112ca1bbdca"


def test_ids_stay_when_a_notebook_of_4_4_is_edited_where_it_is_open() -> None:
    taken = to_text(notebook(code("a"), code("b"), minor=4))
    opened = from_text(taken.text, taken.manifest, ids=True)
    opened["cells"][0]["source"] = "changed"
    assert to_text(opened).text == taken.text.replace("\na\n", "\nchanged\n")
    assert all("id" not in cell for cell in from_text(taken.text)["cells"])
