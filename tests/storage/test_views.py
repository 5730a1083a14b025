"""The ``.ipynb`` beside a text notebook: written in time, taken in when a tool changes it, never over another file."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.storage import saver
from tests.storage.awkward import code, markdown, notebook, stream

from perijove.storage import ipynb
from perijove.storage.check import same
from perijove.storage.documents import Documents


def churn(*sources: str) -> dict[str, Any]:
    cells = [code(source, [stream(source)], 1, id=f"c{at}") for at, source in enumerate(sources)]
    return notebook(markdown("# Churn", id="title"), *cells)


def shown(own: Documents, name: str = "churn.ipynb") -> dict[str, Any]:
    return ipynb.parse((own.project.root / name).read_bytes(), name)


def test_a_view_says_what_the_notebook_says_and_is_the_same_document(own: Documents) -> None:
    root = own.project.root
    own.save(root / "churn.py", churn("a = 1"))
    own.views.flush()
    assert same(shown(own), churn("a = 1"))
    assert own.at(root / "churn.ipynb") == root / "churn.py"
    assert own.version(root / "churn.ipynb") == own.version(root / "churn.py")
    own.save(root / "churn.ipynb", churn("a = 2"))
    assert "a = 2" in (root / "churn.py").read_text()


def test_a_view_comes_by_itself_a_moment_after_the_last_of_many_saves(own: Documents) -> None:
    written = threading.Event()
    put = own.views._put
    count = []

    def counting(*arguments: Any) -> None:
        put(*arguments)
        count.append(1)
        written.set()

    own.views._put = counting  # type: ignore[method-assign]
    for step in range(5):
        own.save(own.project.root / "churn.py", churn(f"a = {step}"))
    assert written.wait(20)
    assert same(shown(own), churn("a = 4"))
    assert len(count) == 1


def test_a_view_is_written_when_the_process_ends(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.storage import saver; folder = Path(sys.argv[1]);"
        "saver.documents(folder).save(folder / 'churn.py', saver.notebook('end'))"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True, cwd=Path(__file__).parents[2])
    assert same(ipynb.parse((tmp_path / "churn.ipynb").read_bytes(), "churn"), saver.notebook("end"))


def test_nothing_is_written_when_the_view_says_it_already(own: Documents) -> None:
    root = own.project.root
    own.save(root / "churn.py", churn("a = 1"))
    own.views.flush()
    stamp = (root / "churn.ipynb").stat()
    own.views.write(root / "churn.py")
    assert (root / "churn.ipynb").stat() == stamp


def test_a_foreign_notebook_is_left_alone_and_is_one_of_its_own(own: Documents) -> None:
    root = own.project.root
    foreign = ipynb.serialise(churn("somebody = 'else'"))
    (root / "churn.ipynb").write_bytes(foreign)
    own.save(root / "churn.py", churn("a = 1"))
    own.views.flush()
    assert (root / "churn.ipynb").read_bytes() == foreign
    assert own.at(root / "churn.ipynb") == root / "churn.ipynb"
    own.delete(root / "churn.py")
    assert (root / "churn.ipynb").read_bytes() == foreign


def test_what_a_tool_runs_in_the_view_is_taken_in(own: Documents) -> None:
    root = own.project.root
    before = own.save(root / "churn.py", churn("a = 1", "b = 2"))
    own.views.flush()
    run = shown(own)
    run["cells"][1] |= {"execution_count": 7, "outputs": [stream("run by a tool\n" * 2000)]}
    run["metadata"]["papermill"] = {"duration": 1.5}
    (root / "churn.ipynb").write_text(json.dumps(run))
    after = own.version(root / "churn.py")
    assert after.token > before.token
    assert same(own.load(root / "churn.py").notebook, run)
    text = (root / "churn.py").read_bytes()
    assert b"papermill" not in text
    own.views.flush()
    assert same(shown(own), run)
    assert own.version(root / "churn.py") == after


def test_a_tool_and_a_person_at_once_lose_nothing(own: Documents) -> None:
    root = own.project.root
    own.save(root / "churn.py", churn("a = 1", "b = 2"))
    own.views.flush()
    theirs = shown(own)
    theirs["cells"][2]["source"] = "b = 20"
    text = (root / "churn.py").read_text().replace("a = 1", "a = 10")
    (root / "churn.py").write_text(text)
    (root / "churn.ipynb").write_text(json.dumps(theirs))
    found = own.load(root / "churn.py").notebook
    assert [cell["source"] for cell in found["cells"]] == ["# Churn", "a = 10", "b = 20"]
    theirs["cells"][1]["source"] = "a = 100"  # from the view as it was: against a = 10 in the text
    (root / "churn.ipynb").write_text(json.dumps(theirs))
    document = own.load(root / "churn.py")
    assert document.conflicts == 1
    assert all(source in (root / "churn.py").read_text() for source in ("a = 10\n", "a = 100\n", "<<<<<<<", ">>>>>>>"))


def test_half_a_view_waits_for_the_other_half(own: Documents) -> None:
    root = own.project.root
    before = own.save(root / "churn.py", churn("a = 1"))
    own.views.flush()
    whole = (root / "churn.ipynb").read_bytes().replace(b"a = 1", b"a = 2")
    (root / "churn.ipynb").write_bytes(whole[: len(whole) // 2])
    assert own.version(root / "churn.py") == before
    own.views.write(root / "churn.py")
    assert (root / "churn.ipynb").read_bytes() == whole[: len(whole) // 2]  # the tool is not overwritten meanwhile
    (root / "churn.ipynb").write_bytes(whole)
    assert own.load(root / "churn.py").notebook["cells"][1]["source"] == "a = 2"


def test_a_project_may_want_no_views(own: Documents) -> None:
    root = own.project.root
    own.save(root / "churn.py", churn("a = 1"))
    own.views.flush()
    (root / "perijove.toml").write_text("[storage]\nview = false\n")
    own.save(root / "churn.py", churn("a = 2"))
    own.views.flush()
    assert not (root / "churn.ipynb").exists()


def test_git_does_not_see_a_view_in_a_work_tree_of_its_own(own: Documents) -> None:
    root = own.project.root
    main = root / "main"
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run([*git, "init", "-q", main], check=True)
    subprocess.run([*git, "-C", main, "commit", "-q", "--allow-empty", "-m", "begin"], check=True)
    subprocess.run([*git, "-C", main, "worktree", "add", "-q", root / "tree"], check=True)
    own.save(root / "tree" / "churn.py", churn("a = 1"))
    own.views.flush()
    assert (root / "tree" / "churn.ipynb").exists()
    status = subprocess.run(
        [*git, "-C", root / "tree", "status", "--porcelain"], capture_output=True, text=True, check=True
    )
    assert status.stdout == "?? churn.py\n"
