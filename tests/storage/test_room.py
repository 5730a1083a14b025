"""A room and the disk: nobody's edit is lost whatever happens to the file, and nothing is written for nothing."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_server_ydoc.loaders import FileLoader
from jupyter_server_ydoc.test_utils import FakeFileIDManager
from jupyter_ydoc import YNotebook
from pycrdt import Assoc, Doc, Map
from tests.live import until

from perijove.core.project import Project
from perijove.storage.documents import Documents
from perijove.storage.live import attach
from perijove.storage.live.journal import Journal
from perijove.storage.live.room import Room
from perijove.storage.live.ydoc import edit_text, snapshot
from perijove.storage.model import BLOB_MIME, CONFLICT_KEY

PNG = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "QUJD" * 2000}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio


class Notary:
    """Trusts nothing, as on a computer where a notebook was never run."""

    def check_signature(self, notebook: Any) -> bool:
        return False

    def sign(self, notebook: Any) -> None:
        """Nothing to remember."""


class Manager:
    """What a room asks of a contents manager when documents do the work."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.notary = Notary()

    def _get_os_path(self, path: str) -> str:
        return str(self.documents.project.root / path)

    def get(self, path: str, content: bool = True, **_: Any) -> dict[str, Any]:
        file = Path(self._get_os_path(path))
        return {"writable": os.access(file, os.W_OK), "last_modified": file.stat().st_mtime_ns}


class Events:
    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def emit(self, schema_id: str, data: dict[str, Any]) -> None:
        self.told.append(data)


class Place:
    """A project with notebooks, and rooms in which they are open."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.documents = Documents(project)
        self.manager = Manager(self.documents)
        self.events = Events()
        attach._stores[self.manager] = (project, self.documents)

    @asynccontextmanager
    async def open(
        self, name: str, kind: str = "notebook", save_delay: float | None = None, poll: float | None = None
    ) -> AsyncIterator[Room]:
        loader = FileLoader(name, FakeFileIDManager({name: name}), self.manager, poll_interval=poll)
        store = Journal(f"{kind}:{name}", folder=self.project.state / "journal")
        form = "json" if kind == "notebook" else "text"
        room = Room(f"{form}:{kind}:{name}", form, kind, loader, self.events, store, None, save_delay)
        running = asyncio.create_task(room.start())
        await room.started.wait()
        await room.initialize()
        await room.ydoc_observed.wait()
        try:
            yield room
        finally:
            await room.stop()
            await loader.clean()
            await asyncio.wait([running], timeout=5)

    def write(self, name: str, *cells: dict[str, Any], minor: int = 5) -> Path:
        file = self.project.root / name
        file.write_text(json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": minor}))
        return file

    def text(self, name: str, *cells: dict[str, Any]) -> Path:
        """A text notebook made by a save, as any is."""
        file = self.project.root / name
        file.write_text('# perijove-notebook 1 {"kernel": "python3"}\n')
        self.documents.save(file, {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        return file

    def read(self, file: Path) -> dict[str, Any]:
        return self.documents.load(file).notebook


@pytest.fixture
def place(project: Project) -> Place:
    return Place(project)


def code(cell_id: str | None, source: str = "", *made: dict[str, Any]) -> dict[str, Any]:
    cell = {"cell_type": "code", "source": source, "metadata": {}, "execution_count": None, "outputs": list(made)}
    return cell if cell_id is None else {"id": cell_id, **cell}


def sources(found: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in found["cells"]]


def edit(room: Room, index: int, source: str) -> None:
    edit_text(room._document.ycells[index]["source"], source)


def shown(room: Room) -> list[str]:
    return sources(snapshot(room._document))


@pytest.mark.parametrize("suffix", [".ipynb", ".py"])
async def test_edits_on_both_sides_are_kept(place: Place, suffix: str) -> None:
    make = place.write if suffix == ".ipynb" else place.text
    file = make(f"n{suffix}", code("a", "one"), code("b", "two"), code("c", "three"))
    async with place.open(file.name) as room:
        edit(room, 0, "one, mine")
        file.write_text(file.read_text().replace("two", "two, theirs"))
        await room._save_to_disc()
        assert shown(room) == sources(place.read(file)) == ["one, mine", "two, theirs", "three"]


async def test_a_save_that_is_asked_for_fails_loudly(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"))
    async with place.open(file.name) as room:
        edit(room, 0, "mine")
        file.write_text("no notebook any more")
        with pytest.raises(Exception, match="not a notebook"):
            await room._save_to_disc()
        assert file.read_text() == "no notebook any more"
        file.write_text(json.dumps(place.read(place.write("o.ipynb", code("a", "one"), code("b", "back")))))
        await room._save_to_disc()
        assert sources(place.read(file)) == ["mine", "back"]


async def test_an_older_file_and_one_of_the_same_time_are_noticed(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"), code("b", "two"))
    stat = file.stat()
    async with place.open("n.ipynb", poll=0.02) as room:
        for source, when in (("older", stat.st_mtime_ns - 10**12), ("same", stat.st_mtime_ns - 10**12)):
            edit(room, 0, f"mine before {source}")
            place.write("n.ipynb", code("a", "one"), code("b", source))
            os.utime(file, ns=(when, when))
            assert await until(lambda source=source: shown(room) == [f"mine before {source}", source])
        await room._save_to_disc()
        assert sources(place.read(file)) == ["mine before same", "same"]


async def test_an_edit_that_waits_long_for_its_save_is_not_lost(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"), code("b", "two"))
    async with place.open("n.ipynb", save_delay=60, poll=0.02) as room:
        edit(room, 0, "mine")
        place.write("n.ipynb", code("a", "one"), code("b", "two, theirs"))
        assert await until(lambda: shown(room) == ["mine", "two, theirs"])
    assert sources(place.read(file)) == ["mine", "two, theirs"]  # closing the room saved it


async def test_edits_meanwhile_are_neither_lost_nor_doubled(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"), code("b", "two"))
    async with place.open("n.ipynb", save_delay=0.01, poll=0.01) as room:
        for number in range(30):
            source = room._document.ycells[0]["source"]
            source += f" {number}"
            if number % 5 == 0:
                found = json.loads(file.read_text())
                found["cells"][1]["source"] = f"theirs {number}"
                temporary = file.with_suffix(".new")
                temporary.write_text(json.dumps(found))
                temporary.replace(file)
            await asyncio.sleep(0.005)
        wanted = ["one " + " ".join(map(str, range(30))), "theirs 25"]
        assert await until(lambda: shown(room) == wanted == sources(place.read(file)))


async def test_autosave_writes_when_people_pause_and_not_never(place: Place) -> None:
    file = place.write("n.ipynb", code("a", ""))
    async with place.open("n.ipynb", save_delay=0.05) as room:
        for number in range(100):
            edit(room, 0, str(number))
            await asyncio.sleep(0.02)
            if sources(place.read(file)) != [""]:
                break
        assert number < 80, "people who never pause must not wait for ever"


ODD = [
    {"output_type": "execute_result", "data": {"application/json": [math.nan, -math.inf, 2**63, 1.0]}, "metadata": {}},
    {"output_type": "stream", "name": "stdout", "text": "long\n" * 10_000},
    {"output_type": "display_data", "data": {"image/png": "QUJD" * 2000, "text/plain": "half \ud83d"}, "metadata": {}},
    {"output_type": "display_data", "data": {"text/plain": "half \ud83d"}, "metadata": {"n": 2**70, "f": 1.0}},
]


@pytest.mark.parametrize("suffix", [".ipynb", ".py"])
async def test_opening_and_closing_writes_nothing(place: Place, suffix: str) -> None:
    cells = [code("a", "x\r\ny", *[{**output} for output in ODD]), code("b", "half \ud83d"), code("a", "again")]
    for output in cells[0]["outputs"]:
        if output["output_type"] == "execute_result":
            output["execution_count"] = 1
    make = place.write if suffix == ".ipynb" else place.text
    files = [make(f"odd{suffix}", *cells), make(f"empty{suffix}")]
    for file in files:
        before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino, place.documents.version(file))
        async with place.open(file.name, save_delay=0.01, poll=0.01) as room:
            await asyncio.sleep(0.1)
            await room._save_to_disc()
        assert before == (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino, place.documents.version(file))


@pytest.mark.parametrize("suffix", [".ipynb", ".py"])
async def test_numbers_no_document_can_carry_neither_block_loading_nor_saving(place: Place, suffix: str) -> None:
    cell = code("a", "one", *[{**output} for output in ODD])
    cell["outputs"][0]["execution_count"] = 1
    make = place.write if suffix == ".ipynb" else place.text
    file = make(f"n{suffix}", cell, code("b", "two"))
    async with place.open(file.name) as room:
        edit(room, 1, "two, mine")
        await room._save_to_disc()
    found = place.read(file)
    assert sources(found) == ["one", "two, mine"]
    assert json.dumps(found["cells"][0]["outputs"], sort_keys=True) == json.dumps(cell["outputs"], sort_keys=True)


async def test_large_outputs_leave_the_document_and_come_back_on_disk(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"))
    size = 600_000
    big = [{**PNG, "data": {"image/png": base64.b64encode(os.urandom(size)).decode()}} for _ in range(10)]
    state = place.project.state
    async with place.open("n.ipynb", save_delay=0.05) as room:
        for output in big:
            made = room._document.ycells[0]["outputs"]
            with room.ydoc.transaction():
                made.clear()
                made.append(Map(output))
            assert await until(lambda: BLOB_MIME in str(snapshot(room._document)["cells"][0]["outputs"]))
            await room._save_to_disc()
        assert len(room.ydoc.get_update()) < 20_000
        assert place.read(file)["cells"][0]["outputs"] == [big[-1]]
        kept = sum(each.stat().st_size for each in [*state.rglob("journal/*"), *state.rglob("blobs/*/*")])
        assert size < kept < size * 1.1
    assert not [each for each in state.rglob("blobs/*/*") if each.is_file()], "the file has the outputs"


async def test_a_stream_leaves_the_document_only_when_its_cell_has_ended(place: Place) -> None:
    place.write("n.ipynb", code("a", "run()", {"output_type": "stream", "name": "stdout", "text": ""}))
    async with place.open("n.ipynb") as room:
        cell = room._document.ycells[0]
        cell["execution_state"] = "running"
        text = cell["outputs"][0]["text"]
        for _ in range(10):
            text += "line\n" * 1000
            await room._save_to_disc()
        cell["execution_state"] = "idle"
        await room._save_to_disc()
        assert BLOB_MIME in str(snapshot(room._document)["cells"][0]["outputs"])
    assert place.read(place.project.root / "n.ipynb")["cells"][0]["outputs"][0]["text"] == "line\n" * 10_000


async def test_a_killed_server_loses_nothing_even_if_the_file_changed_meanwhile(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"), code("b", "two"), code("c", "three"))
    async with place.open("n.ipynb") as room:
        edit(room, 0, "saved")
        await room._save_to_disc()
        edit(room, 0, "saved, then typed")
        await asyncio.sleep(0)  # the update is on its way to the journal
        assert await until(lambda: room.journal is not None and b"typed" in room.journal.file.read_bytes())
        kept = room.journal.file.read_bytes()
    file.write_text(file.read_text().replace("saved, then typed", "saved").replace("three", "three, pulled"))
    next(place.project.state.glob("journal/*.journal")).write_bytes(
        kept
    )  # as if the server had not lived to close the room
    async with place.open("n.ipynb", save_delay=0.01) as room:
        assert shown(room) == ["saved, then typed", "two", "three, pulled"]
        assert await until(lambda: sources(place.read(file)) == ["saved, then typed", "two", "three, pulled"])


async def test_saved_means_durable(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("n.ipynb", code("a", "one"))
    synced: list[str] = []
    real = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda number: (synced.append(str(Path(f"/proc/self/fd/{number}").readlink())), real(number))
    )
    async with place.open("n.ipynb") as room:
        edit(room, 0, "mine")
        await room._save_to_disc()
        assert [name for name in synced if "/journal/.perijove-" in name]


async def test_a_history_goes_on_after_a_restart(place: Place) -> None:
    place.write("n.ipynb", code("a", "one"))
    away: Doc[Any] = Doc()
    async with place.open("n.ipynb") as room:
        edit(room, 0, "one, saved")
        await room._save_to_disc()
        away.apply_update(room.ydoc.get_update())
    text = YNotebook(away).ycells[0]["source"]
    text += ", typed offline"
    async with place.open("n.ipynb") as room:
        room.ydoc.apply_update(away.get_update())
        assert shown(room) == ["one, saved, typed offline"]


async def test_who_comes_back_when_the_journal_is_gone_doubles_nothing(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"), code("b", "two"))
    away: Doc[Any] = Doc()
    async with place.open("n.ipynb") as room:
        away.apply_update(room.ydoc.get_update())
    for kept in place.project.state.glob("journal/*"):
        kept.unlink()
    text = YNotebook(away).ycells[0]["source"]
    text += ", typed offline"
    async with place.open("n.ipynb") as room:
        room.ydoc.apply_update(away.get_update())
        await room._save_to_disc()
        assert shown(room) == ["one, typed offline", "two"] == sources(place.read(file))


async def test_who_comes_back_when_journal_and_content_are_others_is_asked(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"), code("b", "two"))
    away: Doc[Any] = Doc()
    async with place.open("n.ipynb") as room:
        edit(room, 0, "one, saved")
        await room._save_to_disc()
        away.apply_update(room.ydoc.get_update())
    for kept in place.project.state.glob("journal/*"):
        kept.unlink()
    book = YNotebook(away)
    text = book.ycells[0]["source"]
    text += ", typed offline"
    async with place.open("n.ipynb") as room:
        room.ydoc.apply_update(away.get_update())
        await room._save_to_disc()
        assert shown(room) == ["one, saved, typed offline", "two"]
        mark = snapshot(room._document)["cells"][0]["metadata"][CONFLICT_KEY]["conflict"]
        assert (mark["ours"], mark["theirs"]) == ("one, saved, typed offline", "one, saved")
        assert sources(place.read(file)) == ["one, saved", "two"]


async def test_cells_of_an_old_notebook_stay_when_one_changes_on_disk(place: Place) -> None:
    cells = [code(None, f"cell {number}") for number in range(6)]
    file = place.write("old.ipynb", *cells, minor=4)
    async with place.open("old.ipynb") as room:
        cursors = [cell["source"].sticky_index(4, Assoc.BEFORE) for cell in room._document.ycells]
        cells[2] = code(None, "cell 2, theirs")
        place.write("old.ipynb", *cells, minor=4)
        edit(room, 4, "cell 4, mine")
        await room._save_to_disc()
        assert [cursor.get_index() for cursor in cursors] == [4] * 6
        edit(room, 0, "cell 0, mine")
        await room._save_to_disc()
    found = json.loads(file.read_text())
    wanted = ["cell 0, mine", "cell 1", "cell 2, theirs", "cell 3", "cell 4, mine", "cell 5"]
    assert (sources(found), found["nbformat_minor"]) == (wanted, 4)
    assert not any("id" in cell for cell in found["cells"])


async def test_a_notebook_and_its_text_are_edited_side_by_side(place: Place) -> None:
    file = place.text("n.py", *[code(name, f"{name} = 0\n# end of {name}") for name in "ab"])
    async with place.open("n.py", save_delay=0.02) as book, place.open("n.py", "file", save_delay=0.02) as text:
        for number in range(1, 11):
            edit(book, 0, f"a = {number}\n# end of a")
            shared = text._document.ydoc["source"]
            edit_text(shared, str(shared).replace(f"b = {number - 1}\n", f"b = {number}\n"))
            await asyncio.sleep(0.03 * (number % 3))
        wanted = ["a = 10\n# end of a", "b = 10\n# end of b"]
        assert await until(lambda: shown(book) == wanted == sources(place.read(file)))
        assert await until(lambda: str(text._document.ydoc["source"]) == file.read_text())


async def test_a_text_keeps_its_line_breaks_and_gets_what_changes_on_disk(place: Place) -> None:
    file = place.project.root / "plain.txt"
    file.write_bytes(b"one\r\ntwo\r\nthree\r\n")
    async with place.open("plain.txt", "file") as room:
        assert str(room._document.ydoc["source"]) == "one\ntwo\nthree\n"
        edit_text(room._document.ydoc["source"], "one, mine\ntwo\nthree\n")
        file.write_bytes(b"one\r\ntwo\r\nthree, theirs\r\n")
        await room._save_to_disc()
    assert file.read_bytes() == b"one, mine\r\ntwo\r\nthree, theirs\r\n"


async def test_both_sides_of_a_text_are_kept_and_nothing_is_written_until_a_person_decides(place: Place) -> None:
    file = place.project.root / "plain.txt"
    file.write_text("one\ntwo\n")
    async with place.open("plain.txt", "file", save_delay=0.01, poll=0.01) as room:
        edit_text(room._document.ydoc["source"], "mine\ntwo\n")
        file.write_text("theirs\ntwo\n")
        assert await until(lambda: "<<<<<<<" in str(room._document.ydoc["source"]))
        await asyncio.sleep(0.1)
        assert file.read_text() == "theirs\ntwo\n"
        assert {"mine", "theirs", "two"} <= set(str(room._document.ydoc["source"]).splitlines())
        edit_text(room._document.ydoc["source"], "mine and theirs\ntwo\n")
        assert await until(lambda: file.read_text() == "mine and theirs\ntwo\n")


async def test_a_cell_that_both_changed_waits_for_a_person_and_the_rest_is_saved(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"), code("b", "two"))
    async with place.open("n.ipynb") as room:
        edit(room, 0, "mine")
        edit(room, 1, "two, mine")
        place.write("n.ipynb", code("a", "theirs"), code("b", "two"))
        await room._save_to_disc()
        cell = snapshot(room._document)["cells"][0]
        mark = cell["metadata"][CONFLICT_KEY]["conflict"]
        assert (cell["source"], mark["ours"], mark["theirs"]) == ("mine", "mine", "theirs")
        assert sources(place.read(file)) == ["theirs", "two, mine"]
        edit(room, 1, "two, mine again")
        await room._save_to_disc()
        assert sources(place.read(file)) == ["theirs", "two, mine again"]
        with room.ydoc.transaction():  # a person decides
            del room._document.ycells[0]["metadata"][CONFLICT_KEY]
            edit(room, 0, "both")
        await room._save_to_disc()
        assert sources(place.read(file)) == ["both", "two, mine again"]
        assert CONFLICT_KEY not in file.read_text()


MARKERS = "<<<<<<< HEAD\nours = 1\n=======\ntheirs = 1\n>>>>>>> branch\n"


@pytest.mark.parametrize("suffix", [".ipynb", ".py"])
async def test_markers_that_git_writes_into_an_open_notebook_are_never_written_over(place: Place, suffix: str) -> None:
    make = place.write if suffix == ".ipynb" else place.text
    file = make(f"n{suffix}", code("a", "x = 1"), code("b", "two"))
    async with place.open(file.name) as room:
        edit(room, 1, "two, mine")
        written = json.dumps(MARKERS)[1:-1] if suffix == ".ipynb" else MARKERS
        file.write_text(file.read_text().replace("x = 1\n", written).replace("x = 1", written))
        await room._save_to_disc()
        mark = snapshot(room._document)["cells"][0]["metadata"][CONFLICT_KEY]["conflict"]
        assert ("ours = 1" in mark["ours"], "theirs = 1" in mark["theirs"]) == (True, True)
        for line in MARKERS.splitlines():
            assert line in file.read_text()
        assert "two, mine" in file.read_text()


async def test_an_ipynb_broken_by_markers_is_merged_by_cell(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "x = 0"), code("b", "two"))
    whole = json.dumps(json.loads(file.read_text()), indent=1)
    async with place.open("n.ipynb") as room:
        edit(room, 1, "two, mine")
        line = next(line for line in whole.splitlines() if "x = 0" in line)
        ours, theirs = line.replace("x = 0", "x = 1"), line.replace("x = 0", "x = 2")
        file.write_text(whole.replace(line, f"<<<<<<< HEAD\n{ours}\n=======\n{theirs}\n>>>>>>> branch"))
        await room._save_to_disc()
        mark = snapshot(room._document)["cells"][0]["metadata"][CONFLICT_KEY]["conflict"]
        assert (mark["ours"], mark["theirs"]) == ("x = 1", "x = 2")
    assert "x = 1" in file.read_text()
    assert "x = 2" in file.read_text()
    assert sources(json.loads(file.read_text()))[1] == "two, mine"


async def test_outputs_that_another_program_writes_come_in(place: Place) -> None:
    file = place.text("n.py", code("a", "one"), code("b", "two"))
    async with place.open("n.py", poll=0.02) as room:
        edit(room, 1, "two, mine")
        other = Documents(place.project)
        ran = {"output_type": "stream", "name": "stdout", "text": "ran\n"}
        other.save(file, {**other.load(file).notebook, "cells": [code("a", "one", ran), code("b", "two")]})
        assert await until(lambda: snapshot(room._document)["cells"][0]["outputs"] == [ran])
        await room._save_to_disc()
    assert place.read(file)["cells"][0]["outputs"] == [ran]
    assert sources(place.read(file)) == ["one", "two, mine"]


async def test_a_file_that_may_not_be_written_is_left_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    file = place.write("n.ipynb", code("a", "one"))
    before = file.read_bytes()
    async with place.open("n.ipynb") as room:
        get = place.manager.get
        monkeypatch.setattr(place.manager, "get", lambda *a, **k: {**get(*a, **k), "writable": False})
        edit(room, 0, "mine")
        await room._save_to_disc()
    assert file.read_bytes() == before


async def test_a_kernel_that_introduces_itself_is_no_reason_to_write(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"))
    before = file.read_bytes()
    async with place.open("n.ipynb") as room:
        metadata = room.ydoc["meta"]["metadata"]
        metadata["language_info"] = {"name": "python", "version": "3.11.9"}
        await room._save_to_disc()
        assert file.read_bytes() == before
        edit(room, 0, "mine")
        await room._save_to_disc()
    assert place.read(file)["metadata"]["language_info"]["version"] == "3.11.9"


async def test_outputs_come_back_from_the_file_if_the_store_was_cleaned_meanwhile(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one", PNG))
    async with place.open("n.ipynb") as room:
        for blob in place.project.state.rglob("blobs/*/*"):
            blob.unlink()
        edit(room, 0, "mine")
        await room._save_to_disc()
    assert place.read(file)["cells"][0] == code("a", "mine", PNG)
    assert not [each for each in place.project.state.rglob("blobs/*/*") if each.is_file()]
