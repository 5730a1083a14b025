"""Whether opening and closing a notebook under real-time editing leaves it alone: every notebook of some collections.

    python benchmarks/untouched.py [--write] FOLDER [FOLDER ...]

Each folder is a collection of .ipynb files, such as a clone of a public repository. It is copied twice, once as it is
and once converted to text; a server of its own opens every notebook of the copy in a room, is asked to save it, and
closes it. A notebook is untouched if its bytes, its time and its inode are as before; a file that was not there before
(outside the state folder) counts as touched. ``--write`` puts the table into RESULTS.md.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import httpx

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from results import put  # noqa: E402
from rtc import server  # noqa: E402
from tests.hosts import Host, environment  # noqa: E402
from tests.live import Peer  # noqa: E402

TOGETHER = 6
"""So many notebooks are open at a time."""
ENDED = "--YDocExtension.document_cleanup_delay=0.1"


class Found(NamedTuple):
    """Of one copy of a collection: how many notebooks there are, were opened, and are untouched, opened or not."""

    files: int
    opened: int
    untouched: int
    new: int


def seen(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Bytes, time and inode of every file that people see."""
    found = {}
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        if file.is_file() and not name.parts[0].startswith((".perijove", ".jupyter", ".ipython", "server.log")):
            stat = file.stat()
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            found[str(name)] = (digest, stat.st_mtime_ns, stat.st_ino)
    return found


def copied(collection: Path, folder: Path) -> list[str]:
    """Copy the notebooks of a collection."""
    names = [str(file.relative_to(collection)) for file in sorted(collection.rglob("*.ipynb"))]
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(collection / name, target)
    return names


def converted(collection: Path, folder: Path) -> list[str]:
    """Copy the notebooks of a collection and make text of them; gives the texts."""
    copied(collection, folder)
    command = [sys.executable, "-m", "perijove.cli", "nb", "convert", ".", "--to", "text", "--json"]
    done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, check=False)
    report = json.loads(done.stdout)
    for one in report:
        if one["problem"]:
            print(f"  {one['path']} stays: {one['problem']}", file=sys.stderr)
    return [one["became"] for one in report if one["became"]]


async def visit(host: Host, names: list[str]) -> set[str]:
    """Open, save and close each notebook; gives those that could be opened."""
    opened: set[str] = set()
    turn = asyncio.Semaphore(TOGETHER)

    async def one(name: str) -> None:
        async with turn:
            peer = Peer(host, quote(name))
            try:
                await peer.join()
            except (AssertionError, httpx.HTTPStatusError) as error:
                print(f"  {name} is not opened: {error}", file=sys.stderr)
                return
            if await peer.save() == "success":
                opened.add(name)
            await peer.leave()

    await asyncio.gather(*[one(name) for name in names])
    return opened


def measure(collection: Path, make: Callable[[Path, Path], list[str]]) -> Found:
    """Visit one copy of a collection."""
    with tempfile.TemporaryDirectory(prefix="perijove-untouched-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        names = make(collection, folder)
        before = seen(folder)
        with server("ours", folder, ENDED) as host:
            opened = asyncio.run(visit(host, names))
        after = seen(folder)
    touched = {name for name in before if after.get(name) != before[name]}
    new = after.keys() - before.keys()
    for name in sorted({*touched, *new}):
        print(f"  {name}: {'new' if name in new else 'touched'}", file=sys.stderr)
    return Found(len(names), len(opened), len(names) - len(touched & set(names)), len(new) + len(touched - set(names)))


def line(name: str, found: list[Found]) -> str:
    cells = [f"{one.files} | {one.opened} | {one.untouched} | {one.new}" for one in found]
    return f"| {name} | {' | '.join(cells)} |"


def main(given: list[str]) -> int:
    """Visit every collection and say what was touched."""
    keep = "--write" in given
    rows = []
    for name in given:
        if name != "--write":
            rows.append(
                (Path(name).name.replace("+", "/"), [measure(Path(name), make) for make in (copied, converted)])
            )
            print(line(*rows[-1]), flush=True)
    total = [Found(*map(sum, zip(*(found[place] for _, found in rows), strict=True))) for place in (0, 1)]
    each = "notebooks | opened | untouched | files made or changed beside them"
    head = [f"| collection | .ipynb: {each} | text: {each} |", "|" + "---|" * 9]
    table = "\n".join([*head, *(line(*row) for row in [*rows, ("all", total)])])
    print(table)
    if keep:
        put("Opening and closing", "python benchmarks/untouched.py FOLDER …", table)
    return 0 if all(found.files == found.untouched and not found.new for found in total) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
