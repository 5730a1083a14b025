"""Stories of people who edit together while something else happens: each tells what was kept, on any Jupyter Server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.hosts import Host
from tests.live import Peer, until

EXTENSIONS = {
    "peer": {"perijove": False, "jupyterlab_jupytext": True, "jupyter_scheduler": False, "nbdime": False},
    "ours": {"jupyter_scheduler": False, "nbdime": False},
}
HEADER = '# perijove-notebook 1 {"kernel": "python3"}\n\n'
PAIRED = {"jupytext": {"formats": "ipynb,py:percent"}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def code(cell_id: str | None, source: str) -> dict[str, Any]:
    cell = {"cell_type": "code", "source": source, "metadata": {}, "execution_count": None, "outputs": []}
    return cell if cell_id is None else {"id": cell_id, **cell}


def write(file: Path, sources: list[str], minor: int = 5, metadata: dict[str, Any] | None = None) -> Path:
    cells = [code(None if minor < 5 else f"cell-{place}", source) for place, source in enumerate(sources)]
    put(file, {"cells": cells, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": minor})
    return file


def put(file: Path, found: dict[str, Any]) -> None:
    """Replace a file as git does: a new one gets its name."""
    temporary = file.with_name(f".{file.name}.new")
    temporary.write_text(json.dumps(found, indent=1) + "\n")
    temporary.replace(file)


def change(file: Path, place: int, source: str) -> None:
    found = whole(file)
    found["cells"][place]["source"] = source
    put(file, found)


def whole(file: Path) -> dict[str, Any]:
    """A notebook on disk; a server without Perijove writes in place, so half a file is read again."""
    for _ in range(1000):
        try:
            found: dict[str, Any] = json.loads(file.read_text())
            return found
        except ValueError:
            continue
    raise AssertionError(f"{file} is no notebook")


def on_disk(file: Path) -> list[str]:
    try:
        return ["".join(cell["source"]) for cell in json.loads(file.read_text())["cells"]]
    except ValueError:
        return []


async def race(host: Host, trials: int) -> dict[str, int]:
    """An edit in the room, and up to 1.2 s later another cell changes on disk."""
    found = {"lost": 0, "pulled lost": 0, "diverged": 0}

    async def trial(number: int) -> None:
        file = write(host.folder / f"race-{number}.ipynb", ["a", "b", "c"])
        async with Peer(host, file.name) as peer:
            peer.type(0, " mine")
            await asyncio.sleep(1.2 * number / trials)
            change(file, 1, "theirs")
            wanted = ["a mine", "theirs", "c"]
            await until(lambda: peer.sources() == on_disk(file) == wanted, 6)
            room, disk = peer.sources(), on_disk(file)
            found["lost"] += "a mine" not in room or "a mine" not in disk
            found["pulled lost"] += "theirs" not in room or "theirs" not in disk
            found["diverged"] += room != disk

    for start in range(0, trials, 8):
        await asyncio.gather(*[trial(number) for number in range(start, min(start + 8, trials))])
    return found


async def replaced(host: Host, name: str, seconds: int) -> str:
    """The file is replaced by one that is older, or as old as the one before."""
    file = write(host.folder / f"{name}.ipynb", ["a", "b", "c"])
    when = file.stat().st_mtime_ns + seconds * 10**9
    async with Peer(host, file.name) as peer:
        await asyncio.sleep(1.5)
        change(file, 1, "T")
        os.utime(file, ns=(when, when))
        await asyncio.sleep(1.5)
        peer.type(0, " mine")
        return await kept(peer, file, ["a mine", "T", "c"])


async def kept(peer: Peer, file: Path, wanted: list[str]) -> str:
    await until(lambda: peer.sources() == on_disk(file) == wanted, 6)
    room, disk = peer.sources(), on_disk(file)
    marks = [cell["metadata"].to_py().get("perijove", {}).get("conflict") for cell in peer.document.ycells]
    asked = [mark for mark in marks if mark]
    if asked:  # a person is asked: both versions are there, nothing was written over
        room, disk = room + [mark["theirs"] for mark in asked], disk + [mark["ours"] for mark in asked]
    missing = [source for source in wanted if source not in room or source not in disk]
    if asked and not missing:
        return f"kept, {len(asked)} to decide"
    return f"lost: {', '.join(missing)}" if missing else "kept" if room == disk == wanted else "diverged"


async def long_delay(host: Host) -> str:
    """A server that saves ten seconds after the last edit."""
    file = write(host.folder / "delay.ipynb", ["a", "b", "c"])
    async with Peer(host, file.name) as peer:
        peer.type(0, " mine")
        await asyncio.sleep(0.3)
        change(file, 1, "theirs")
        await asyncio.sleep(2.5)
        await peer.save()
        return await kept(peer, file, ["a mine", "theirs", "c"])


async def markers(host: Host) -> str:
    """Git leaves a conflict in an open notebook, and somebody types on."""
    file = write(host.folder / "markers.ipynb", ["a", "x = 0\n", "c"])
    text = "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> branch\n"
    async with Peer(host, file.name) as peer:
        await asyncio.sleep(0.5)
        change(file, 1, text)
        peer.type(0, " mine")
        await until(lambda: "a mine" in on_disk(file), 5)
        await asyncio.sleep(1)
        disk = on_disk(file)
        return "kept" if disk[0] == "a mine" and "x = 1" in disk[1] and "x = 2" in disk[1] else f"lost: {disk}"


async def old_format(host: Host) -> str:
    """A notebook of format 4.4, whose cells have no ids: how many of six shared cells stay when a seventh changes."""
    file = write(host.folder / "old.ipynb", [f"cell {number}" for number in range(7)], minor=4)
    async with Peer(host, file.name) as peer:
        await asyncio.sleep(1.2)
        texts = [cell["source"] for cell in peer.document.ycells]
        change(file, 6, "theirs")
        await until(lambda: peer.sources()[-1] == "theirs", 5)
        for text in texts[:6]:
            text += " mine"
        stayed = sum(source.endswith("mine") for source in peer.sources())
        return f"{stayed} of 6 cells stayed"


async def side_by_side(host: Host, ours: bool) -> str:
    """A notebook and its text, both open: ten edits in each, in turn."""
    folder = host.folder
    text = folder / "pair.py"
    book = "pair.py" if ours else "pair.ipynb"
    if ours:
        text.write_text(HEADER + "# %% id=cell-0\na\n\n# %% id=cell-1\nb\n# end of b\n")
    else:
        write(folder / "pair.ipynb", ["a", "b\n# end of b"], metadata=PAIRED)
        subprocess.run(
            [sys.executable, "-m", "jupytext", "--sync", "pair.ipynb"], cwd=folder, check=True, capture_output=True
        )
    async with Peer(host, book) as one, Peer(host, "pair.py", "file") as other:
        for number in range(10):
            one.type(0, f"\na{number}")
            await asyncio.sleep(0.4)
            shared = other.document.ydoc["source"]
            shared.insert(len(str(shared).partition("# end of b")[0].encode()), f"b{number}\n")
            await asyncio.sleep(0.4)

        def count(letter: str) -> int:
            seen = ["\n".join(one.sources()).split("\n"), str(other.document.ydoc["source"]).split("\n")]
            seen.append(text.read_text().split("\n"))
            return sum(all(f"{letter}{number}" in lines for lines in seen) for number in range(10))

        await until(lambda: count("a") == count("b") == 10, 8)
        return f"notebook {count('a')}/10, text {count('b')}/10"


async def rewritten_outputs(host: Host, ours: bool) -> str:
    """Another program runs the notebook's file (the view of a text) while it is open, and somebody types."""
    folder = host.folder
    file = folder / "ran.ipynb"
    if ours:
        (folder / "ran.py").write_text(HEADER + "# %% id=cell-0\na\n\n# %% id=cell-1\nb\n")
    else:
        write(file, ["a", "b"], metadata=PAIRED)
        subprocess.run(
            [sys.executable, "-m", "jupytext", "--sync", "ran.ipynb"], cwd=folder, check=True, capture_output=True
        )
    async with Peer(host, "ran.py" if ours else "ran.ipynb") as peer:
        peer.type(0, " first")
        await until(lambda: file.exists() and on_disk(file)[:1] == ["a first"], 8)
        await asyncio.sleep(1.5)
        found = whole(file)
        found["cells"][1] |= {
            "execution_count": 1,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["ran\n"]}],
        }
        put(file, found)
        peer.type(0, " second")

        def both_kept() -> bool:
            room, disk = peer.document.ycells[1]["outputs"].to_py(), whole(file)["cells"]
            return bool(room) and bool(disk[1]["outputs"]) and on_disk(file)[0] == "a first second" == peer.sources()[0]

        return "kept" if await until(both_kept, 10) else "lost"


async def checkout(host: Host, ours: bool) -> str:
    """Git checks out a branch that changes the open notebook, in which there is an unsaved edit."""
    folder = host.folder / "repository"
    folder.mkdir()
    file = folder / ("n.py" if ours else "n.ipynb")
    sources = [HEADER + f"# %% id=cell-0\na\n\n# %% id=cell-1\n{b}\n\n# %% id=cell-2\nc\n" for b in ("b", "theirs")]

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)

    def version(number: int) -> None:
        if ours:
            file.write_text(sources[number])
        else:
            write(file, ["a", ("b", "theirs")[number], "c"], metadata=PAIRED)
            subprocess.run(
                [sys.executable, "-m", "jupytext", "--sync", file.name], cwd=folder, check=True, capture_output=True
            )
        git("add", ".")
        git("commit", "-m", str(number))

    git("init", "-b", "main")
    version(0)
    git("checkout", "-b", "other")
    version(1)
    git("checkout", "main")
    async with Peer(host, f"repository/{file.name}") as peer:
        await asyncio.sleep(1.5)
        peer.type(0, " mine")
        git("checkout", "other")
        wanted = ["a mine", "theirs", "c"]

        def all_kept() -> bool:
            text = file.read_text()
            return peer.sources() == wanted and "a mine" in text and "theirs" in text

        return "kept" if await until(all_kept, 8) else f"lost: {[s for s in wanted if s not in peer.sources()]}"


RESTARTS = ("offline", "offline, file changed", "unsaved", "unsaved, file changed")


async def before_restart(host: Host) -> dict[str, Peer]:
    """People work in four notebooks; two go away, two lose their browser, and the server is killed."""
    peers = {}
    for place, story in enumerate(RESTARTS):
        file = write(host.folder / f"restart-{place}.ipynb", ["a", "b", "c"])
        peers[story] = peer = Peer(host, file.name)
        await peer.join()
        peer.type(0, " saved")
        await peer.save()
        await until(lambda file=file: on_disk(file)[:1] == ["a saved"], 5)
    for story in RESTARTS[2:]:
        peers[story].type(0, " mine")
    await asyncio.sleep(0.6)  # the edits reach the server, not the disk: the save delay is one second
    os.killpg(host.process.pid, signal.SIGKILL)
    host.process.wait()
    for peer in peers.values():
        await peer.leave()
    for story in RESTARTS[:2]:
        peers[story].type(0, " mine")
    return peers


async def after_restart(host: Host, peers: dict[str, Peer], stories: tuple[str, ...]) -> dict[str, str]:
    """They come back, or open the notebook anew; what is there then?"""
    found = {}
    for place, story in enumerate(RESTARTS):
        file = host.folder / f"restart-{place}.ipynb"
        if story not in stories:
            continue
        wanted = ["a saved mine", "b", "c"]
        if "changed" in story:
            change(file, 1, "theirs")
            wanted[1] = "theirs"
        peer = peers[story] if "offline" in story else Peer(host, file.name)
        peer.host = host
        try:
            await peer.join()
            found[story] = await kept(peer, file, wanted)
            await peer.leave()
        except (RuntimeError, ValueError, AssertionError):  # the two histories contradict each other
            found[story] = "cannot come back"
        if len(peer.sources()) != 3:
            found[story] += f", {len(peer.sources())} cells"
    return found
