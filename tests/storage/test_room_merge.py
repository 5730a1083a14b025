"""A room in which two versions meet: both are kept, and a person decides where they contradict each other."""

from __future__ import annotations

import asyncio
import json

import pytest
from pycrdt import Assoc
from tests.live import until
from tests.storage.rooms import Place, code, edit, shown, sources

from perijove.storage.live.ydoc import edit_text, snapshot
from perijove.storage.model import CONFLICT_KEY

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("suffix", [".ipynb", ".py"])
async def test_edits_on_both_sides_are_kept(place: Place, suffix: str) -> None:
    make = place.write if suffix == ".ipynb" else place.text
    file = make(f"n{suffix}", code("a", "one"), code("b", "two"), code("c", "three"))
    async with place.open(file.name) as room:
        edit(room, 0, "one, mine")
        file.write_text(file.read_text().replace("two", "two, theirs"))
        await room._save_to_disc()
        assert shown(room) == sources(place.read(file)) == ["one, mine", "two, theirs", "three"]


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


@pytest.mark.parametrize(("suffix", "kind"), [(".ipynb", "notebook"), (".py", "notebook"), (".py", "file")])
async def test_a_program_that_writes_at_the_moment_of_a_save_takes_nothing_back(
    place: Place, monkeypatch: pytest.MonkeyPatch, suffix: str, kind: str
) -> None:
    make = place.write if suffix == ".ipynb" else place.text
    file = make(f"n{suffix}", code("a", "one"), code("b", "two"))
    before = file.read_text()
    for at_once, wanted in ((10**12, "mine"), (0, "one")):
        monkeypatch.setattr("perijove.storage.live.room.AT_ONCE", at_once)
        file.write_text(before)
        async with place.open(file.name, kind) as room:
            if kind == "notebook":
                edit(room, 0, "mine")
            else:
                source = room._document.ydoc["source"]
                edit_text(source, str(source).replace("one", "mine"))
            await room._save_to_disc()
            assert "mine" in file.read_text()
            file.write_text(before.replace("two", "theirs"))  # it had read the file before the save
            await room.sync()
            await room._save_to_disc()
            assert sources(place.read(file)) == [wanted, "theirs"]
