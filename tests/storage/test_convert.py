"""Converting: whole and back, with a report; what is not valid gets a sentence and stays as it is."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.storage.awkward import code, markdown, notebook, stream, wholes

from perijove.core.errors import Conflict, Invalid, NotFound
from perijove.storage import ipynb
from perijove.storage.check import joined, same
from perijove.storage.convert import convert, convert_file
from perijove.storage.documents import Documents

ROAD = Path(__file__).parents[2] / "examples" / "road.ipynb"


def test_a_notebook_becomes_text_and_keeps_its_ipynb_as_the_view(own: Documents) -> None:
    root = own.project.root
    shutil.copy(ROAD, root / "road.ipynb")
    before = (root / "road.ipynb").read_bytes()
    [made] = convert(own.project, "road.ipynb", "text", documents=own)
    assert (made.path, made.became, made.problem) == ("road.ipynb", "road.py", "")
    assert same(own.load(root / "road.py", ids=False).notebook, ipynb.parse(before, "road"))
    assert (root / "road.ipynb").read_bytes() == before
    assert own.at(root / "road.ipynb") == root / "road.py"
    [again] = convert(own.project, "road.ipynb", "text", documents=own)
    assert again.problem == "road.ipynb is a text notebook already."


def test_and_back_with_nothing_left_behind(own: Documents) -> None:
    root = own.project.root
    shutil.copy(ROAD, root / "road.ipynb")
    before = ipynb.parse(ROAD.read_bytes(), "road")
    convert(own.project, "road.ipynb", "text", documents=own)
    [made] = convert(own.project, "road.py", "notebook", documents=own)
    assert (made.became, made.problem) == ("road.ipynb", "")
    assert same(ipynb.parse((root / "road.ipynb").read_bytes(), "road"), before)
    assert [file.name for file in root.iterdir() if not file.name.startswith(".")] == ["road.ipynb"]
    assert own.at(root / "road.ipynb") == root / "road.ipynb"
    assert not own.places.state(root / "road.py").exists()
    assert not own.places.state(root / "road.ipynb").exists()


def test_a_project_is_converted_with_a_report_and_what_is_not_valid_stays(own: Documents) -> None:
    root = own.project.root
    whole = notebook(code("a = 1", [stream("1")], 1), kernelspec={"name": "ir", "display_name": "R", "language": "R"})
    for name in ("good.ipynb", "sub/deep.ipynb", "taken.ipynb", ".hidden/no.ipynb", "node_modules/no.ipynb"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(ipynb.serialise(whole))
    (root / "taken.R").write_text("a program")
    (root / "broken.ipynb").write_text("{")
    (root / "invalid.ipynb").write_text(json.dumps({**whole, "cells": [{"cell_type": "code"}]}))
    (root / "old.ipynb").write_text(json.dumps({"nbformat": 2, "worksheets": 3}))
    untouched = {name: (root / name).read_bytes() for name in ("broken.ipynb", "invalid.ipynb", "old.ipynb", "taken.R")}
    told: list[tuple[float | None, str]] = []
    report = convert(own.project, ".", "text", lambda share, path: told.append((share, path)), documents=own)
    assert {made.path: made.became for made in report} == {
        "broken.ipynb": "",
        "good.ipynb": "good.R",
        "invalid.ipynb": "",
        "old.ipynb": "",
        "sub/deep.ipynb": "sub/deep.R",
        "taken.ipynb": "",
    }
    problems = {made.path: made.problem for made in report if made.problem}
    assert "is not a notebook" in problems["broken.ipynb"]
    assert "is not a valid notebook" in problems["invalid.ipynb"]
    assert "format 2" in problems["old.ipynb"]
    assert "There is already a taken.R" in problems["taken.ipynb"]
    assert {name: (root / name).read_bytes() for name in untouched} == untouched
    assert [share for share, _ in told] == sorted(share or 0 for share, _ in told)
    back = convert(own.project, ".", "notebook", documents=own)
    assert {made.path: made.became for made in back} == {"good.R": "good.ipynb", "sub/deep.R": "sub/deep.ipynb"}
    assert same(ipynb.parse((root / "good.ipynb").read_bytes(), "good"), whole)


@pytest.mark.parametrize("name", sorted(wholes()))
def test_every_awkward_notebook_converts_there_and_back(name: str, own: Documents) -> None:
    root, whole = own.project.root, joined(wholes()[name])
    (root / "a.ipynb").write_bytes(ipynb.serialise(whole))
    before = ipynb.parse((root / "a.ipynb").read_bytes(), "a")
    [made] = convert(own.project, "a.ipynb", "text", documents=own)
    if ipynb.problem(before):  # only of notebooks that nbformat's schema refuses
        assert "is not a valid notebook" in made.problem
        return
    assert made.problem == ""
    [back] = convert(own.project, made.became, "notebook", documents=own)
    assert back.problem == ""
    assert same(ipynb.parse((root / "a.ipynb").read_bytes(), "a"), before)


def test_a_project_without_views_has_one_file(own: Documents) -> None:
    root = own.project.root
    (root / "perijove.toml").write_text("[storage]\nview = false\n")
    shutil.copy(ROAD, root / "road.ipynb")
    convert(own.project, "road.ipynb", "text", documents=own)
    assert [file.name for file in root.iterdir() if file.name.startswith("road")] == ["road.py"]


def test_a_conflict_is_not_converted_away(own: Documents) -> None:
    root = own.project.root
    own.save(root / "churn.py", notebook(code("a = 1", id="a")))
    text = (root / "churn.py").read_text()
    (root / "churn.py").write_text(text.replace("a = 1", "<<<<<<< ours\na = 1\n=======\na = 2\n>>>>>>> theirs"))
    [made] = convert(own.project, "churn.py", "notebook", documents=own)
    assert "unresolved conflicts" in made.problem
    assert "a = 2" in (root / "churn.py").read_text()


@pytest.mark.parametrize("target", ["b.md", "b.Rmd", "b.myst.md", "b.light.py", "b.percent.py", "b.hydrogen.py"])
def test_jupytexts_formats_in_and_out(target: str, own: Documents) -> None:
    root = own.project.root
    whole = notebook(markdown("# Churn"), code("a = 1\nprint(a)", [stream("1\n")], 1), code("b = 2"))
    whole["metadata"]["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    own.save(root / "a.py", whole)
    made = convert_file(own, root / "a.py", root / target)
    assert (made.path, made.became) == ("a.py", target)
    convert_file(own, root / target, root / "c.py")
    back = own.load(root / "c.py").notebook
    assert [(cell["cell_type"], cell["source"]) for cell in back["cells"]] == [
        (cell["cell_type"], cell["source"]) for cell in whole["cells"]
    ]
    assert back["metadata"]["kernelspec"]["name"] == "python3"
    assert "jupytext" not in back["metadata"]
    with pytest.raises(Conflict, match="already"):
        convert_file(own, root / "a.py", root / target)


def test_a_light_script_becomes_a_notebook_and_what_has_no_format_a_sentence(own: Documents) -> None:
    root = own.project.root
    (root / "script.py").write_text("# # Title\n\nimport os\n\nprint(os.sep)\n")
    convert_file(own, root / "script.py", root / "script.ipynb")
    cells = ipynb.parse((root / "script.ipynb").read_bytes(), "script")["cells"]
    assert [cell["source"] for cell in cells] == ["# Title", "import os", "print(os.sep)"]
    with pytest.raises(Invalid, match="no format"):
        convert_file(own, root / "script.py", root / "script.docx")
    with pytest.raises(NotFound):
        convert_file(own, root / "none.py", root / "none.ipynb")
    with pytest.raises(NotFound):
        convert(own.project, "none", "text", documents=own)


def test_a_converted_notebook_is_a_small_change_for_git(own: Documents) -> None:
    root = own.project.root
    subprocess.run(["git", "init", "-q", root], check=True)
    shutil.copy(ROAD, root / "road.ipynb")
    convert(own.project, "road.ipynb", "text", documents=own)
    status = subprocess.run(["git", "-C", root, "status", "--porcelain"], capture_output=True, text=True, check=True)
    assert status.stdout.split("\n") == ["?? road.py", ""]


def test_git_follows_the_text_instead_and_the_notebook_again_when_it_is_one(own: Documents) -> None:
    root = own.project.root
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(root))

    def status() -> list[str]:
        done = subprocess.run([*git, "status", "--porcelain", "-z"], capture_output=True, text=True, check=True)
        return done.stdout.split("\0")[:-1]

    subprocess.run(["git", "init", "-q", root], check=True)
    name = "ro[a]d *1.ipynb"
    shutil.copy(ROAD, root / name)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "begin"], check=True)
    [made] = convert(own.project, name, "text", documents=own)
    assert made.note == f"git no longer follows {name}; commit the change."
    assert sorted(status()) == sorted([f"D  {name}", "?? ro[a]d *1.py"])
    convert(own.project, "ro[a]d *1.py", "notebook", documents=own)
    subprocess.run([*git, "add", "-A"], check=True)
    assert [entry[3:] for entry in status()] in ([], [name])  # the same, or as nbformat writes it
