"""The git drivers in real repositories: real merges run them, real diffs show their text."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.storage.repository import TEXT, branches, cell, commit, git, notebook, repository, said

from perijove.core.errors import Invalid
from perijove.storage import conflicts, ipynb
from perijove.storage.drivers import BEGIN, END, install, merge_files, shown, uninstall
from perijove.storage.git import Repository
from perijove.storage.text import from_text


def with_drivers(file: Path) -> Path:
    found = Repository.of(file)
    assert found is not None
    install(found)
    commit(file.parent, "drivers")
    return file


def test_git_merges_neighbouring_edits_that_its_own_merge_cannot(tmp_path: Path) -> None:
    text = TEXT.replace("depth = 4", "depth = 4\nrate = 1")
    file = with_drivers(repository(tmp_path, content=text))
    branches(file, text.replace("depth = 4", "depth = 5"), text.replace("rate = 1", "rate = 2"))
    git(tmp_path, "merge", "-q", "topic")
    assert file.read_text() == text.replace("depth = 4", "depth = 5").replace("rate = 1", "rate = 2")


def test_a_conflict_in_a_text_notebook_stays_inside_of_its_cell(tmp_path: Path) -> None:
    file = with_drivers(repository(tmp_path))
    branches(file, TEXT.replace("= 4", "= 5"), TEXT.replace("= 4", "= 6").replace("# # Churn", "# # Loss"))
    said_ = git(tmp_path, "merge", "topic", ok=False)
    assert "CONFLICT" in said_
    inside = "<<<<<<< HEAD\ndepth = 5\n||||||| base\ndepth = 4\n=======\ndepth = 6\n>>>>>>> topic"
    assert file.read_text() == TEXT.replace("depth = 4", inside).replace("# # Churn", "# # Loss")
    found = from_text(file.read_text())
    assert [one["id"] for one in found["cells"]] == ["title", "depth", "model"]
    assert conflicts.lift(found) == 1


def test_a_conflict_in_an_ipynb_leaves_a_file_that_opens(tmp_path: Path) -> None:
    def made(depth: int) -> str:
        return ipynb.serialise(notebook(cell("depth", f"depth = {depth}", [said(str(depth))], depth))).decode()

    file = with_drivers(repository(tmp_path, "churn.ipynb", made(4)))
    branches(file, made(5), made(6))
    git(tmp_path, "merge", "topic", ok=False)
    found = ipynb.parse(file.read_bytes(), "churn.ipynb")
    assert ipynb.problem(json.loads(file.read_text())) == ""
    assert conflicts.lift(found) == 1
    assert git(tmp_path, "ls-files", "-u") != ""


def test_two_runs_of_one_notebook_merge_by_themselves(tmp_path: Path) -> None:
    def made(number: int) -> str:
        return ipynb.serialise(notebook(cell("a", "train()", [said(f"{number}\n" * 9)], number))).decode()

    file = with_drivers(repository(tmp_path, "churn.ipynb", made(1)))
    branches(file, made(2), made(3))
    git(tmp_path, "merge", "-q", "topic")
    assert file.read_text() == made(2)


def test_git_diff_shows_an_ipynb_as_text_without_outputs(tmp_path: Path) -> None:
    def made(depth: int) -> str:
        return ipynb.serialise(notebook(cell("depth", f"depth = {depth}", [said("long\n" * depth)], depth))).decode()

    file = with_drivers(repository(tmp_path, "churn.ipynb", made(4)))
    file.write_text(made(5))
    lines = [
        line
        for line in git(tmp_path, "diff").split("\n")
        if line.startswith(("+", "-")) and line[:3] not in ("+++", "---")
    ]
    assert lines == ["-depth = 4", "+depth = 5"]
    file.write_text("{ broken")
    assert "+{ broken" in git(tmp_path, "diff")


def test_other_programs_merge_as_ever(tmp_path: Path) -> None:
    program = "".join(f"line_{number} = {number}\n" for number in range(9))
    file = with_drivers(repository(tmp_path, "plain.py", program))
    branches(file, program.replace("line_0", "first"), program.replace("line_8", "last"))
    git(tmp_path, "merge", "-q", "topic")
    assert file.read_text() == program.replace("line_0", "first").replace("line_8", "last")
    base, ours, theirs = (program.replace("line_4", name).encode() for name in ("line_4", "ours", "theirs"))
    done = merge_files(base, ours, theirs, ("HEAD", "topic"))
    assert (done.conflicts, done.merged) == (1, None)
    assert b"<<<<<<< HEAD\nours = 4\n" in done.data


def test_a_plain_text_merge_without_drivers_is_good_too(tmp_path: Path) -> None:
    file = repository(tmp_path)
    ours = TEXT.replace("depth = 4", "depth = 5")
    theirs = TEXT.replace("# # Churn", "# # Loss") + "\n# %% id=new\nmodel.predict()\n"
    branches(file, ours, theirs)
    git(tmp_path, "merge", "-q", "topic")
    merged = from_text(file.read_text())
    assert {one["id"]: one["source"] for one in merged["cells"]} == {
        "title": "# Loss",
        "depth": "depth = 5",
        "model": "import xgboost as xgb\nmodel = train(depth)",
        "new": "model.predict()",
    }


def test_markers_around_whole_cells_from_git_s_own_merge_are_read(tmp_path: Path) -> None:
    file = repository(tmp_path)
    branches(file, TEXT + "\n# %% id=mine\nours()\n", TEXT + "\n# %% id=other\ntheirs()\n")
    git(tmp_path, "merge", "topic", ok=False)
    sides = conflicts.sides(file.read_text())
    assert sides is not None
    assert [one["id"] for one in from_text(sides[0])["cells"]] == ["title", "depth", "model", "mine"]
    assert [one["id"] for one in from_text(sides[2])["cells"]] == ["title", "depth", "model", "other"]


def test_both_branches_add_one_notebook(tmp_path: Path) -> None:
    file = with_drivers(repository(tmp_path, "other.txt", "x\n")).with_name("churn.py")
    branches(file, TEXT, TEXT.replace("depth = 4", "depth = 5"))
    git(tmp_path, "merge", "topic", ok=False)
    found = from_text(file.read_text())
    assert conflicts.lift(found) == 1
    assert [one["id"] for one in found["cells"]] == ["title", "depth", "model"]


def test_installing_twice_changes_nothing_and_uninstalling_takes_all_away(tmp_path: Path) -> None:
    file = repository(tmp_path)
    (tmp_path / ".gitattributes").write_text("*.png binary")
    config = (tmp_path / ".git/config").read_text()
    found = Repository.of(file)
    assert found is not None
    first = install(found)
    assert first.changed == [".git/config", ".gitattributes", ".gitignore"]
    written = {name: (tmp_path / name).read_text() for name in first.changed}
    assert written[".gitattributes"].startswith("*.png binary\n" + BEGIN)
    assert install(found).changed == []
    assert {name: (tmp_path / name).read_text() for name in first.changed} == written
    (tmp_path / ".gitignore").write_text("own\n" + written[".gitignore"] + "also own\n")
    gone = uninstall(found)
    assert (gone.installed, gone.changed) == (False, first.changed)
    assert (tmp_path / ".gitattributes").read_text() == "*.png binary\n"
    assert (tmp_path / ".gitignore").read_text() == "own\nalso own\n"
    assert (tmp_path / ".git/config").read_text().strip() == config.strip()
    assert uninstall(found).changed == []


def test_a_list_with_windows_line_ends_gets_one_block_and_keeps_them(tmp_path: Path) -> None:
    found = Repository.of(repository(tmp_path))
    assert found is not None
    (tmp_path / ".gitignore").write_bytes(b"own\r\n")
    install(found)
    ignored = (tmp_path / ".gitignore").read_bytes()
    assert ignored.count(b"\r\n") == ignored.count(b"\n") > 3
    (tmp_path / ".gitattributes").write_bytes((tmp_path / ".gitattributes").read_bytes().replace(b"\n", b"\r\n"))
    assert install(found).changed == []
    uninstall(found)
    assert (tmp_path / ".gitignore").read_bytes() == b"own\r\n"
    assert not (tmp_path / ".gitattributes").exists()


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    found = Repository.of(repository(tmp_path / "work"))
    assert found is not None
    (tmp_path / "precious").write_text("precious\n")
    (tmp_path / "work/.gitignore").symlink_to(tmp_path / "precious")
    with pytest.raises(Invalid, match="a link"):
        install(found)
    assert (tmp_path / "precious").read_text() == "precious\n"


def test_settings_decide_what_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Repository.of(repository(tmp_path))
    assert found is not None
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert "git-lfs is not installed" in install(found, "commit").note
    assert "filter=lfs" in (tmp_path / ".gitattributes").read_text()
    assert install(found, "sidecar").changed == [".gitattributes", ".gitignore"]
    assert "filter=lfs" not in (tmp_path / ".gitattributes").read_text()
    assert "*.outputs/" in (tmp_path / ".gitignore").read_text()


def test_half_a_block_is_left_for_a_person(tmp_path: Path) -> None:
    found = Repository.of(repository(tmp_path))
    assert found is not None
    (tmp_path / ".gitattributes").write_text(f"{BEGIN}\n*.x y\n")
    with pytest.raises(Invalid, match=END):
        install(found)
    assert (tmp_path / ".gitattributes").read_text() == f"{BEGIN}\n*.x y\n"


def test_a_driver_gets_no_shell_from_a_branch_or_a_file(tmp_path: Path) -> None:
    file = with_drivers(repository(tmp_path, "$(touch stolen) ';.py"))
    branches(file, TEXT.replace("= 4", "= 5"), TEXT.replace("= 4", "= 6"))
    git(tmp_path, "branch", "-m", "topic", "$(touch${IFS}stolen)")
    git(tmp_path, "merge", "$(touch${IFS}stolen)", ok=False)
    assert ">>>>>>> $(touch${IFS}stolen)" in file.read_text()
    assert not (tmp_path / "stolen").exists()


def test_windows_line_ends_of_a_checkout_are_kept() -> None:
    crlf = TEXT.replace("\n", "\r\n").encode()
    done = merge_files(crlf, crlf.replace(b"= 4", b"= 5"), crlf.replace(b"# # Churn", b"# # Loss"))
    assert done.data == crlf.replace(b"= 4", b"= 5").replace(b"# # Churn", b"# # Loss")


def test_what_git_shows_is_the_text_or_the_file_itself() -> None:
    assert shown(TEXT.encode()) == TEXT
    assert shown(b"{}") == "{}"
    assert shown(b"\xff\xfe") == "��"


def test_the_driver_s_program_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/a folder/$(x)/python")
    found = Repository.of(repository(tmp_path))
    assert found is not None
    install(found)
    written = subprocess.run(
        ["git", "config", "merge.perijove.driver"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "'/a folder/$(x)/python' -m perijove.cli nb merge %O %A %B --driver" in written.stdout


def test_git_merges_and_shows_by_itself_where_perijove_is_there_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/gone/$(touch stolen)/python")
    file = with_drivers(repository(tmp_path, "plain.py", "a = 1\nb = 2\nc = 3\n"))
    branches(file, "a = 9\nb = 2\nc = 3\n", "a = 8\nb = 2\nc = 3\n")
    assert "CONFLICT" in git(tmp_path, "merge", "topic", ok=False)
    assert "<<<<<<< ours\na = 9\n=======\na = 8\n>>>>>>> theirs\n" in file.read_text()
    (tmp_path / "n.ipynb").write_text("{}\n")
    git(tmp_path, "add", "-f", "n.ipynb")
    assert "+{}" in git(tmp_path, "diff", "--cached", "--", "n.ipynb")
    assert not (tmp_path / "stolen").exists()
