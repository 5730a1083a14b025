"""Which project a notebook belongs to, what its settings decide, and what cleaning leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.storage.repository import cell, commit, git, notebook, repository, said
from tests.storage.test_cli import call, run

from perijove.core.errors import Invalid
from perijove.core.project import Project
from perijove.storage import ipynb
from perijove.storage.documents import Documents
from perijove.storage.places import Places


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERIJOVE_HOME", raising=False)


def made(folder: Path, *cells: str) -> Path:
    """A text notebook with an output in each cell, saved as its own project would."""
    folder.mkdir(exist_ok=True)
    (folder / ".perijove").mkdir(exist_ok=True)
    file = folder / "churn.py"
    file.write_text('# perijove-notebook 1 {"kernel": "python3"}\n')
    documents = Documents(Project.find(folder))
    documents.save(file, notebook(*[cell(name, f"print({name!r})", [said(f"{name}\n")], 1) for name in cells]))
    documents.close()
    return file


def test_a_notebook_is_found_with_its_outputs_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = made(tmp_path / "project", "depth")
    (tmp_path / "else").mkdir()
    monkeypatch.chdir(tmp_path / "else")
    shown = json.loads(run("show", str(file)).stdout)
    assert shown["cells"][0]["outputs"][0]["text"] == ["depth\n"]
    assert call("convert", str(file), str(tmp_path / "project" / "copy.ipynb"))[0] == 0
    assert "depth\\n" in (tmp_path / "project" / "copy.ipynb").read_text()
    assert list((tmp_path / "else").iterdir()) == []


def test_looking_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    repository(tmp_path)
    before = sorted(tmp_path.iterdir())
    for arguments in (("status",), ("log", "churn.py"), ("diff", "churn.py"), ("show", "churn.py"), ("check", ".")):
        assert run(*arguments).returncode == 0
    assert run("log", "nowhere.py").returncode == 2
    assert sorted(tmp_path.iterdir()) == before


def test_a_project_is_found_by_its_state_then_by_its_settings(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "a" / "perijove.toml").write_text("")
    assert Project.find(deep).root == tmp_path / "a"
    (tmp_path / ".perijove").mkdir()
    assert Project.find(deep / "not" / "there.py").root == tmp_path


def test_the_nearest_settings_decide(tmp_path: Path) -> None:
    (tmp_path / ".perijove").mkdir()
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "perijove.toml").write_text('[storage]\noutputs = "commit"\n')
    places = Places(Project.find(tmp_path))
    assert places.of(tmp_path / "mine.py").outputs == "local"
    assert places.of(tmp_path / "team" / "ours.py").outputs == "commit"
    assert places.of(tmp_path / "team" / "deep" / "ours.py").blobs == tmp_path / "team/deep/ours.outputs/blobs"
    (tmp_path / "perijove.toml").write_text('[storage]\noutputs = "sidecar"\n')
    assert places.of(tmp_path / "mine.py").outputs == "sidecar"
    assert places.of(tmp_path / "team" / "ours.py").outputs == "commit"


@pytest.mark.parametrize(
    ("text", "said_"),
    [
        ("storage = 5", "storage must be a table"),
        ('[storage]\noutputz = "local"', "knows no “outputz”"),
        ('[storage]\noutputs = "here"', "cannot be “here”"),
        ("[storage", "cannot be read as TOML"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, text: str, said_: str) -> None:
    (tmp_path / "perijove.toml").write_text(text)
    with pytest.raises(Invalid, match=said_):
        Places(Project.find(tmp_path)).settings(tmp_path / "a.py")


def test_what_another_branch_has_is_not_cleaned_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path, "other.txt", "x\n")
    file = made(tmp_path, "kept", "cut")
    monkeypatch.chdir(tmp_path)
    commit(tmp_path, "both cells")
    git(tmp_path, "checkout", "-q", "-b", "short")
    text = file.read_text()
    file.write_text(text[: text.index("\n# %% id=cut")])
    commit(tmp_path, "one cell")
    git(tmp_path, "rm", "-q", "churn.py")
    commit(tmp_path, "gone")
    assert call("clean")[1] == {"blobs": 0, "bytes": 0, "manifests": 0}
    git(tmp_path, "checkout", "-q", "-")
    found = Documents(Project.find(tmp_path)).load(file).notebook
    assert [one["outputs"][0]["text"] for one in found["cells"]] == ["kept\n", "cut\n"]
    git(tmp_path, "branch", "-q", "-D", "short")
    git(tmp_path, "checkout", "-q", "--orphan", "new")
    git(tmp_path, "rm", "-q", "-f", "churn.py")
    git(tmp_path, "branch", "-q", "-D", *git(tmp_path, "branch", "--format=%(refname:short)").split())
    (tmp_path / "churn.ipynb").unlink(missing_ok=True)
    assert call("clean")[1]["manifests"] == 1


def test_an_older_format_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "old"}, "worksheets": [{"cells": []}]}
    (tmp_path / "old.ipynb").write_text(json.dumps(old))
    code, report = call("convert", "old.ipynb", "--to", "text")
    assert (code, report[0]["became"]) == (1, "")
    assert "format 3" in report[0]["problem"]
    assert json.loads((tmp_path / "old.ipynb").read_text()) == old
    assert call("convert", "old.ipynb", "new.ipynb")[0] == 0
    assert ipynb.version((tmp_path / "new.ipynb").read_bytes()) == 4


def test_one_bad_notebook_does_not_hide_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    good = notebook(cell("a", "1"))
    (tmp_path / "good.ipynb").write_text(json.dumps(good))
    good["cells"][0]["source"] = 1
    (tmp_path / "bad.ipynb").write_text(json.dumps(good))
    found = call("status")[1]
    assert [(one["path"], bool(one["problem"])) for one in found] == [("bad.ipynb", True), ("good.ipynb", False)]
    code, report = call("convert", ".", "--to", "text")
    assert (code, [one["became"] for one in report]) == (1, ["", "good.py"])
    assert "cell 0" in report[0]["problem"]


def test_git_ignores_the_views_of_a_folder_under_its_new_name(tmp_path: Path) -> None:
    repository(tmp_path, "other.txt", "x\n")
    (tmp_path / "old").mkdir()
    documents = Documents(Project.find(tmp_path))
    file = made(tmp_path, "a").rename(tmp_path / "old" / "churn.py")
    documents.save(file, notebook(cell("b", "2")))
    documents.close()
    (tmp_path / "old").rename(tmp_path / "new")
    documents.moved_folder(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "new" / "churn.ipynb").exists()
    told = git(tmp_path, "status", "--porcelain", "-uall")
    assert "new/churn.py" in told
    assert "new/churn.ipynb" not in told


def test_status_takes_folders_and_check_takes_text_notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path / "deep", "a")
    assert [one["path"] for one in call("status", "deep")[1]] == ["churn.py"]
    (tmp_path / "deep" / "broken.py").write_bytes(b"# perijove-notebook 1\n\n# %%\n\xff\n")
    found = call("check", "deep")[1]
    assert (found["found"], found["lossless"]) == (3, 2)
    assert "UTF-8" in found["invalid"][0]["detail"]


def test_outputs_follow_a_name_that_git_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(tmp_path, "other.txt", "x\n")
    made(tmp_path, "a", "b")
    monkeypatch.chdir(tmp_path)
    commit(tmp_path, "one")
    (tmp_path / "new.py").write_text(
        '# perijove-notebook 1 {"kernel": "python3"}\n\n# %% id=a\nother\n\n# %% id=z\n1\n\n# %% id=y\n1\n'
    )
    assert "outputs" in run("show", "new.py").stdout
    assert not any(one["outputs"] for one in json.loads(run("show", "new.py").stdout)["cells"])
    git(tmp_path, "mv", "churn.py", "moved.py")
    shown = json.loads(run("show", "moved.py").stdout)
    assert [one["outputs"][0]["text"] for one in shown["cells"]] == [["a\n"], ["b\n"]]
    git(tmp_path, "reset", "-q", "--hard")
    assert "a\\n" in run("show", "churn.py").stdout


def test_git_follows_a_notebook_again_that_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made_ = ipynb.serialise(notebook(cell("a", "1", [said("1\n")], 1))).decode()
    repository(tmp_path, "churn.ipynb", made_)
    (tmp_path / ".git" / "info" / "exclude").write_text("/.perijove\n")
    assert "no longer follows" in call("convert", "churn.ipynb", "--to", "text")[1][0]["note"]
    assert call("convert", "churn.py", "--to", "notebook")[0] == 0
    assert git(tmp_path, "status", "--porcelain") == ""
