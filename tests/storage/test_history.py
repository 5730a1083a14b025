"""The past of a notebook: its versions through renames and conversions, and how it is brought back from them."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from tests.storage.repository import TEXT, branches, cell, commit, git, notebook, repository, said
from tests.storage.test_git import ME, ids, run

from perijove.core.errors import NotFound
from perijove.core.events import Events
from perijove.core.project import Project
from perijove.storage.documents import Documents
from perijove.storage.model import DiffRequest, Restore, Side
from perijove.storage.service import Storage


@pytest.fixture
def storage(project: Project, events: Events) -> Any:
    documents = Documents(project)
    yield Storage(project, documents, events, tasks=None)  # type: ignore[arg-type]
    documents.close()


def test_versions_are_told_newest_first_and_through_renames(project: Project, storage: Storage) -> None:
    file = repository(project.root)
    file.write_text(TEXT.replace("depth = 4", "depth = 5"))
    second = commit(project.root, "deeper: “é”")
    git(project.root, "mv", "churn.py", "loss.py")
    commit(project.root, "renamed")
    found = storage.versions("loss.py")
    assert [one.message for one in found] == ["renamed", "deeper: “é”", "first"]
    assert (found[1].rev, found[1].author) == (second, "Ada")
    assert second.startswith(found[1].short)
    assert found[0].when.endswith("Z")


def test_a_notebook_that_was_an_ipynb_is_found_in_its_past(project: Project, storage: Storage) -> None:
    old = notebook(cell("depth", "depth = 3", [said("3\n")], 1))
    file = repository(project.root, "churn.ipynb", json.dumps(old))
    git(project.root, "rm", "-q", "churn.ipynb")
    (project.root / "churn.py").write_text(TEXT)
    commit(project.root, "now text")
    found, version = storage.history.at(file.with_suffix(".py"), "HEAD~1")
    assert ids(found) == {"depth": "depth = 3"}
    assert version.message == "first"


def converted(project: Project, storage: Storage, to: str = "text") -> None:
    from perijove.storage.convert import convert

    ending = ".ipynb" if to == "text" else ".py"
    convert(project, f"churn{ending}", to, documents=storage.documents)  # type: ignore[arg-type]
    storage.documents.views.flush()


def past(storage: Storage, name: str) -> list[str]:
    """What the versions of a notebook say; each of them can be opened."""
    found = storage.versions(name)
    for version in found:
        assert storage.history.at(storage.project.root / name, version.rev)[1] == version
    return [version.message for version in found]


def test_the_past_reaches_back_over_conversions_and_renames(project: Project, storage: Storage) -> None:
    def made(depth: int) -> str:
        return json.dumps(notebook(cell("depth", f"depth = {depth}", [said(f"{depth}\n")], 1)), indent=1)

    repository(project.root, "loss.ipynb", made(1))
    (project.root / "loss.ipynb").write_text(made(2))
    commit(project.root, "second")
    git(project.root, "mv", "loss.ipynb", "churn.ipynb")
    commit(project.root, "renamed")
    converted(project, storage)
    assert past(storage, "churn.py") == ["renamed", "second", "first"]
    commit(project.root, "now text")
    (project.root / "churn.py").write_text((project.root / "churn.py").read_text().replace("= 2", "= 3"))
    commit(project.root, "third")
    assert past(storage, "churn.py") == ["third", "now text", "renamed", "second", "first"]
    git(project.root, "mv", "churn.py", "deep.py")
    commit(project.root, "renamed again")
    assert past(storage, "deep.py") == ["renamed again", "third", "now text", "renamed", "second", "first"]
    found = storage.diff(DiffRequest("deep.py", Side("commit", "HEAD~5"), Side("disk")))
    assert [(line.kind, line.text_before, line.text_after) for line in found.cells[0].lines] == [
        ("changed", "depth = 1", "depth = 3")
    ]
    assert found.metadata == []
    storage.restore(Restore("deep.py", "HEAD~5"), ME)
    assert ids(storage.documents.load(project.root / "deep.py").notebook) == {"depth": "depth = 1"}
    assert storage.documents.load(project.root / "deep.py").notebook["cells"][0]["outputs"] == [said("1\n")]


def test_the_past_goes_forth_and_back_between_formats(project: Project, storage: Storage) -> None:
    file = repository(project.root, "churn.ipynb", json.dumps(notebook(cell("depth", "depth = 1"))))
    for at, to in enumerate(("text", "notebook", "text", "notebook")):
        converted(project, storage, to)
        commit(project.root, f"{at} {to}")
    assert past(storage, "churn.ipynb") == ["3 notebook", "2 text", "1 notebook", "0 text", "first"]
    file.unlink()
    commit(project.root, "gone")
    assert past(storage, "churn.ipynb")[0] == "3 notebook"


def test_a_program_beside_a_notebook_is_not_its_past(project: Project, storage: Storage) -> None:
    repository(project.root, "churn.ipynb", json.dumps(notebook(cell("depth", "depth = 1"))))
    (project.root / "churn.py").write_text("print(1)\n")
    commit(project.root, "a program")
    assert past(storage, "churn.ipynb") == ["first"]
    git(project.root, "rm", "-q", "churn.py")
    commit(project.root, "no program")
    converted(project, storage)
    commit(project.root, "text")
    found, _ = storage.history.at(project.root / "churn.py", "HEAD~2")
    assert ids(found) == {"depth": "depth = 1"}


def test_a_merge_that_people_settled_is_a_version(project: Project, storage: Storage) -> None:
    file = repository(project.root)
    branches(file, TEXT.replace("= 4", "= 5"), TEXT.replace("= 4", "= 6"))
    git(project.root, "merge", "topic", ok=False)
    file.write_text(TEXT.replace("= 4", "= 7"))
    commit(project.root, "settled")
    assert past(storage, "churn.py")[0] == "settled"


@pytest.mark.parametrize("indent", [None, 4])
def test_a_restored_file_is_that_of_the_commit_byte_by_byte(
    project: Project, storage: Storage, indent: int | None
) -> None:
    old = json.dumps(notebook(cell("depth", "depth = 1", [said("1\n")], 1), minor=4), indent=indent)
    file = repository(project.root, "churn.ipynb", old)
    found = storage.documents.load(file).notebook
    found["cells"][0]["source"] = "depth = 2"
    storage.documents.save(file, found)
    storage.restore(Restore("churn.ipynb", "HEAD"), ME)
    assert file.read_text() == old
    hand = TEXT.replace(" id=depth", "").replace("# # Churn\n", "# # Churn\n\n\n")
    text = project.root / "hand.py"
    text.write_text(hand)
    commit(project.root, "by hand")
    text.write_text(TEXT)
    assert storage.restore(Restore("hand.py", "HEAD"), ME).git == "unchanged"
    assert text.read_text() == hand


def test_what_was_deleted_is_restored_with_its_folder_and_its_outputs(project: Project, storage: Storage) -> None:
    (project.root / "deep/down").mkdir(parents=True)
    plain = project.root / "deep/down/plain.ipynb"
    plain.write_text(json.dumps(notebook(cell("a", "x"))))
    file = repository(project.root)
    run(storage, file, {"depth": "4\n"})
    file.unlink()
    storage.restore(Restore("churn.py", "HEAD"), ME)
    assert {one["id"]: one.get("outputs") for one in storage.documents.load(file).notebook["cells"]} == {
        "title": None,
        "depth": [said("4\n")],
        "model": [],
    }
    before = plain.read_bytes()
    shutil.rmtree(project.root / "deep")
    storage.restore(Restore("deep/down/plain.ipynb", "HEAD"), ME)
    assert plain.read_bytes() == before


def test_a_cell_is_restored_from_before_it_had_an_id(project: Project, storage: Storage) -> None:
    def made(*sources: str) -> str:
        cells = [cell("", source) for source in sources]
        for one in cells:
            del one["id"]
        return json.dumps(notebook(*cells, minor=4))

    long = "model = train(depth, rate, rounds)\nprint(model)\n"
    file = repository(project.root, "churn.ipynb", made("import numpy", long + "a = 1"))
    file.write_text(made("import numpy", long + "a = 2"))
    commit(project.root, "second")
    converted(project, storage)
    text = file.with_suffix(".py")
    name = storage.documents.load(text).notebook["cells"][1]["id"]
    storage.restore(Restore("churn.py", "HEAD~1", name), ME)
    assert [one["source"] for one in storage.documents.load(text).notebook["cells"]] == ["import numpy", long + "a = 1"]
    with pytest.raises(NotFound, match="no cell"):
        storage.restore(Restore("churn.py", "HEAD~1", "nosuch"), ME)
