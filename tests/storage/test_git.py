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


def test_asking_for_the_status_writes_nothing(project: Project, storage: Storage) -> None:
    file = repository(project.root, "churn.ipynb", json.dumps(notebook(cell("a", "x", [said("long " * 50_000)]))))
    storage.status(file.name)
    assert list(storage.documents.places.blobs.rglob("*")) == []


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
