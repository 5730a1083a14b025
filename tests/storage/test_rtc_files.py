"""An open notebook is renamed, moved, deleted and brought back; a second server has it open, too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hosts import Host, jupyter_host
from tests.live import Peer, until

OPTIONS = ("--ServerApp.jpserver_extensions={'jupyter_scheduler': False, 'nbdime': False, 'jupyter_lsp': False}",)
TEXT = '# perijove-notebook 1 {"kernel": "python3"}\n\n# %% id=cell-0\na\n\n# %% id=cell-1\nb\n'
PLAIN = {
    "cells": [
        {"cell_type": "code", "id": name, "source": name, "metadata": {}, "execution_count": None, "outputs": []}
        for name in "ab"
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with jupyter_host(tmp_path_factory.mktemp("files"), *OPTIONS) as started:
        yield started


def made(file: Path) -> Path:
    file.write_text(TEXT if file.suffix == ".py" else json.dumps(PLAIN) if file.suffix == ".ipynb" else "a\nb\n")
    return file


async def call(host: Host, method: str, name: str, **body: Any) -> None:
    headers = {"Authorization": f"token {host.token}"}
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:
        answer = await client.request(method, f"{host.base}/api/contents/{name}", json=body or None)
    answer.raise_for_status()


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_an_open_notebook_is_renamed(host: Host, suffix: str) -> None:
    file = made(host.folder / f"old-{suffix[1:]}{suffix}")
    (host.folder / "moved").mkdir(exist_ok=True)
    new = host.folder / "moved" / f"new-{suffix[1:]}{suffix}"

    async def story() -> None:
        async with Peer(host, file.name) as peer:
            peer.type(0, " before")
            await call(host, "PATCH", file.name, path=f"moved/{new.name}")
            peer.type(1, " after")
            assert await peer.save() == "success"
            assert "a before" in new.read_text()
            assert "b after" in new.read_text()
            new.write_text(new.read_text().replace("a before", "a pulled"))
            assert await peer.until(lambda one: one.sources() == ["a pulled", "b after"])

    asyncio.run(story())
    assert not file.exists()


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
@pytest.mark.parametrize("by", ["browser", "git"])
def test_an_open_notebook_is_deleted_and_saved_again(host: Host, suffix: str, by: str) -> None:
    file = made(host.folder / f"deleted-by-{by}{suffix}")

    async def story() -> None:
        async with Peer(host, file.name) as peer:
            peer.type(0, " before")
            assert await peer.save() == "success"
            if by == "browser":
                await call(host, "DELETE", file.name)
            else:
                file.unlink()
            assert not file.exists()
            peer.type(1, " after")
            await asyncio.sleep(2)  # longer than a poll and a save delay: nobody asked for the file
            assert not file.exists()
            assert await peer.save() == "success"
            assert "a before" in file.read_text()
            assert "b after" in file.read_text()

    asyncio.run(story())


def test_a_notebook_that_is_away_for_a_while_comes_back_with_all_edits(host: Host) -> None:
    file = made(host.folder / "away.py")

    async def story() -> None:
        async with Peer(host, file.name) as peer:
            file.unlink()
            peer.type(0, " mine")
            await asyncio.sleep(1.5)  # git is on a branch that does not have it
            file.write_text(TEXT.replace("\nb\n", "\ntheirs\n"))
            assert await peer.until(lambda one: one.sources() == ["a mine", "theirs"])
            assert await until(lambda: "a mine" in file.read_text())

    asyncio.run(story())


def test_two_servers_on_one_folder(host: Host) -> None:
    file = made(host.folder / "shared.py")

    async def story(other: Host) -> None:
        async with Peer(host, file.name) as one, Peer(other, file.name) as two:
            for number in range(4):
                one.type(0, f" {number}")
                two.type(1, f" {number}")
                await asyncio.sleep(0.4)
            wanted = ["a 0 1 2 3", "b 0 1 2 3"]
            assert await until(lambda: one.sources() == two.sources() == wanted)
            assert await one.save() == await two.save() == "success"
            assert [line for line in file.read_text().splitlines() if line in wanted] == wanted

    with jupyter_host(host.folder, *OPTIONS) as other:
        asyncio.run(story(other))
