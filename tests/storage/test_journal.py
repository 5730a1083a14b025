"""The journal keeps every edit, and what was saved, whatever ends the server."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Text
from pycrdt.store import YDocNotFound

from perijove.storage.live.journal import Base, Journal

BASE = Base({"cells": [], "metadata": {"odd": math.inf, "half": "\ud800", "big": 2**70}}, "digest")


async def updates(journal: Journal) -> list[bytes]:
    try:
        return [update async for update, _, _ in journal.read()]
    except YDocNotFound:
        return []


@pytest.mark.anyio
async def test_updates_come_back_in_order_after_the_state_and_its_base(tmp_path: Path) -> None:
    journal = Journal("notebook:1", folder=tmp_path)
    assert await updates(journal) == []
    assert await journal.base() is None
    await journal.write(b"before")
    await journal.replace(b"state", BASE)
    await journal.write(b"one")
    await journal.write(b"two")
    await journal.stop()
    again = Journal("notebook:1", folder=tmp_path)
    assert await updates(again) == [b"state", b"one", b"two"]
    assert await again.base() == BASE
    await again.stop()


@pytest.mark.anyio
async def test_a_save_trims_it(tmp_path: Path) -> None:
    journal = Journal("notebook:1", folder=tmp_path)
    doc: Doc[Any] = Doc()
    doc["text"] = text = Text()
    for _ in range(50):
        text.insert(0, "x" * 10_000)
        del text[:10_000]
        await journal.write(doc.get_update())
    await journal.sync()
    grown = journal.size
    await journal.replace(doc.get_update(), BASE)
    assert journal.size < 2_000 < grown
    await journal.stop()


@pytest.mark.anyio
async def test_half_a_record_is_left_out_and_the_next_one_is_not_lost(tmp_path: Path) -> None:
    journal = Journal("notebook:1", folder=tmp_path)
    await journal.write(b"one")
    await journal.write(b"two")
    await journal.stop()
    whole = journal.file.read_bytes()
    journal.file.write_bytes(whole[:-1])
    await journal.stop()
    again = Journal("notebook:1", folder=tmp_path)
    assert await updates(again) == [b"one"]
    await again.write(b"three")
    assert await updates(again) == [b"one", b"three"]
    await again.stop()


@pytest.mark.anyio
async def test_what_is_no_journal_is_kept_aside(tmp_path: Path) -> None:
    (tmp_path / "notebook_1.journal").write_bytes(b"something else")
    journal = Journal("notebook:1", folder=tmp_path)
    assert await updates(journal) == []
    await journal.stop()
    assert [file.read_bytes() for file in tmp_path.glob("*.unreadable-*")] == [b"something else"]


@pytest.mark.anyio
async def test_two_servers_never_write_one_file(tmp_path: Path) -> None:
    one, other = Journal("notebook:1", folder=tmp_path), Journal("notebook:1", folder=tmp_path)
    await one.write(b"one")
    await other.write(b"other")
    assert one.file != other.file
    assert (await updates(one), await updates(other)) == ([b"one"], [b"other"])
    await one.stop()
    await other.stop()


@pytest.mark.anyio
async def test_it_is_quiet_until_there_is_an_edit(tmp_path: Path) -> None:
    journal = Journal("notebook:1", folder=tmp_path)
    journal.quiet = True
    await journal.write(b"path and such")
    await journal.stop()
    assert not journal.file.exists()


@pytest.mark.anyio
async def test_it_tells_of_large_updates(tmp_path: Path) -> None:
    journal = Journal("notebook:1", folder=tmp_path)
    told: list[bool] = []
    journal.on_large = lambda: told.append(True)
    await journal.write(b"x" * 1000)
    await journal.write(b"x" * 1_000_000)
    await journal.stop()
    assert told == [True]


def test_what_was_synced_outlives_kill_9(tmp_path: Path) -> None:
    script = f"""
import asyncio, os, signal
from pathlib import Path
from perijove.storage.live.journal import Base, Journal
async def main():
    journal = Journal("notebook:1", folder=Path({str(tmp_path)!r}))
    await journal.replace(b"state", Base(1, "d"))
    for number in range(100):
        await journal.write(f"{{number}}".encode())
    await journal.sync()
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", script], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    found = asyncio.run(updates(Journal("notebook:1", folder=tmp_path)))
    assert found == [b"state", *[str(number).encode() for number in range(100)]]


@pytest.mark.anyio
@pytest.mark.parametrize("content", [{"a": [1, 1.0, None, "é"]}, "text\r\n"])
async def test_a_base_is_kept_as_it_is(tmp_path: Path, content: Any) -> None:
    journal = Journal("file:1", folder=tmp_path)
    await journal.replace(b"state", Base(content, "d"))
    found = await journal.base()
    assert found is not None
    assert json.dumps(found.content) == json.dumps(content)
    await journal.stop()
