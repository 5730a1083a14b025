"""History, restore and waiting merges, over real git repositories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.storage.repository import TEXT, branches, cell, commit, git, notebook, repository, said

from perijove.core.access import Person
from perijove.core.errors import Conflict, Invalid, NotFound
from perijove.core.events import Events, Happened
from perijove.core.project import Project
from perijove.core.tasks import Tasks
from perijove.storage.documents import Documents
from perijove.storage.git import Repository
from perijove.storage.model import DiffRequest, Pick, Resolve, Restore, Side
from perijove.storage.service import Storage

ME = Person("ada", owner=True)


@pytest.fixture
def heard() -> list[Happened]:
    return []


@pytest.fixture
def storage(project: Project, events: Events, heard: list[Happened]) -> Any:
    events.listen(heard.append)
    documents = Documents(project)
    yield Storage(project, documents, events, tasks=None)  # type: ignore[arg-type]
    documents.close()


def ids(found: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["source"] for one in found["cells"]}


def run(storage: Storage, file: Path, texts: dict[str, str]) -> None:
    """Let cells have outputs, as running them does."""
    found = storage.documents.load(file).notebook
    for one in found["cells"]:
        if one["id"] in texts:
            one["outputs"], one["execution_count"] = [said(texts[one["id"]])], 1
    storage.documents.save(file, found)


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


def test_a_commit_s_outputs_are_those_that_still_belong_to_its_cells(project: Project, storage: Storage) -> None:
    file = repository(project.root)
    file.write_text(TEXT.replace("depth = 4", "depth = 5"))
    run(storage, file, {"depth": "five\n", "model": "done\n"})
    then = {one["id"]: one for one in storage.history.at(file, "HEAD")[0]["cells"]}
    assert then["depth"]["source"] == "depth = 4"
    assert then["depth"]["outputs"] == []
    assert then["model"]["outputs"] == [said("done\n")]


def test_committed_outputs_come_from_the_commit(project: Project, storage: Storage) -> None:
    (project.root / "perijove.toml").write_text('[storage]\noutputs = "commit"\nview = false\n')
    file = repository(project.root)
    long = "long " * 10_000
    run(storage, file, {"depth": long})
    first = commit(project.root, "run")
    run(storage, file, {"depth": "short\n"})
    storage.documents.clean()
    then = {one["id"]: one for one in storage.history.at(file, first)[0]["cells"]}
    stub = then["depth"]["outputs"][0]["data"]["application/vnd.perijove.blob+json"]["text"]
    assert storage.blob(stub["sha256"], "text/plain").content.decode() == long


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


def test_two_sides_of_any_kind_are_compared(project: Project, storage: Storage) -> None:
    file = repository(project.root)
    file.write_text(TEXT.replace("depth = 4", "depth = 5"))
    (project.root / "other.py").write_text(TEXT.replace("# # Churn", "# # Loss"))
    open_ = storage.documents.load(file).notebook
    open_["cells"][1]["source"] = "depth = 6"
    head, disk = Side("commit", "HEAD"), Side("disk")
    cases = {
        ("depth", "same"): (disk, disk),
        ("depth", "changed"): (head, disk),
        ("title", "changed"): (disk, Side("file", "other.py")),
        ("model", "same"): (head, Side("open", notebook=open_)),
    }
    for (name, kind), (before, after) in cases.items():
        found = storage.diff(DiffRequest("churn.py", before, after))
        assert {row.id: row.kind for row in found.cells}[name] == kind
    assert storage.diff(DiffRequest("churn.py", head, disk)).before_name.startswith("HEAD, ")


def test_one_cell_or_all_is_restored_and_told(project: Project, storage: Storage, heard: list[Happened]) -> None:
    file = repository(project.root)
    first = git(project.root, "rev-parse", "HEAD").strip()
    file.write_text(TEXT.replace("depth = 4", "depth = 5").replace("# # Churn", "# # Loss"))
    commit(project.root, "second")
    storage.restore(Restore("churn.py", first, "depth"), ME)
    assert file.read_text() == TEXT.replace("# # Churn", "# # Loss")
    status = storage.restore(Restore("churn.py", first), ME)
    assert file.read_text() == TEXT
    assert (status.git, status.stored) == ("changed", "text")
    assert [(one.what, one.actor, one.new["cell"]) for one in heard] == [
        ("storage.notebook.restored", "ada", "depth"),
        ("storage.notebook.restored", "ada", ""),
    ]


def test_a_cell_that_is_gone_comes_back_to_its_place(project: Project, storage: Storage) -> None:
    file = repository(project.root)
    file.write_text(TEXT.replace("# %% id=depth\ndepth = 4\n\n", ""))
    storage.restore(Restore("churn.py", "HEAD", "depth"), ME)
    assert file.read_text() == TEXT


@pytest.mark.parametrize("ending", [".py", ".ipynb"])
def test_a_merge_that_waits_is_shown_and_finished(
    project: Project, storage: Storage, heard: list[Happened], ending: str
) -> None:
    def made(depth: int, title: str) -> str:
        text = TEXT.replace("depth = 4", f"depth = {depth}").replace("# # Churn", f"# # {title}")
        if ending == ".py":
            return text
        found = notebook(cell("title", f"# {title}"), cell("depth", f"depth = {depth}", [said(str(depth))], depth))
        return json.dumps(found, indent=1)

    file = repository(project.root, f"churn{ending}", made(4, "Churn"))
    branches(file, made(6, "Churn"), made(8, "Loss"))
    git(project.root, "merge", "topic", ok=False)
    status = storage.status(file.name)
    assert (status.git, status.conflicts, status.branch) == ("conflict", 1, "main")
    view = storage.merge(file.name)
    assert (view.conflicts, view.theirs_name) == (1, "topic")
    told = {row.id: row for row in view.cells}
    assert told["title"].side == "theirs"
    conflict = told["depth"].conflict
    assert conflict is not None
    assert (conflict.ours, conflict.theirs, conflict.base) == ("depth = 6", "depth = 8", "depth = 4")
    assert [line.kind for line in told["depth"].lines_ours] == ["changed"]
    with pytest.raises(Conflict, match="still open: depth"):
        storage.resolve(Resolve(file.name, []), ME)
    with pytest.raises(Invalid):
        storage.resolve(Resolve(file.name, [Pick("title", "ours"), Pick("depth", "ours")]), ME)
    after = storage.resolve(Resolve(file.name, [Pick("depth", "theirs")]), ME)
    assert (after.git, after.conflicts) == ("changed", 0)
    found = storage.documents.load(file).notebook
    assert ids(found)["depth"] == "depth = 8"
    assert ids(found)["title"] == "# Loss"
    assert "<<<<" not in file.read_text()
    git(project.root, "commit", "-q", "--no-edit")
    assert heard[-1].what == "storage.notebook.merged"
    with pytest.raises(NotFound, match="no conflict"):
        storage.merge(file.name)


def test_picks_keep_both_or_an_edited_version_or_let_a_cell_go(project: Project, storage: Storage) -> None:
    file = repository(project.root)
    gone = TEXT.replace("# %% id=depth\ndepth = 4\n\n", "")
    branches(file, gone.replace("train(depth)", "train(1)"), TEXT.replace("= 4", "= 9").replace("(depth)", "(2)"))
    git(project.root, "merge", "topic", ok=False)
    waiting = {row.id: row.conflict for row in storage.merge("churn.py").cells if row.conflict}
    picks = [Pick(name, "both" if one.ours is not None else "ours") for name, one in waiting.items()]
    storage.resolve(Resolve("churn.py", picks), ME)
    sources = [one["source"] for one in storage.documents.load(file).notebook["cells"]]
    assert [line for line in sources if "train" in line] == [
        "import xgboost as xgb\nmodel = train(1)",
        "import xgboost as xgb\nmodel = train(2)",
    ]


@pytest.mark.parametrize(
    "rev",
    [
        "nosuch",
        "--output=stolen",
        "-h",
        "",
        "HEAD:churn.py",
        "main; touch stolen",
        "a\0b",
        "$(touch stolen)",
    ],
)
def test_a_word_that_is_no_commit_is_refused_and_does_nothing(project: Project, storage: Storage, rev: str) -> None:
    file = repository(project.root)
    with pytest.raises(NotFound, match="no commit"):
        Repository.need(file).commit(rev)
    with pytest.raises(NotFound):
        storage.restore(Restore("churn.py", rev or "nosuch"), ME)
    assert file.read_text() == TEXT
    assert not (project.root / "stolen").exists()


@pytest.mark.parametrize(
    "name", ["-rf.py", "--help.py", "a b.py", "$(touch stolen).py", ":(top)x.py", "*.py", "é\n.py"]
)
def test_odd_names_are_names(project: Project, storage: Storage, name: str) -> None:
    repository(project.root, name)
    assert [one.message for one in storage.versions(f"./{name}")] == ["first"]
    assert storage.status(f"./{name}").git == "unchanged"
    assert not (project.root / "stolen").exists()


@pytest.mark.parametrize("path", ["../outside.py", "/etc/passwd", "~nobody/x.py", "a/../../x.py", "link.py"])
def test_what_lies_outside_of_the_project_is_refused(project: Project, storage: Storage, path: str) -> None:
    (project.root / "link.py").symlink_to("/etc/passwd")
    for call in (
        lambda: storage.status(path),
        lambda: storage.versions(path),
        lambda: storage.merge(path),
        lambda: storage.restore(Restore(path, "HEAD"), ME),
        lambda: storage.diff(DiffRequest(path, Side("disk"), Side("disk"))),
    ):
        with pytest.raises(Invalid):
            call()


def test_without_git_a_notebook_still_has_a_status(project: Project, storage: Storage) -> None:
    (project.root / "churn.py").write_text(TEXT)
    assert storage.status("churn.py").git == "none"
    assert storage.versions("churn.py") == []
    with pytest.raises(Invalid, match="not in a git repository"):
        storage.restore(Restore("churn.py", "HEAD"), ME)


def test_a_stale_output_is_told(project: Project, storage: Storage) -> None:
    file = repository(project.root)
    run(storage, file, {"depth": "4\n", "model": "done\n"})
    file.write_text(TEXT.replace("depth = 4", "depth = 5"))
    assert storage.status("churn.py").stale == ["depth"]


def test_converting_is_a_task_with_a_report(
    project: Project, events: Events, heard: list[Happened], tasks: Tasks
) -> None:
    from perijove.storage.model import Convert

    documents = Documents(project)
    events.listen(heard.append)
    storage = Storage(project, documents, events, tasks)
    (project.root / "churn.ipynb").write_text(json.dumps(notebook(cell("depth", "depth = 3"))))
    (project.root / "bad.ipynb").write_text("{}")
    ended = tasks.wait(storage.convert(Convert(".", "text"), ME).id, ME)
    documents.close()
    assert ended.state == "done"
    report = {one["path"]: one for one in ended.result}
    assert report["churn.ipynb"]["became"] == "churn.py"
    assert "not a notebook" in report["bad.ipynb"]["problem"]
    assert (project.root / "bad.ipynb").read_text() == "{}"
    assert [one.what for one in heard if one.what.startswith("storage.")] == ["storage.notebook.converted"]
