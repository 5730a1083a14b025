"""Text notebooks on disk: what a save writes and what it leaves, and what is known of changes from outside."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest
from tests.storage.awkward import code, notebook, sources, stream, wholes
from tests.storage.own import manifest, three, tree

from perijove.core.errors import Invalid, NotFound
from perijove.storage import conflicts, ipynb
from perijove.storage.check import joined, same
from perijove.storage.documents import Documents
from perijove.storage.model import Changed
from perijove.storage.text import stale, to_text

OTHER = (", R", ", javascript", ", matlab", ", scheme", ", sql")
ROAD = Path(__file__).parents[2] / "examples" / "road.ipynb"
AWKWARD = {name: made for name, made in {**sources(), **wholes()}.items() if not name.endswith(OTHER)}


def test_every_awkward_notebook_comes_back_and_saving_it_again_writes_nothing(own: Documents) -> None:
    notebooks = {own.project.root / f"{at}.py": joined(made) for at, made in enumerate(AWKWARD.values())}
    assert len(notebooks) > 50
    saved = {file: own.save(file, whole) for file, whole in notebooks.items()}
    own.views.flush()
    before = tree(own)
    fresh = Documents(own.project)
    for file, whole in notebooks.items():
        assert same(conflicts.lower(fresh.load(file, ids=False).notebook), whole)
        for stubs in (False, True):
            fresh.save(file, fresh.load(file, stubs=stubs).notebook, base=saved[file])
        assert fresh.version(file).digest == saved[file].digest
    fresh.close()
    assert tree(own) == before


def test_a_plain_notebook_keeps_its_bytes_unless_something_changed(own: Documents) -> None:
    file = own.project.root / "plain.ipynb"
    shutil.copy(ROAD, file)
    odd = json.dumps(json.loads(file.read_bytes()), indent=3).encode()  # as no program of Jupyter's writes it
    file.write_bytes(odd)
    stamp = file.stat()
    document = own.load(file)
    own.save(file, document.notebook, base=document.version)
    assert file.read_bytes() == odd
    assert file.stat() == stamp
    document.notebook["cells"][0]["source"] += " changed"
    own.save(file, document.notebook, base=document.version)
    assert json.loads(file.read_bytes())["cells"][0]["source"][-1].endswith(" changed")


def test_an_output_that_did_not_change_is_not_written_again(own: Documents) -> None:
    file = own.project.root / "churn.py"
    whole = notebook(*[code(name, [stream(name * 5000)], 1, id=name) for name in "abc"])
    own.save(file, whole)
    blobs = {path for path in tree(own) if "/blobs/" in path}
    before = {path: seen for path, seen in tree(own).items() if path in blobs}
    whole["cells"][1]["outputs"] = [stream("other" * 5000)]
    own.save(file, whole)
    after = {path: seen for path, seen in tree(own).items() if "/blobs/" in path}
    assert len(after) == 3
    assert len(set(before.items()) & set(after.items())) == 2  # and the replaced one is gone


def test_an_output_that_another_notebook_shows_stays_when_it_is_replaced(own: Documents) -> None:
    first, second = own.project.root / "a.py", own.project.root / "sub" / "b.py"
    whole = notebook(code("x", [stream("same" * 5000)], 1))
    own.save(first, whole)
    own.save(second, whole)
    own.save(first, notebook(code("x", [], 2)))
    assert own.load(second).notebook["cells"][0]["outputs"] == whole["cells"][0]["outputs"]
    own.save(second, notebook(code("x", [], 2)))
    assert [path for path in tree(own) if "/blobs/" in path] == []


def test_outputs_of_a_deleted_cell_come_back_with_it_until_somebody_cleans(own: Documents) -> None:
    file = own.project.root / "churn.py"
    whole = notebook(*[code(name, [stream(name * 5000)], 1, id=name) for name in "ab"])
    own.save(file, whole)
    text = file.read_bytes()
    own.save(file, {**whole, "cells": whole["cells"][:1]})
    file.write_bytes(text)  # git brings the cell back
    assert same(own.load(file).notebook, whole)
    own.save(file, {**whole, "cells": whole["cells"][:1]})
    cleaned = own.clean()
    assert (cleaned.blobs, cleaned.bytes, cleaned.manifests) == (1, 5000, 0)
    file.write_bytes(text)
    assert [len(cell["outputs"]) for cell in own.load(file).notebook["cells"]] == [1, 0]


def test_the_token_grows_with_every_other_content_and_only_then(own: Documents) -> None:
    file = own.project.root / "churn.py"
    first = own.save(file, three())
    text = file.read_bytes()
    os.utime(file)  # touched: the same content
    assert own.version(file) == first
    file.write_bytes(text.replace(b"a = 1", b"a = 2"))
    second = own.version(file)
    assert second.token > first.token
    older = own.project.root / "older"
    older.write_bytes(text.replace(b"a = 1", b"a = 3"))
    os.utime(older, (1_000_000_000, 1_000_000_000))
    older.replace(file)  # as cp -p, rsync and tar do
    third = own.version(file)
    assert third.token > second.token
    stamp = file.stat()
    file.write_bytes(text.replace(b"a = 1", b"a = 4"))
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    fourth = own.version(file)
    assert fourth.token > third.token
    file.write_bytes(text)
    assert own.version(file).token > fourth.token
    assert own.version(file).digest == first.digest
    assert own.token(file) == own.version(file).token


def test_the_same_time_and_size_in_place_is_noticed(own: Documents) -> None:
    file = own.project.root / "plain.ipynb"
    file.write_bytes(ipynb.serialise(three()))
    tokens = [own.version(file).token]
    stamp = file.stat()
    for digit in b"23456789":
        with file.open("r+b") as stream_:
            data = stream_.read()
            stream_.seek(data.index(b"a = ") + 4)
            stream_.write(bytes([digit]))
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        tokens.append(own.version(file).token)
    assert tokens == sorted(set(tokens))


def test_asking_for_a_version_reads_nothing(own: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    file = own.project.root / "churn.py"
    own.save(file, three())
    own.views.flush()
    past = time.time_ns() - 10**9
    monkeypatch.setattr(time, "time_ns", lambda: past + 3 * 10**9)  # the save is not of this moment
    known = own.version(file)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a poll opened a file")

    for name in ("open", "read_bytes", "read_text"):
        monkeypatch.setattr(Path, name, refuse)
    monkeypatch.setattr(os, "open", refuse)
    for _ in range(3):
        assert own.version(file) == known
        assert own.token(file) == known.token
        assert own.is_text(file)


def test_a_save_over_another_change_is_refused(own: Documents) -> None:
    file = own.project.root / "churn.py"
    base = own.save(file, three())
    file.write_bytes(file.read_bytes().replace(b"a = 1", b"a = 2"))
    changed = tree(own)
    with pytest.raises(Changed, match="changed by someone else"):
        own.save(file, three(), base=base)
    assert tree(own) == changed
    file.unlink()
    with pytest.raises(Changed, match="is gone"):
        own.save(file, three(), base=base)
    assert not file.exists()


def test_what_is_no_notebook_gets_a_sentence(own: Documents) -> None:
    root = own.project.root
    (root / "program.py").write_text("print(1)\n")
    (root / "broken.ipynb").write_text('{"cells": [')
    (root / "latin.py").write_bytes(to_text(three()).text.encode() + b"\n# \xe4\n")
    for name, sentence in (
        ("program.py", "is not a notebook"),
        ("broken.ipynb", "is not a notebook"),
        ("latin.py", "UTF-8"),
    ):
        with pytest.raises(Invalid, match=sentence):
            own.load(root / name)
    with pytest.raises(NotFound, match="no notebook"):
        own.load(root / "none.py")


def test_windows_line_ends_are_read_and_kept(own: Documents) -> None:
    file = own.project.root / "churn.py"
    own.save(file, three())
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))  # git's autocrlf
    crlf = file.read_bytes()
    document = own.load(file)
    assert same(document.notebook, three())
    own.save(file, document.notebook, base=document.version)
    assert file.read_bytes() == crlf
    document.notebook["cells"][0]["source"] = "a = 2"
    own.save(file, document.notebook)
    assert file.read_bytes() == crlf.replace(b"a = 1", b"a = 2")


def test_outputs_older_than_their_source_are_known_until_the_cell_runs(own: Documents) -> None:
    file = own.project.root / "churn.py"
    own.save(file, three())
    file.write_text(file.read_text().replace("b = 1", "b = 2"))

    def old() -> list[str]:
        return stale(file.read_text(), manifest(own).read_bytes())

    assert old() == ["b"]
    whole = own.load(file).notebook
    whole["cells"][2]["source"] = "c = 2"  # in Jupyter, without a run
    own.save(file, whole)
    assert old() == ["b", "c"]
    whole["cells"][1]["execution_count"] = 9
    own.save(file, whole)
    assert old() == ["c"]
