"""Where the parts of a text notebook lie, and that they stay together."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from tests.storage import saver
from tests.storage.awkward import code, markdown, notebook, stream
from tests.storage.own import manifest, three, tree

from perijove.core.errors import Conflict, Invalid, NotFound
from perijove.storage.check import same
from perijove.storage.documents import Documents
from perijove.storage.model import BLOB_MIME


def test_a_notebook_moves_with_all_that_belongs_to_it(own: Documents) -> None:
    root = own.project.root
    picture = {"image.png": {"image/png": "iVBORw0KGgo="}}
    whole = notebook(markdown("![](attachment:image.png)", attachments=picture), code("x", [stream("y" * 5000)], 1))
    own.save(root / "churn.py", whole)
    own.views.flush()
    own.copy(root / "churn.py", root / "copy.py")
    own.rename(root / "churn.py", root / "sub.py")
    own.views.flush()
    assert same(own.load(root / "copy.py").notebook, whole)
    assert same(own.load(root / "sub.py").notebook, whole)
    names = sorted(file.name for file in root.iterdir() if not file.name.startswith("."))
    assert names == ["copy.attachments", "copy.ipynb", "copy.py", "sub.attachments", "sub.ipynb", "sub.py"]
    with pytest.raises(Conflict):
        own.rename(root / "sub.py", root / "copy.py")
    own.delete(root / "sub.py")
    assert same(own.load(root / "copy.py").notebook, whole)
    own.delete(root / "copy.py")
    assert [file.name for file in root.iterdir() if not file.name.startswith(".")] == []
    assert [path for path in tree(own) if "/blobs/" in path or "/notebooks/" in path] == []


@pytest.mark.parametrize("outputs", ["commit", "sidecar", "remote"])
def test_outputs_lie_where_the_project_wants_them_and_follow_its_settings(outputs: str, own: Documents) -> None:
    root = own.project.root
    file = root / "churn.py"
    whole = notebook(code("x", [stream("y" * 5000)], 1))
    own.save(file, whole)
    (root / "perijove.toml").write_text(f'[storage]\noutputs = "{outputs}"\nremote = "file://{root}/far"\n')
    assert same(own.load(file).notebook, whole)
    whole["cells"][0]["execution_count"] = 2
    own.save(file, whole)
    own.views.flush()
    assert same(own.load(file).notebook, whole)
    if outputs == "remote":
        assert (root / "far/notebooks/churn.py/manifest.json").is_file()
        shutil.rmtree(root / ".perijove/outputs")
    else:
        assert (root / "churn.outputs/manifest.json").is_file()
        assert (root / "churn.outputs/.gitignore").exists() == (outputs == "sidecar")
        assert not (root / ".perijove/outputs/notebooks/churn.py/manifest.json").exists()
    elsewhere = Documents(own.project)
    assert same(elsewhere.load(file).notebook, whole)
    elsewhere.close()
    (root / "perijove.toml").write_text("[storage]\noutputs = 'nowhere'\n")
    with pytest.raises(Invalid, match="nowhere"):
        own.load(file)


def test_the_remote_gives_others_what_one_person_ran(own: Documents) -> None:
    root = own.project.root
    settings = f'[storage]\noutputs = "remote"\nremote = "file://{root}/far"\n'
    (root / "perijove.toml").write_text(settings)
    own.save(root / "churn.py", notebook(code("x", [stream("1" * 5000)], 1)))
    own.views.flush()
    other = root / "other"
    other.mkdir()
    (other / "perijove.toml").write_text(settings)
    shutil.copy(root / "churn.py", other)
    theirs = saver.documents(other)
    assert theirs.load(other / "churn.py").notebook["cells"][0]["outputs"] == [stream("1" * 5000)]
    own.save(root / "churn.py", notebook(code("x", [stream("2" * 5000)], 2)))
    own.views.flush()
    assert theirs.load(other / "churn.py").notebook["cells"][0]["outputs"] == [stream("2" * 5000)]
    theirs.close()


def test_a_manifest_with_markers_of_git_gives_the_outputs_that_are_whole(own: Documents) -> None:
    file = own.project.root / "churn.py"
    own.save(file, three())
    lines = manifest(own).read_text().split("\n")
    at = next(index for index, line in enumerate(lines) if line.startswith('"b"'))
    marked = [*lines[:at], "<<<<<<< ours", lines[at], "=======", ">>>>>>> theirs", *lines[at + 1 :]]
    manifest(own).write_text("\n".join(marked))
    assert same(own.load(file).notebook, three())


def test_a_clone_has_the_text_and_saving_it_writes_nothing(own: Documents) -> None:
    root = own.project.root
    own.save(root / "churn.py", three())
    clone = root / "clone"
    clone.mkdir()
    shutil.copy(root / "churn.py", clone)
    theirs = saver.documents(clone)
    document = theirs.load(clone / "churn.py")
    assert [cell["outputs"] for cell in document.notebook["cells"]] == [[], [], []]
    text = (clone / "churn.py").stat()
    theirs.save(clone / "churn.py", document.notebook, base=document.version)
    assert (clone / "churn.py").stat() == text
    assert not theirs.places.of(clone / "churn.py").manifest.exists()
    theirs.close()


def test_git_sees_the_text_and_nothing_else(own: Documents) -> None:
    root = own.project.root
    subprocess.run(["git", "init", "-q", root], check=True)
    own.save(root / "churn.py", three())
    own.views.flush()
    assert (root / "churn.ipynb").exists()
    status = subprocess.run(["git", "-C", root, "status", "--porcelain"], capture_output=True, text=True, check=True)
    assert status.stdout == "?? churn.py\n"


def test_blobs_that_nobody_saves_may_be_dropped(own: Documents) -> None:
    file = own.project.root / "churn.py"
    own.save(file, notebook(code("x", [stream("y" * 5000)], 1)))
    saved = next(own.places.blobs.glob("??/*")).name
    put = own.put_blob(b"never saved")
    own.drop_blobs({put, saved})
    assert own.get_blob(saved) == b"y" * 5000
    with pytest.raises(NotFound):
        own.get_blob(put)


def test_a_pointer_of_git_lfs_is_not_shown_as_an_output_and_is_not_lost(own: Documents) -> None:
    root = own.project.root
    (root / "perijove.toml").write_text('[storage]\noutputs = "commit"\n')
    own.save(root / "churn.py", notebook(code("x", [stream("y" * 5000)], 1)))
    [blob] = (root / "churn.outputs" / "blobs").glob("??/*")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + blob.name.encode() + b"\nsize 5000\n"
    blob.write_bytes(pointer)
    whole = own.load(root / "churn.py").notebook
    [stub] = whole["cells"][0]["outputs"]
    assert stub["data"][BLOB_MIME]["text"]["sha256"] == blob.name
    whole["cells"][0]["source"] = "x2"
    own.save(root / "churn.py", whole)
    blob.write_bytes(b"y" * 5000)  # git lfs pull
    assert own.load(root / "churn.py").notebook["cells"][0]["outputs"] == [stream("y" * 5000)]
