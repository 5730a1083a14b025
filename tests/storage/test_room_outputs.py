"""Outputs in a room: large ones leave the document, odd ones stay as they are, other programs' come in."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import os
from typing import Any

import pytest
from jupyter_ydoc import YNotebook
from pycrdt import Doc, Map, Text
from tests.live import until
from tests.storage.rooms import PNG, Place, code, edit, sources
from tests.storage.screen import Screen

from perijove.storage.documents import Documents
from perijove.storage.live.ydoc import snapshot
from perijove.storage.model import BLOB_MIME

pytestmark = pytest.mark.anyio


ODD: list[dict[str, Any]] = [
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


async def test_a_running_cell_may_clear_its_outputs_while_the_room_puts_others_away(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "animate()", PNG), code("b", "two", PNG))
    away: Doc[Any] = Doc()
    async with place.open("n.ipynb") as room:
        room._document.ycells[0]["execution_state"] = "running"
        with room.ydoc.transaction():
            for cell in room._document.ycells:
                cell["outputs"].clear()
                cell["outputs"].append(Map(PNG))
        away.apply_update(room.ydoc.get_update())
        frames = YNotebook(away).ycells[0]["outputs"]
        await room._save_to_disc()
        with away.transaction():  # clear_output(wait=True), at the same moment, in a browser far away
            frames.clear()
            frames.append(Map({**PNG, "data": {"text/plain": "last"}}))
        room.ydoc.apply_update(away.get_update())
        first, second = (cell["outputs"] for cell in snapshot(room._document)["cells"])
        assert [output["data"] for output in first] == [{"text/plain": "last"}]
        assert BLOB_MIME in str(second)
        room._document.ycells[0]["execution_state"] = "idle"
        await room._save_to_disc()
    assert place.read(file)["cells"][0]["outputs"] == [{**PNG, "data": {"text/plain": "last"}}]


async def test_screens_keep_the_order_of_outputs_of_which_some_leave_the_document(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "plots()"))
    text = {"output_type": "stream", "name": "stdout", "text": "between\n"}
    async with place.open("n.ipynb") as room:
        outputs = room._document.ycells[0]["outputs"]
        for output in (PNG, text, PNG, text):
            outputs.append(Map(output if output is PNG else {**output, "text": Text(output["text"])}))
        screen = Screen(outputs)
        await room._save_to_disc()
        assert [BLOB_MIME in str(output) for output in screen.shown] == [True, False, True, False]
        assert screen.shown == snapshot(room._document)["cells"][0]["outputs"]
    assert place.read(file)["cells"][0]["outputs"] == [PNG, text, PNG, text]


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


async def test_outputs_come_back_from_the_file_if_the_store_was_cleaned_meanwhile(place: Place) -> None:
    file = place.write("n.ipynb", code("a", "one", PNG))
    async with place.open("n.ipynb") as room:
        for blob in place.project.state.rglob("blobs/*/*"):
            blob.unlink()
        edit(room, 0, "mine")
        await room._save_to_disc()
    assert place.read(file)["cells"][0] == code("a", "mine", PNG)
    assert not [each for each in place.project.state.rglob("blobs/*/*") if each.is_file()]
