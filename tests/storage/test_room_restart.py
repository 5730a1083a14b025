"""What a room keeps when the server is killed, or when somebody comes back after a restart."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Doc
from tests.live import until
from tests.storage.rooms import Place, code, edit, shown, sources

from perijove.storage.live.journal import Journal
from perijove.storage.live.ydoc import edit_text, snapshot
from perijove.storage.model import CONFLICT_KEY

pytestmark = pytest.mark.anyio


async def test_a_killed_server_loses_nothing_even_if_the_file_changed_meanwhile(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"), code("b", "two"), code("c", "three"))
    async with place.open("n.ipynb") as room:
        edit(room, 0, "saved")
        await room._save_to_disc()
        edit(room, 0, "saved, then typed")
        await asyncio.sleep(0)  # the update is on its way to the journal
        journal = next(place.project.state.glob("journal/*.journal"))
        assert await until(lambda: b"typed" in journal.read_bytes())
        kept = journal.read_bytes()
    file.write_text(file.read_text().replace("saved, then typed", "saved").replace("three", "three, pulled"))
    journal.write_bytes(kept)  # as if the server had not lived to close the room
    async with place.open("n.ipynb", save_delay=0.01) as room:
        assert shown(room) == ["saved, then typed", "two", "three, pulled"]
        assert await until(lambda: sources(place.read(file)) == ["saved, then typed", "two", "three, pulled"])


async def test_saved_means_durable(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("n.ipynb", code("a", "one"))
    synced: list[str] = []
    real = os.fsync

    def fsync(number: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{number}").readlink()))
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
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


@pytest.mark.parametrize(("suffix", "kind"), [(".ipynb", "notebook"), (".py", "file")])
async def test_what_a_killed_second_server_did_not_save_is_taken_in(place: Place, suffix: str, kind: str) -> None:
    make = place.write if suffix == ".ipynb" else place.text
    file = make(f"n{suffix}", code("a", "one"), code("b", "two"))
    first = Journal(f"{kind}:{file.name}", folder=place.project.state / "journal")
    assert not first.file.exists()  # but another server has it, from now on
    async with place.open(file.name, kind) as room:
        document = room._document.ydoc
        text = document["source"] if kind == "file" else room._document.ycells[0]["source"]
        edit_text(text, str(text).replace("one", "one, saved"))
        await room._save_to_disc()
        edit_text(text, str(text).replace("saved", "saved, typed"))
        second = next(place.project.state.glob("journal/*.1.journal"))
        assert await until(lambda: b"typed" in second.read_bytes())
        kept = second.read_bytes()
    await first.stop()
    second.write_bytes(kept)  # as if the second server had been killed
    file.write_text(file.read_text().replace("saved, typed", "saved").replace("two", "two, pulled"))
    for _ in range(2):  # and this is not done twice
        async with place.open(file.name, kind) as room:
            await room._save_to_disc()
            assert sources(place.read(file)) == ["one, saved, typed", "two, pulled"]
        assert not second.exists()
