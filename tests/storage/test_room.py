"""A room and the disk: nobody's edit is lost whatever happens to the file, and nothing is written for nothing."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Doc, create_update_message
from tests.live import until
from tests.storage.rooms import Place, code, edit, shown, sources

from perijove.core.errors import NotAllowed

pytestmark = pytest.mark.anyio


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


class Client:
    """A connection whose messages have arrived but were not read yet."""

    path = "n.ipynb"

    def __init__(self, *messages: bytes) -> None:
        self._message_queue: asyncio.Queue[bytes] = asyncio.Queue()
        for message in messages:
            self._message_queue.put_nowait(message)

    def __aiter__(self) -> Client:
        return self

    async def __anext__(self) -> bytes:
        await asyncio.sleep(0)
        return await self._message_queue.get()

    async def send(self, message: bytes) -> None:
        """Nobody is there to hear it."""


async def test_a_save_has_all_that_was_typed_before_it(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"))
    async with place.open(file.name) as room:
        away: Doc[Any] = Doc()
        away.apply_update(room.ydoc.get_update())
        typed: list[bytes] = []
        watching = away.observe(lambda event: typed.append(create_update_message(event.update)))
        text = YNotebook(away).ycells[0]["source"]
        for number in range(50):
            text += f" {number}"
        away.unobserve(watching)
        serving = asyncio.create_task(room.serve(Client(*typed)))
        await asyncio.sleep(0)
        await room._save_to_disc()
        assert sources(place.read(file)) == ["one " + " ".join(map(str, range(50)))]
        serving.cancel()


async def test_an_older_file_and_one_of_the_same_time_are_noticed(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one"), code("b", "two"))
    stat = file.stat()
    async with place.open("n.ipynb", poll=0.02) as room:
        when = stat.st_mtime_ns - 10**12
        for source in ("older", "same"):
            edit(room, 0, f"mine before {source}")
            place.write("n.ipynb", code("a", "one"), code("b", source))
            os.utime(file, ns=(when, when))
            wanted = [f"mine before {source}", source]
            assert await until(lambda wanted=wanted: shown(room) == wanted)  # type: ignore[misc]
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


async def test_a_file_that_may_not_be_written_is_left_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    file = place.write("n.ipynb", code("a", "one"))
    before = file.read_bytes()
    async with place.open("n.ipynb") as room:
        get = place.manager.get
        monkeypatch.setattr(place.manager, "get", lambda *a, **k: {**get(*a, **k), "writable": False})
        edit(room, 0, "mine")
        with pytest.raises(NotAllowed):
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
