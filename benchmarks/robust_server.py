"""A running Jupyter server asked for every file through its routes, while a clock in its loop measures each standstill.

The server is a process of its own, started as a person starts it, with one more coroutine in its loop: it wakes every
five milliseconds and notes how late it was. How long the loop was ready while the machine ran something else is known
to the kernel (``schedstat``) and told apart: what is left is the server's own, a lock or a wait included.
"""

from __future__ import annotations

import asyncio
import collections
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from robust_files import compiled

ROOT = Path(__file__).parents[1]
EVERY = 0.005
AT_ONCE = 4
VERBS = ("dataset", "preview", "profile")
OWN = ("PERIJOVE_HOME", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")


class Ticker:
    """Notes how long the loop stood still: in all, and how much of it was not the machine's doing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.begun = time.monotonic()
        self.late: list[tuple[float, float, float]] = []
        self.ticks = 0

    async def run(self) -> None:
        """Tick until the loop ends; once a second write down when it was late, by how much, and by how much itself."""
        written = time.monotonic()
        before, waited = time.monotonic(), queued()
        while True:
            await asyncio.sleep(EVERY)
            now, waits = time.monotonic(), queued()
            if now - before - EVERY > EVERY:
                late = now - before - EVERY
                self.late.append((before - self.begun, late, max(late - (waits - waited), 0.0)))
            self.ticks += 1
            if now - written > 1:
                self.path.write_text(json.dumps({"at": now - self.begun, "ticks": self.ticks, "late": self.late}))
                written = now
            before, waited = time.monotonic(), queued()


def queued() -> float:
    """Seconds that this thread was ready to run and was not run, since it began."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def serve(ticks: str) -> None:
    """A Jupyter server with the ticker in its loop; the rest of the command line is its own."""
    from jupyter_server.serverapp import ServerApp

    class Timed(ServerApp):  # type: ignore[misc]  # jupyter_server's classes are untyped here
        """A server whose loop is timed from its first moment."""

        def start_app(self) -> None:
            """Start as ever, and the ticker."""
            super().start_app()
            self.ticking = asyncio.get_event_loop().create_task(Ticker(Path(ticks)).run())

    Timed.launch_instance()


def through_server(folders: list[Path], slow: float) -> None:
    """Scan the folders and ask for each dataset through the routes; print times and the loop's standstills."""
    sys.path.insert(0, str(ROOT))
    from tests.hosts import TOKEN, Host, environment, free_port, running

    with tempfile.TemporaryDirectory(prefix="perijove-robust-") as name:
        home, port = Path(name), free_port()
        ticks = home / "ticks.json"
        arguments = [str(Path(__file__)), str(ticks), "--no-browser", f"--ServerApp.port={port}", "--allow-root"]
        arguments += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={home}"]
        ready = f"http://127.0.0.1:{port}/api/status?token={TOKEN}"
        settings = compiled(home) | {name: environment(home)[name] for name in OWN}
        with running(arguments, home, settings, ready) as process:
            warm(Host(f"http://127.0.0.1:{port}", TOKEN, process, home))
        with running(arguments, home, settings, ready) as process:
            host = Host(f"http://127.0.0.1:{port}", TOKEN, process, home)
            warm(host)
            starting = read(ticks)
            for number, folder in enumerate(folders):
                ask_all(host, f"f{number}", folder, slow)
            time.sleep(1.5)
            ended = read(ticks)
            tell("starting and first request", starting, 0.0)
            tell(f"asking everything ({ended['ticks'] - starting['ticks']:,} ticks)", ended, starting["at"])


def warm(host: Any) -> None:
    """Have the first request, at which Perijove is made; what workers need is loaded in idle time."""
    host.call("GET", "/catalog/sources")
    time.sleep(10)


def ask_all(host: Any, source: str, folder: Path, slow: float) -> None:
    """Add a folder as a source, scan it, and ask for each dataset, several at once."""
    host.call("POST", "/catalog/sources", {"name": source, "uri": str(folder)})
    begin = time.monotonic()
    host.wait_for_task(host.call("POST", f"/catalog/sources/{source}/scan").json()["id"])
    scanned = time.monotonic() - begin
    page = host.call("GET", "/catalog/datasets", source=source, limit=1000).json()
    refs = [one["ref"] for one in page["datasets"]]
    counts: collections.Counter[str] = collections.Counter()
    slowest = dict.fromkeys(VERBS, 0.0)

    def ask(asked: tuple[str, str]) -> tuple[str, str, int, float]:
        verb, ref = asked
        begin = time.monotonic()
        answer = host.call("GET", f"/catalog/{verb}?ref={quote(ref, safe='')}")
        return verb, ref, answer.status_code, time.monotonic() - begin

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for verb, ref, status, seconds in pool.map(ask, [(verb, ref) for ref in refs for verb in VERBS]):
            counts[f"{verb} {status}"] += 1
            slowest[verb] = max(slowest[verb], seconds)
            if seconds > slow or status >= 500:
                print(f"  {verb:8} {ref}: {status}, {seconds:.2f} s", flush=True)
    told = ", ".join(f"{verb} {seconds:.2f} s" for verb, seconds in slowest.items())
    print(f"{folder}: {len(refs)} datasets, scanned in {scanned:.1f} s; {json.dumps(dict(sorted(counts.items())))}")
    print(f"  slowest, {AT_ONCE} at once: {told}", flush=True)


def read(ticks: Path) -> dict[str, Any]:
    """What the ticker wrote down last."""
    found: dict[str, Any] = json.loads(ticks.read_text())
    return found


def tell(when: str, found: dict[str, Any], since: float) -> None:
    """Print the longest standstill since a moment, and the longest without what the machine did meanwhile."""
    late = [(seconds * 1000, own * 1000) for at, seconds, own in found["late"] if at >= since]
    longest = max((seconds for seconds, _ in late), default=0.0)
    own = max((one for _, one in late), default=0.0)
    print(f"{when}: the loop's longest standstill {longest:.0f} ms, by itself {own:.0f} ms;")
    print(f"  over 50 ms: {sum(seconds > 50 for seconds, _ in late)}, by itself {sum(one > 50 for _, one in late)}")


if __name__ == "__main__":
    serve(sys.argv.pop(1))
