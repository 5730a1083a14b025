"""A job against papermill on the same work, and how long preview, files and lock of an export take.

    python benchmarks/job_run.py [--write] [--times N]

The work is a logistic regression on a table of 5,000 rows and 10 columns. Both run alternately, N times each, in an
environment that holds the same packages; what counts is the median of the computing time and of the greatest memory of
all their processes together. ``--write`` puts the table into RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402
from benchmarks.results import put  # noqa: E402
from tests.jobs import notebooks  # noqa: E402

from perijove.core.access import Person  # noqa: E402
from perijove.core.project import Project  # noqa: E402
from perijove.jobs.model import Choice, NewJob  # noqa: E402
from perijove.wiring import Perijove  # noqa: E402

CELLS = [
    ("imports", "code", "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression"),
    (
        "data",
        "code",
        "random = np.random.default_rng(0)\nframe = pd.DataFrame(random.normal(size=(5000, 10))).add_prefix('x')\n"
        "target = (frame.sum(axis=1) + random.normal(size=5000) > 0).astype(int)",
    ),
    ("fit", "code", "model = LogisticRegression(max_iter=200)\nmodel.fit(frame, target)"),
    ("score", "code", "accuracy = float(model.score(frame, target))\nmeans = frame.groupby(target).mean()\naccuracy"),
]
ME = Person("benchmark", owner=True)


def watched(argv: list[str], folder: Path, env: dict[str, str]) -> tuple[float, float, float]:
    """Run a program; gives its computing and elapsed seconds, and the greatest MB of all its processes together."""
    before, started, greatest = os.times(), time.perf_counter(), 0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(argv, cwd=folder, env=env, stdout=said, stderr=subprocess.STDOUT)
        stop = threading.Event()

        def look() -> None:
            nonlocal greatest
            top = psutil.Process(process.pid)
            while not stop.wait(0.02):
                try:
                    every = [top, *top.children(recursive=True)]
                    greatest = max(greatest, sum(one.memory_info().rss for one in every))
                except psutil.Error:
                    continue

        looking = threading.Thread(target=look)
        looking.start()
        code = process.wait()
        stop.set()
        looking.join()
        if code:
            said.seek(0)
            raise SystemExit(f"{argv[:4]} ended with {code}: {said.read().decode()[-2000:]}")
    after = os.times()
    computing = after.children_user + after.children_system - before.children_user - before.children_system
    return computing, time.perf_counter() - started, greatest / 2**20


def exported(folder: Path) -> tuple[Path, dict[str, float]]:
    """The job of the notebook, and the seconds that preview, files and lock took."""
    from perijove.jobs import lock

    notebooks.write(folder / "work.ipynb", CELLS)
    (folder / ".perijove").mkdir()
    took: dict[str, float] = {}
    wired = Perijove(Project.find(folder))
    try:
        wish = NewJob("work.ipynb", ["score"], name="work", run=True)
        made = wired.jobs.export(wish, ME)  # runs the notebook, and warms what is loaded once
        started = time.perf_counter()
        wired.jobs.preview(Choice("work.ipynb", ["score"]))
        took["preview"] = time.perf_counter() - started
        inner, locking = lock.lock, []

        def timed(*given: object) -> str:
            begun = time.perf_counter()
            text = inner(*given)  # type: ignore[arg-type]  # passed on as it came
            locking.append(time.perf_counter() - begun)
            return text

        lock.lock = timed
        started = time.perf_counter()
        wired.jobs.export(NewJob("work.ipynb", ["score"], name="work"), ME)
        took["files"] = time.perf_counter() - started - sum(locking)
        took["lock"] = sum(locking)
        return Path(made.path), took
    finally:
        wired.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        job, took = exported(folder)
        env = {**os.environ, "PYTHONPATH": f"{job / 'src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
        programs = {
            "papermill": [
                sys.executable,
                "-m",
                "papermill",
                "work.ipynb",
                str(folder / "out.ipynb"),
                "--no-progress-bar",
            ],
            "job": [sys.executable, "-m", "work", "run", "--out", str(folder / "out")],
        }
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in programs}
        for argv in programs.values():
            watched(argv, folder, env)  # once to warm the disk
        for _ in range(options.times):
            for name, argv in programs.items():
                found[name].append(watched(argv, folder, env))
    rows = {name: [statistics.median(column) for column in zip(*seen, strict=True)] for name, seen in found.items()}
    ratios = [rows["job"][at] / rows["papermill"][at] for at in range(3)]
    print(json.dumps({"seconds": took, "rows": rows, "ratios": ratios}, indent=2))
    if options.write:
        put("job run", "python benchmarks/job_run.py", text(took, rows, ratios, options.times))


def text(took: dict[str, float], rows: dict[str, list[float]], ratios: list[float], times: int) -> str:
    """The section of RESULTS.md."""

    def met(bar: float, value: float) -> str:
        return "met" if value <= bar else "**not met**"

    lines = [
        f"Logistic regression on 5,000 × 10, median of {times} runs each, alternating;",
        "memory is the greatest sum over all processes.",
        "",
        "| | computing | elapsed | memory |",
        "|---|---|---|---|",
    ]
    for name, (cpu, wall, memory) in rows.items():
        lines.append(f"| {name} | {cpu:.2f} s | {wall:.2f} s | {memory:.0f} MB |")
    lines += ["", "| bar | here | |", "|---|---|---|"]
    lines.append(f"| computing ≤ 0.60 × papermill | {ratios[0]:.2f} × | {met(0.60, ratios[0])} |")
    lines.append(f"| memory ≤ 0.65 × papermill | {ratios[2]:.2f} × | {met(0.65, ratios[2])} |")
    for name, bar in (("preview", 0.5), ("files", 2.0), ("lock", 10.0)):
        words = f"{name}, warm" if name == "lock" else name
        lines.append(f"| {words} ≤ {bar:g} s | {took[name]:.2f} s | {met(bar, took[name])} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
