"""The commands ``perijove nb``, as a person or a script calls them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.command import perijove
from tests.storage.repository import TEXT, branches, cell, commit, git, notebook, repository, said

from perijove.core.project import Project


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = perijove("nb", *arguments)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def call(*arguments: str) -> tuple[int, Any]:
    """Run ``perijove nb … --json``; gives the exit code and the document."""
    done = run(arguments[0], "--json", *arguments[1:])
    return done.returncode, json.loads(done.stdout)


def ipynb(folder: Path, name: str = "churn.ipynb") -> Path:
    file = folder / name
    file.write_text(json.dumps(notebook(cell("depth", "depth = 4", [said("4\n")], 1))))
    return file


def test_a_notebook_becomes_text_and_comes_back(project: Project) -> None:
    ipynb(project.root)
    assert call("convert", "churn.ipynb", "churn.py") == (
        0,
        {"path": "churn.ipynb", "became": "churn.py", "problem": "", "note": ""},
    )
    assert "# %% id=depth\ndepth = 4" in (project.root / "churn.py").read_text()
    code, printed = call("show", "churn.py", "--text")
    assert (code, printed["text"]) == (0, (project.root / "churn.py").read_text())
    shown = json.loads(run("show", "churn.py").stdout)
    assert shown["cells"][0]["outputs"][0]["text"] == ["4\n"]
    assert call("convert", "churn.py", "copy.md")[1]["became"] == "copy.md"
    assert "depth = 4" in (project.root / "copy.md").read_text()


def test_a_folder_is_converted_with_a_report(project: Project) -> None:
    (project.root / "deep").mkdir()
    ipynb(project.root / "deep")
    ipynb(project.root / "deep", "loss.ipynb")
    (project.root / "deep" / "bad.ipynb").write_text("{}")
    code, report = call("convert", "deep", "--to", "text")
    assert code == 1
    assert {one["path"]: one["became"] for one in report} == {
        "deep/bad.ipynb": "",
        "deep/churn.ipynb": "deep/churn.py",
        "deep/loss.ipynb": "deep/loss.py",
    }
    code, found = call("status")
    assert (code, [(one["path"], one["stored"], bool(one["problem"])) for one in found]) == (
        0,
        [("deep/bad.ipynb", "notebook", True), ("deep/churn.py", "text", False), ("deep/loss.py", "text", False)],
    )
    assert "deep/bad.ipynb: bad.ipynb is not a notebook" in run("status").stdout
    assert call("status", "deep/bad.ipynb")[0] == 2
    (project.root / "deep" / "bad.ipynb").unlink()
    assert [one["path"] for one in call("status")[1]] == ["deep/churn.py", "deep/loss.py"]
    code, back = call("convert", "deep", "--to", "notebook")
    assert (code, [one["became"] for one in back]) == (0, ["deep/churn.ipynb", "deep/loss.ipynb"])


def test_git_follows_the_text_instead_and_a_person_is_told(project: Project) -> None:
    git(project.root, "init", "-q", "-b", "main")
    ipynb(project.root)
    commit(project.root, "first")
    said = run("convert", "churn.ipynb", "--to", "text").stdout
    assert "churn.ipynb became churn.py; git no longer follows churn.ipynb; commit the change.\n" in said
    assert git(project.root, "ls-files") == ""
    assert "churn.ipynb" not in git(project.root, "status", "--porcelain").replace("D  churn.ipynb", "")


def test_the_past_of_a_notebook(project: Project) -> None:
    file = repository(project.root)
    file.write_text(TEXT.replace("= 4", "= 5"))
    code, found = call("diff", "churn.py")
    assert (code, found["changed"], found["beforeName"]) == (0, 1, "HEAD:churn.py")
    assert [row["kind"] for row in found["cells"]] == ["same", "changed", "same"]
    assert "-depth = 4\n+depth = 5\n" in run("diff", "churn.py").stdout
    assert call("restore", "churn.py", "--rev", "HEAD")[0] == 1
    commit(project.root, "second")
    assert [one["message"] for one in call("log", "churn.py")[1]] == ["second", "first"]
    assert call("diff", "HEAD~1:churn.py", "HEAD:churn.py")[1]["changed"] == 1
    code, status = call("restore", "churn.py", "--rev", "HEAD~1", "--cell", "depth")
    assert (code, status["git"]) == (0, "changed")
    assert file.read_text() == TEXT
    assert call("restore", "churn.py", "--rev", "HEAD", "--force")[0] == 0
    assert "depth = 5" in file.read_text()
    assert "depth = 4" in json.loads(run("show", "churn.py", "--rev", "HEAD~1").stdout)["cells"][1]["source"]


def test_two_files_of_two_kinds_are_compared(project: Project) -> None:
    ipynb(project.root)
    (project.root / "churn_2.py").write_text(TEXT)
    code, found = call("diff", "churn.ipynb", "churn_2.py", "--no-outputs")
    assert (code, {row["id"]: row["kind"] for row in found["cells"]}) == (
        0,
        {"title": "added", "depth": "same", "model": "added"},
    )


def test_a_merge_writes_and_tells_its_conflicts(project: Project) -> None:
    for name, number in (("base", 4), ("ours", 5), ("theirs", 6)):
        Path(f"{name}.py").write_text(TEXT.replace("= 4", f"= {number}"))
    Path("title.py").write_text(TEXT.replace("# # Churn", "# # Loss"))
    code, found = call("merge", "base.py", "ours.py", "theirs.py", "-o", "out.py")
    assert (code, found) == (1, {"output": "out.py", "conflicts": ["depth"], "merged": 0, "by": "cells"})
    assert "<<<<<<< ours.py\ndepth = 5\n" in Path("out.py").read_text()
    assert run("merge", "base.py", "ours.py", "theirs.py").returncode == 1
    done = run("merge", "base.py", "ours.py", "title.py")
    assert (done.returncode, done.stdout) == (0, TEXT.replace("= 4", "= 5").replace("# # Churn", "# # Loss"))
    assert Path("ours.py").read_text() == TEXT.replace("= 4", "= 5")


def test_checking_and_cleaning(project: Project) -> None:
    ipynb(project.root)
    code, found = call("check", ".")
    assert (code, found["found"], found["valid"], found["lossless"], found["losses"]) == (0, 1, 1, 1, [])
    assert call("clean") == (0, {"blobs": 0, "bytes": 0, "manifests": 0})


def test_git_is_told_and_told_again(project: Project) -> None:
    file = repository(project.root)
    code, found = call("install-git")
    assert (code, found["installed"]) == (0, True)
    assert call("install-git")[1]["changed"] == []
    commit(project.root, "drivers")
    text = TEXT.replace("= 4", "= 4\nrate = 1")
    file.write_text(text)
    commit(project.root, "rate")
    branches(file, text.replace("= 4", "= 5"), text.replace("rate = 1", "rate = 2"))
    git(project.root, "merge", "-q", "topic")
    assert "depth = 5\nrate = 2\n" in file.read_text()
    assert call("install-git", "--uninstall")[1]["installed"] is False


@pytest.mark.parametrize(
    ("arguments", "kind", "code"),
    [
        (("convert", "nowhere.ipynb", "x.py"), "NotFound", 2),
        (("convert", "churn.py"), "Invalid", 2),
        (("convert", "churn.py", "x.docx"), "Invalid", 2),
        (("convert", "churn.py", "churn.py"), "Conflict", 1),
        (("convert", "churn.py", "--to", "word"), "Invalid", 2),
        (("convert", "/etc", "--to", "text"), "Invalid", 2),
        (("status", "nowhere.py"), "NotFound", 2),
        (("status", "../outside.py"), "Invalid", 2),
        (("status", "plain.py"), "Invalid", 2),
        (("show", "nowhere.py"), "NotFound", 2),
        (("show", "churn.py", "--rev", "nosuch"), "NotFound", 2),
        (("check", "nowhere"), "NotFound", 2),
        (("check",), "Invalid", 2),
        (("diff", "nowhere.py", "churn.py"), "NotFound", 2),
        (("diff", "HEAD:nowhere.py", "churn.py"), "NotFound", 2),
        (("diff", "--output=stolen:churn.py"), "Invalid", 2),
        (("diff", "--", "--output=stolen:churn.py", "churn.py"), "NotFound", 2),
        (("diff", "plain.py", "churn.py"), "Invalid", 2),
        (("merge", "churn.py", "churn.py"), "Invalid", 2),
        (("merge", "nowhere.py", "churn.py", "churn.py"), "Invalid", 2),
        (("log", "nowhere.py"), "NotFound", 2),
        (("log", "/etc/passwd"), "Invalid", 2),
        (("log", "churn.py", "--limit", "0"), "Invalid", 2),
        (("restore", "churn.py"), "Invalid", 2),
        (("restore", "churn.py", "--rev", "--hard"), "NotFound", 2),
        (("restore", "churn.py", "--rev", "HEAD", "--cell", "nosuch"), "NotFound", 2),
        (("restore", "/etc/passwd", "--rev", "HEAD"), "Invalid", 2),
        (("clean", "churn.py"), "Invalid", 2),
        (("install-git", "--global"), "Invalid", 2),
        (("nosuch",), "Invalid", 2),
    ],
)
def test_bad_input_is_a_sentence_with_what_to_do(
    project: Project, arguments: tuple[str, ...], kind: str, code: int
) -> None:
    repository(project.root)
    (project.root / "plain.py").write_text("x = 1\n")
    found = call(*arguments)
    assert (found[0], found[1]["error"]["kind"]) == (code, kind), found
    assert found[1]["error"]["message"].strip()[0].isprintable()
    assert found[1]["error"]["hint"], found
    assert (project.root / "churn.py").read_text() == TEXT
    assert not (project.root / "stolen").exists()


def test_outside_of_git_the_commands_say_so(project: Project) -> None:
    (project.root / "churn.py").write_text(TEXT)
    for arguments in (("install-git",), ("log", "churn.py"), ("restore", "churn.py", "--rev", "HEAD")):
        code, found = call(*arguments)
        assert (code, found["error"]["kind"]) == (2, "Invalid")
        assert found["error"]["hint"] == "Make one: git init"


NAMES = ("a b", "ünï 日本", "-dash", "#hash", "!not", "[x]*", "q'u\"ote", "new\nline", "back\\slash", " lead")


def test_notebooks_of_odd_names_are_converted_and_git_sees_no_view(project: Project) -> None:
    git(project.root, "init", "-q")
    for name in NAMES:
        ipynb(project.root, f"{name}.ipynb")
    commit(project.root, "[WIP] first")
    (project.root / ".git/info/exclude").write_bytes(b"# Andr\xe9\n")
    code, report = call("convert", ".", "--to", "text")
    assert (code, {one["became"] for one in report}) == (0, {f"{name}.py" for name in NAMES})
    commit(project.root, "text")
    assert git(project.root, "status", "--porcelain") == ""
    assert set(git(project.root, "ls-files", "-z").split("\0")) == {*(f"{name}.py" for name in NAMES), ""}
    assert (project.root / ".git/info/exclude").read_bytes().startswith(b"# Andr\xe9\n/")
    table = run("status").stdout
    assert all(name in table for name in ("[x]*.py", "#hash.py", "ünï 日本.py"))
    assert "[WIP] first" in run("log", "./[x]*.py").stdout
    assert call("convert", ".", "--to", "notebook")[0] == 0
    assert (project.root / ".git/info/exclude").read_bytes() == b"# Andr\xe9\n"


def test_a_list_of_git_that_cannot_be_written_stops_no_conversion(project: Project) -> None:
    git(project.root, "init", "-q")
    ipynb(project.root)
    (project.root / ".git/info/exclude").unlink()
    (project.root / ".git/info/exclude").mkdir()
    assert call("convert", ".", "--to", "text")[1][0]["became"] == "churn.py"
    assert call("convert", ".", "--to", "notebook")[1][0]["became"] == "churn.ipynb"


def test_a_submodule_and_a_second_work_tree_have_notebooks_of_their_own(project: Project, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q")
    ipynb(library)
    commit(library, "of the library")
    root = project.root / "work"
    root.mkdir()
    git(root, "init", "-q")
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "deps")
    commit(root, "of the work")
    git(root, "worktree", "add", "-q", str(project.root / "other"))
    ipynb(project.root / "other", "other.ipynb")
    assert call("convert", "work", "--to", "text")[1][0]["became"] == "work/deps/churn.py"
    assert git(root / "deps", "status", "--porcelain") == "D  churn.ipynb\n?? churn.py\n"
    assert [one["message"] for one in call("log", "work/deps/churn.py")[1]] == ["of the library"]
    assert call("convert", "other", "--to", "text")[1][0]["became"] == "other/other.py"
    assert git(project.root / "other", "status", "--porcelain") == "?? other.py\n"
    git(root / "deps", "checkout", "-q", "--detach")
    assert (
        call("status", "work/deps/churn.py")[1][0]["branch"]
        == git(root / "deps", "rev-parse", "--short", "HEAD").strip()
    )


def test_a_pipe_is_no_notebook_and_nobody_waits_for_it(project: Project) -> None:
    ipynb(project.root)
    os.mkfifo(project.root / "pipe.ipynb")
    os.mkfifo(project.root / "pipe.py")
    (project.root / "gone.ipynb").symlink_to("nowhere.ipynb")
    assert [one["path"] for one in call("status")[1]] == ["churn.ipynb"]
    assert [one["path"] for one in call("convert", ".", "--to", "text")[1]] == ["churn.ipynb"]


def test_a_text_that_cannot_be_read_keeps_its_outputs(project: Project) -> None:
    ipynb(project.root)
    call("convert", "churn.ipynb", "--to", "text")
    text = project.root / "churn.py"
    good = text.read_bytes()
    text.write_bytes(good.replace(b"depth = 4", b"depth = '\xff'"))
    assert call("clean") == (0, {"blobs": 0, "bytes": 0, "manifests": 0})
    assert "not UTF-8" in call("status")[1][0]["problem"]
    text.write_bytes(good)
    assert json.loads(run("show", "churn.py").stdout)["cells"][0]["outputs"] == [
        {"name": "stdout", "output_type": "stream", "text": ["4\n"]}
    ]


def test_who_only_looks_writes_nothing(project: Project) -> None:
    git(project.root, "init", "-q")
    large = cell("depth", "depth = 4", [said("4\n" * 50_000)], 1)
    for number in (1, 2):
        (project.root / f"{number}.ipynb").write_text(json.dumps(notebook(large, cell("b", f"x = {number}"))))
    commit(project.root, "two")
    before = {file for file in project.root.rglob("*") if ".git" not in file.parts}
    assert call("diff", "1.ipynb", "2.ipynb")[1]["changed"] == 1
    assert call("diff", "HEAD:1.ipynb", "1.ipynb")[1]["changed"] == 0
    assert call("show", "1.ipynb", "--rev", "HEAD")[0] == 0
    for command in ("status", "log", "show"):
        assert call(command, "1.ipynb")[0] == 0
    assert {file for file in project.root.rglob("*") if ".git" not in file.parts} == before


def test_a_folder_s_notebooks_stand_to_git_as_each_by_itself(project: Project) -> None:
    repository(project.root, ".gitignore", "ignored/\nname.ipynb\n")
    for name in ("same", "changed", "ignored/deep/one", "name", "new/one", "ü b", "staged"):
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        ipynb((project.root / name).parent, f"{Path(name).name}.ipynb")
    git(project.root, "add", "same.ipynb", "changed.ipynb", "ü b.ipynb")
    git(project.root, "commit", "-q", "-m", "some")
    (project.root / "changed.ipynb").write_text((project.root / "changed.ipynb").read_text() + "\n")
    git(project.root, "add", "staged.ipynb")
    git(project.root, "init", "-q", "inner")
    ipynb(project.root / "inner")
    expected = {
        "same.ipynb": "unchanged",
        "changed.ipynb": "changed",
        "ignored/deep/one.ipynb": "untracked",
        "name.ipynb": "untracked",
        "new/one.ipynb": "untracked",
        "ü b.ipynb": "unchanged",
        "staged.ipynb": "changed",
        "inner/churn.ipynb": "untracked",
    }
    assert {one["path"]: one["git"] for one in call("status")[1]} == expected
    assert {one["path"]: one["git"] for one in call("status", *expected)[1]} == expected


def test_without_git_what_needs_it_says_so_and_the_rest_works(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    ipynb(project.root)
    monkeypatch.setenv("PATH", str(project.root))
    assert call("convert", "churn.ipynb", "--to", "text")[0] == 0
    assert call("status")[1][0]["git"] == "none"
    for arguments in (("install-git",), ("log", "churn.py"), ("diff", "churn.py")):
        code, found = call(*arguments)
        assert (code, found["error"]) == (
            2,
            {"kind": "Invalid", "message": "There is no git here.", "hint": "Install git."},
        )
    (project.root / "plain.py").write_text("x = 1\n")
    assert call("merge", "plain.py", "plain.py", "plain.py")[1]["error"]["kind"] == "Failed"


def test_a_repository_that_git_refuses_is_not_called_none(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(project.root)
    (project.root / ".git/config").write_text("[core\n")
    code, found = call("log", "churn.py")
    assert (code, found["error"]["message"]) == (2, "git does not read the repository of churn.py.")
    assert "bad config" in found["error"]["hint"]


def test_a_notebook_is_written_where_no_folder_is_yet(project: Project) -> None:
    ipynb(project.root)
    for name in ("a/b/churn.py", "c/churn.md", "d/churn.ipynb"):
        assert call("convert", "churn.ipynb", name)[1]["became"] == name
        assert (project.root / name).is_file()
    code, found = call("convert", "churn.ipynb", "c/churn.md/churn.md")
    assert (code, found["error"]["kind"]) == (1, "Failed")
