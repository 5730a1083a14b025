"""What Perijove costs at start: JupyterLab with and without it, interleaved in one run.

    python benchmarks/start.py [--rounds 5]

Server: CPU seconds and resident memory when it answers, and which heavy modules it holds. Page: bytes of JavaScript and
requests that Perijove adds until the launcher shows. Prints a table and writes it into benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
HEAVY = ("mlflow", "pandas", "sklearn", "shap", "xgboost", "dask", "pyarrow", "sqlalchemy")
LAUNCH = """
import signal, sys
def dump(*_):
    with open({path!r} + '.part', 'w') as file:
        file.write(chr(10).join(sys.modules))
    import os
    os.rename({path!r} + '.part', {path!r})
signal.signal(signal.SIGUSR2, dump)
from jupyterlab.labapp import main
sys.argv = ['jupyter-lab'] + {arguments!r}
main()
"""


def measure(with_perijove: bool, page: bool) -> dict[str, float]:
    """Start one server, read its cost once it answers, and open the page if asked."""
    from tests.hosts import TOKEN, environment, free_port

    folder = Path(tempfile.mkdtemp(prefix="perijove-start-"))
    port = free_port()
    arguments = [
        *("--no-browser", f"--ServerApp.port={port}", f"--IdentityProvider.token={TOKEN}"),
        f"--ServerApp.root_dir={folder}",
        *(["--allow-root"] if os.getuid() == 0 else []),
    ]
    if not with_perijove:
        arguments.append("--ServerApp.jpserver_extensions={'perijove': False}")
    modules = folder / "modules"
    code = LAUNCH.format(path=str(modules), arguments=arguments)
    env = environment(folder)
    if not with_perijove:
        settings = folder / ".jupyter-config" / "labconfig"
        settings.mkdir(parents=True)
        (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": {"perijove": True}}))
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        figures = read_cost(process, f"http://127.0.0.1:{port}", TOKEN, modules)
        if page:
            figures |= open_page(f"http://127.0.0.1:{port}/lab?token={TOKEN}")
        return figures
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def read_cost(process: subprocess.Popen[bytes], base: str, token: str, modules: Path) -> dict[str, float]:
    """CPU seconds, memory in MB and heavy modules of a server that has just answered."""
    begin = time.monotonic()
    while True:
        try:
            if httpx.get(f"{base}/api/status", params={"token": token}, timeout=5).status_code == 200:
                break
        except httpx.HTTPError:
            time.sleep(0.05)
        if process.poll() is not None or time.monotonic() - begin > 120:
            raise RuntimeError("the server did not start")
    wall = time.monotonic() - begin
    looked = psutil.Process(process.pid)
    cpu = looked.cpu_times()
    figures = {"cpu": cpu.user + cpu.system, "rss": looked.memory_info().rss / 1e6, "wall": wall}
    process.send_signal(signal.SIGUSR2)
    while not modules.exists():
        if time.monotonic() - begin > 180:
            raise RuntimeError("the server did not say what it has loaded")
        time.sleep(0.02)
    held = set(modules.read_text().split())
    return figures | {"heavy": float(sum(name in held for name in HEAVY))}


def open_page(url: str) -> dict[str, float]:
    """What the browser loads of Perijove until the launcher shows."""
    script = ROOT / "benchmarks" / "page.mjs"
    found = subprocess.run(["node", str(script), url], capture_output=True, text=True, cwd=ROOT, check=True)
    read: dict[str, float] = json.loads(found.stdout)
    return read


def main() -> None:
    """Measure both, interleaved, and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    measure(True, False)  # warms the disk cache, not counted
    plain: list[dict[str, float]] = []
    ours: list[dict[str, float]] = []
    for number in range(rounds):
        plain.append(measure(False, False))
        ours.append(measure(True, number == 0))
    middle = {
        name: (statistics.median(one[name] for one in plain), statistics.median(one[name] for one in ours))
        for name in ("cpu", "rss", "wall")
    }
    page = ours[0]
    rows = [
        row("server CPU until it answers, s", *middle["cpu"], "1.25"),
        row("server memory when it answers, MB", *middle["rss"], "1.20"),
        row("server wall time, s (noisy)", *middle["wall"], "–"),
        f"| heavy modules in the server | {plain[0]['heavy']:.0f} | {page['heavy']:.0f} | none | – |",
        f"| eager JavaScript of Perijove, KB | – | {page['bytes'] / 1000:.0f} | ≤ 250 | – |",
        f"| requests of Perijove at page load | – | {page['requests']:.0f} | ≤ 6 | – |",
    ]
    write("start", f"python benchmarks/start.py --rounds {rounds}", rows)


def row(name: str, plain: float, ours: float, bar: str) -> str:
    """One line of the table: plain JupyterLab, with Perijove, the bar and the ratio."""
    limit = bar if bar == "–" else f"≤ {bar} ×"
    return f"| {name} | {plain:.2f} | {ours:.2f} | {limit} | {ours / plain:.2f} × |"


def write(section: str, command: str, rows: list[str]) -> None:
    """Put a section into RESULTS.md in place of the one of that name, and print it."""
    path = ROOT / "benchmarks" / "RESULTS.md"
    head = f"## {section}\n\n`{command}`, {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores\n\n"
    table = "| | JupyterLab alone | with Perijove | bar | ratio |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    text = path.read_text() if path.exists() else "# Results\n\nFigures of the benchmarks; trust ratios, not seconds.\n"
    before, _, rest = text.partition(f"## {section}\n")
    after = rest.partition("\n## ")[2]
    path.write_text(before.rstrip() + "\n\n" + head + table + (f"\n## {after}" if after else ""))
    print(head + table)


if __name__ == "__main__":
    main()
