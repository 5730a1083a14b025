"""Real-time editing with Perijove beside jupyter-collaboration as it is (with jupytext for pairs), in the same run.

    python benchmarks/rtc.py [--only race,rows,restart,latency,store,opening] [--trials 40]

Stories of `together.py`: what is kept of two people's work and of what changes on disk. Figures: how long an edit takes
to reach the others with twenty people, how far the store grows, how long a large notebook keeps the server from
answering. Prints a table and writes it into benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import together  # noqa: E402
from results import put  # noqa: E402
from tests.hosts import Host, jupyter_host  # noqa: E402
from tests.live import Peer, until  # noqa: E402

Row = tuple[str, str, str, str]
PROBE = """
import http.client, sys, time
host, path, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
end, worst = time.monotonic() + seconds, 0.0
while time.monotonic() < end:
    start = time.monotonic()
    line = http.client.HTTPConnection(host, timeout=60)
    line.request("GET", path)
    line.getresponse().read()
    worst = max(worst, time.monotonic() - start)
    time.sleep(0.005)
print(worst)
"""


@contextmanager
def server(which: str, folder: Path | None = None, *options: str) -> Iterator[Host]:
    """One of the two servers, on a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="perijove-rtc-", ignore_cleanup_errors=True) as made:
        extensions = f"--ServerApp.jpserver_extensions={together.EXTENSIONS[which]}"
        with jupyter_host(folder or Path(made), extensions, *options) as host:
            yield host


def both(story: Callable[[Host, bool], Any], *options: str) -> tuple[Any, Any]:
    """The same story on both servers, one after the other."""
    found = []
    for which in ("peer", "ours"):
        with server(which, None, *options) as host:
            found.append(asyncio.run(story(host, which == "ours")))
    return found[0], found[1]


def race(trials: int) -> list[Row]:
    def told(found: dict[str, int]) -> str:
        return ", ".join(f"{name} {count}/{trials}" for name, count in found.items())

    peer, ours = both(lambda host, _: together.race(host, trials))
    return [
        ("edit in the room, other cell changed on disk ≤ 1.2 s later", "0 lost, 0 diverged", told(peer), told(ours))
    ]


def rows(_: int) -> list[Row]:
    stories: dict[str, Callable[[Host, bool], Any]] = {
        "file replaced by an older one": lambda host, _: together.replaced(host, "older", -1000),
        "file replaced, same time": lambda host, _: together.replaced(host, "same", 0),
        "conflict markers written into an open notebook": lambda host, _: together.markers(host),
        "format 4.4, one cell changed on disk": lambda host, _: together.old_format(host),
        "notebook and its .py both open, 10 + 10 edits": together.side_by_side,
        "another program rewrites outputs": together.rewritten_outputs,
        "git checkout of a branch, unsaved edit": together.checkout,
    }

    async def all_stories(host: Host, ours: bool) -> dict[str, str]:
        return {name: await story(host, ours) for name, story in stories.items()}

    peer, ours = both(all_stories)
    slow = both(lambda host, _: together.long_delay(host), "--YDocExtension.document_save_delay=10")
    told: list[Row] = [(name, "kept", peer[name], ours[name]) for name in stories]
    return [*told, ("save delay of 10 s, file changed meanwhile", "kept", *slow)]


def restart(_: int) -> list[Row]:
    found: list[dict[str, str]] = []
    for which in ("peer", "ours"):
        told: dict[str, str] = {}
        for kept in (True, False):
            with tempfile.TemporaryDirectory(prefix="perijove-rtc-", ignore_cleanup_errors=True) as made:
                folder = Path(made)
                asyncio.run(_restarted(which, folder, kept, told))
        found.append(told)
    return [(f"killed: {name}", "kept", found[0][name], found[1][name]) for name in found[0]]


async def _restarted(which: str, folder: Path, kept: bool, told: dict[str, str]) -> None:
    with server(which, folder) as host:
        peers = await together.before_restart(host)
    stories = together.RESTARTS if kept else together.RESTARTS[:2]
    if not kept:
        for stored in [*folder.glob(".jupyter_ystore.db"), *folder.glob(".perijove/journal/*")]:
            stored.unlink()
    with server(which, folder) as host:
        for name, outcome in (await together.after_restart(host, peers, stories)).items():
            told[f"{name}; store {'kept' if kept else 'lost'}"] = outcome


def latency(_: int) -> list[Row]:
    """Twenty people, one of whom types; how long until another sees it."""
    times: dict[str, list[float]] = {"peer": [], "ours": []}

    async def measure() -> None:
        with server("peer") as peer, server("ours") as ours:
            rooms = {}
            for which, host in (("peer", peer), ("ours", ours)):
                together.write(host.folder / "n.ipynb", [f"cell {number}" for number in range(50)])
                rooms[which] = [Peer(host, "n.ipynb") for _ in range(20)]
                for person in rooms[which]:
                    await person.join()
            for turn in range(40):
                for which, people in rooms.items():
                    times[which] += [await _seen(people, turn * 10 + step) for step in range(10)]
            for people in rooms.values():
                for person in people:
                    await person.leave()

    asyncio.run(measure())
    low, high = (
        {which: statistics.quantiles(found, n=20)[at] * 1000 for which, found in times.items()} for at in (9, 18)
    )

    def told(which: str) -> str:
        return f"{low[which]:.1f} / {high[which]:.1f} ms"

    ratio = high["ours"] / high["peer"]
    return [
        ("20 people: edit seen by another, p50 / p95", "p95 ≤ 1.2 ×", told("peer"), f"{told('ours')} ({ratio:.2f} ×)")
    ]


async def _seen(people: list[Peer], number: int) -> float:
    sender, watcher = people[number % 20], people[(number + 7) % 20]
    came = asyncio.Event()
    text = watcher.document.ycells[number % 50]["source"]
    watching = text.observe(lambda event: came.set())
    start = time.perf_counter()
    sender.type(number % 50, "x")
    await asyncio.wait_for(came.wait(), 30)
    took = time.perf_counter() - start
    text.unobserve(watching)
    await asyncio.sleep(0.01)
    return took


def store(_: int) -> list[Row]:
    """Ten replacements of an output of 5 MB."""

    async def story(host: Host, ours: bool) -> float:
        together.write(host.folder / "n.ipynb", ["a"])
        kept = [".perijove/journal/*", ".perijove/outputs/blobs/*/*"] if ours else [".jupyter_ystore.db*"]

        def size() -> int:
            return sum(file.stat().st_size for pattern in kept for file in host.folder.glob(pattern) if file.is_file())

        async with Peer(host, "n.ipynb") as peer:
            before = size()
            for _ in range(10):
                data = base64.b64encode(os.urandom(3_750_000)).decode()
                peer.put_output(0, {"output_type": "display_data", "metadata": {}, "data": {"image/png": data}})
                await asyncio.sleep(1.5)
            file = host.folder / "n.ipynb"
            await until(lambda: data in file.read_text(), 20)
            await asyncio.sleep(1)
            return (size() - before) / 1e6

    peer, ours = both(story)
    return [("ten replacements of a 5 MB output: store grows", "≤ 6 MB", f"{peer:.1f} MB", f"{ours:.1f} MB")]


def opening(_: int) -> list[Row]:
    """A notebook of 100 MB is opened; how long does /api/status wait, and how much memory does it take?"""

    async def story(host: Host, ours: bool) -> tuple[float, float]:
        cells = []
        for place in range(50):
            data = {"image/png": base64.b64encode(os.urandom(1_500_000)).decode()}
            output = {"output_type": "display_data", "metadata": {}, "data": data}
            cells.append({**together.code(f"cell-{place}", "x"), "outputs": [output]})
        together.put(host.folder / "big.ipynb", {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        together.write(host.folder / "small.ipynb", ["a"])
        async with Peer(host, "small.ipynb"):
            looked = psutil.Process(host.process.pid)
            before = looked.memory_info().rss
            address = [host.base.removeprefix("http://"), f"/api/status?token={host.token}", "12"]
            probe = subprocess.Popen([sys.executable, "-c", PROBE, *address], stdout=subprocess.PIPE, text=True)
            await asyncio.sleep(1)
            async with Peer(host, "big.ipynb") as peer:
                assert peer.sources() == ["x"] * 50
                worst, _ = await asyncio.to_thread(probe.communicate)
            return float(worst), (looked.memory_info().rss - before) / 1e6

    peer, ours = both(story)

    def told(found: tuple[float, float]) -> str:
        return f"{found[0]:.2f} s, +{found[1]:.0f} MB"

    ratio = f"{told(ours)} ({ours[0] / peer[0]:.2f} ×)"
    return [("opening 100 MB: longest /api/status, memory", "≤ 0.1 ×", told(peer), ratio)]


PARTS = {"race": race, "rows": rows, "restart": restart, "latency": latency, "store": store, "opening": opening}


def main() -> None:
    """Tell every story on both servers and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--trials", type=int, default=40)
    given = parser.parse_args()
    told: list[Row] = []
    for name in given.only.split(","):
        found = PARTS[name](given.trials)
        told += found
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
        sys.stdout.flush()
    lines = ["| | bar | jupyter-collaboration | with Perijove |", "|---|---|---|---|"]
    table = "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in told)])
    sys.stdout.write(table + "\n")
    if given.only == ",".join(PARTS):
        put("Real-time editing", "python benchmarks/rtc.py", table)


if __name__ == "__main__":
    main()
