"""Editing together on a real server: what people type, save and see, whatever git and a killed server do meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hosts import Host, jupyter_host
from tests.live import Peer, until

from perijove.storage.model import BLOB_MIME

OPTIONS = ("--ServerApp.jpserver_extensions={'jupyter_scheduler': False, 'nbdime': False, 'jupyter_lsp': False}",)
TEXT = '# perijove-notebook 1 {"kernel": "python3"}\n\n# %% id=cell-0\na\n\n# %% id=cell-1\nb\n'
PNG = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "QUJD" * 100_000}}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with jupyter_host(tmp_path_factory.mktemp("together"), *OPTIONS) as started:
        yield started


def write(folder: Path, name: str, *sources: str) -> Path:
    file = folder / name
    blank: dict[str, Any] = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    cells = [{**blank, "id": f"cell-{place}", "source": source} for place, source in enumerate(sources)]
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return file


def on_disk(file: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(file.read_text())["cells"]]


def test_two_people_and_git_keep_all_that_they_wrote(host: Host) -> None:
    file = write(host.folder, "two.ipynb", "a", "b", "c")

    async def story() -> None:
        async with Peer(host, file.name) as one, Peer(host, file.name) as other:
            one.type(0, " mine")
            other.type(2, " yours")
            file.write_text(file.read_text().replace('"b"', '"pulled"'))
            wanted = ["a mine", "pulled", "c yours"]
            assert await until(lambda: one.sources() == other.sources() == wanted == on_disk(file))
            one.type(1, "!")
            assert await one.save() == "success"
            assert on_disk(file)[1] == "pulled!"

    asyncio.run(story())


def test_opening_writes_nothing(host: Host) -> None:
    files = [write(host.folder, "open.ipynb", "a"), host.folder / "open.py", host.folder / "open.txt"]
    files[1].write_text(TEXT)
    files[2].write_bytes(b"one\r\ntwo")
    before = [(file.read_bytes(), file.stat().st_ino) for file in files]

    async def story() -> None:
        for file in files:
            async with Peer(host, file.name, "file" if file.suffix == ".txt" else "notebook") as peer:
                assert await peer.save() == "success"

    asyncio.run(story())
    assert [(file.read_bytes(), file.stat().st_ino) for file in files] == before


def test_a_notebook_and_its_text_are_two_views_of_one_document(host: Host) -> None:
    file = host.folder / "views.py"
    file.write_text(TEXT)

    async def story() -> None:
        async with Peer(host, file.name) as book, Peer(host, file.name, "file") as text:
            book.type(0, " = 1")
            assert await text.until(lambda peer: "a = 1" in str(peer.document.ydoc["source"]))
            shared = text.document.ydoc["source"]
            shared.insert(len(str(shared).encode()) - 1, " = 2")
            assert await book.until(lambda peer: peer.sources() == ["a = 1", "b = 2"])
            assert "a = 1" in file.read_text()
            assert "b = 2" in file.read_text()

    asyncio.run(story())


def test_large_outputs_are_fetched_by_name(host: Host) -> None:
    file = host.folder / "large.py"
    file.write_text(TEXT)

    async def story() -> None:
        async with Peer(host, file.name) as one, Peer(host, file.name) as other:
            one.put_output(0, PNG)
            assert await other.until(lambda peer: BLOB_MIME in str(peer.document.ycells[0]["outputs"]))
            stub = other.document.ycells[0]["outputs"][0]["data"][BLOB_MIME]
            assert await one.save() == "success"
        found = httpx.get(
            f"{host.base}/perijove/storage/blobs/{stub['data/image/png']['sha256']}",
            headers={"Authorization": f"token {host.token}"},
        )
        assert found.content == b"ABC" * 100_000

    asyncio.run(story())


def test_kill_9_loses_nothing(tmp_path: Path) -> None:
    file = write(tmp_path, "killed.ipynb", "a", "b")

    async def typing() -> None:
        with jupyter_host(tmp_path, *OPTIONS, "--YDocExtension.document_save_delay=600") as host:
            peer = Peer(host, file.name)
            await peer.join()
            peer.type(0, " unsaved")
            journal = tmp_path / ".perijove" / "journal"
            assert await until(lambda: any(b"unsaved" in each.read_bytes() for each in journal.glob("*.journal")))
            os.killpg(host.process.pid, signal.SIGKILL)
            host.process.wait()
            await peer.leave()

    asyncio.run(typing())
    file.write_text(file.read_text().replace('"b"', '"pulled"'))

    async def opening() -> None:
        with jupyter_host(tmp_path, *OPTIONS) as host:
            async with Peer(host, file.name) as peer:
                assert peer.sources() == ["a unsaved", "pulled"]
                assert await until(lambda: on_disk(file) == ["a unsaved", "pulled"])

    asyncio.run(opening())
