"""What recording costs a kernel: CPU that it adds to a cell, and whether the 400th cell costs what the first did.

``python benchmarks/recording.py`` starts a shell of IPython with the recorder and drives its hooks as a kernel does.
The work of a cell itself is left out: only what the recorder adds is measured, by the CPU time of the thread. What
DuckDB's own log adds to its queries is measured beside it, as it runs in DuckDB's threads.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import results

BAR_MS = 5.0
READS = """
for i in range(10):
    t = pd.read_csv('in.csv')
    t = t.dropna()
    t.to_csv(f'out-{i}.csv')
"""
FUNCTION = """
def f(n):
    parts = []
    for i in range(n):
        parts.append(pd.read_csv('in.csv'))
    return pd.concat(parts)
m = f(5)
m.to_csv('all.csv')
"""
DUCK = """
import duckdb
for i in range(5):
    k = duckdb.sql(f"SELECT a, sum(b) AS s FROM 'in.csv' WHERE a > {i} GROUP BY a").df()
"""
KINDS = {
    "3 lines, no data": "x = 1\ny = x + 1\nprint(y)",
    "10 lines on a frame": "\n".join(f"r{i} = frame[frame.a > {i}].groupby('a').sum() + r0" for i in range(10)),
    "100 lines on a frame": "\n".join(f"r{i} = frame.groupby('a').sum() + r0" for i in range(100)),
    "20 reads and writes": READS,
    "a function with a loop": FUNCTION,
    "5 queries of DuckDB": DUCK,
}


def main() -> None:
    """Measure, print, and write the section of RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    from IPython.core.interactiveshell import InteractiveShell

    parser.add_argument("--cells", type=int, default=400)
    cells = parser.parse_args().cells
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path(".perijove").mkdir()
        os.environ |= {
            "PERIJOVE_HOME": f"{folder}/.perijove",
            "PERIJOVE_NOTEBOOK": "b.ipynb",
            "IPYTHONDIR": f"{folder}/.i",
        }
        rows = _measure(cells)
        rows += [_log_of_duckdb(cells // 4), _imported()]
        os.chdir("/")
        atexit.unregister(InteractiveShell.instance().atexit_operations)
    lines = [
        "| | p50, ms CPU | p95, ms CPU | first tenth → last tenth, ms | bar | holds |",
        "|---|---|---|---|---|---|",
        *rows,
    ]
    table = "\n".join(lines)
    print(table)
    results.put("recording", "python benchmarks/recording.py", table)


def _measure(cells: int) -> list[str]:
    import pandas
    from IPython.core.interactiveshell import InteractiveShell

    import perijove_kernel

    pandas.DataFrame({"a": range(5), "b": range(5)}).to_csv("in.csv", index=False)
    shell = InteractiveShell.instance(colors="nocolor")
    perijove_kernel.load_ipython_extension(shell)
    recorder = perijove_kernel.active()
    assert recorder is not None
    shell.events.unregister("pre_run_cell", recorder.before_cell)
    shell.events.unregister("post_run_cell", recorder.after_cell)
    clock = _Clock(recorder)
    clock.run(shell, "import pandas as pd\nframe = pd.read_csv('in.csv')\nr0 = 1")
    rows = []
    for name, code in KINDS.items():
        clock.spent.clear()
        turns = cells if name.startswith("10 lines") else max(20, cells // 8)
        for _ in range(turns):
            clock.run(shell, code)
        spent = sorted(clock.spent)
        tenth = max(1, turns // 10)
        first, last = statistics.median(clock.spent[:tenth]), statistics.median(clock.spent[-tenth:])
        p50, p95 = statistics.median(spent), spent[int(len(spent) * 0.95) - 1]
        holds = "yes" if p50 <= BAR_MS else "no"
        flat = f"{first:.2f} → {last:.2f}"
        rows.append(f"| {name}, {turns} cells | {p50:.2f} | {p95:.2f} | {flat} | ≤ {BAR_MS:.0f} | {holds} |")
    return rows


class _Clock:
    """Runs cells and sums the CPU of the two hooks and of every note taken while a cell runs."""

    def __init__(self, recorder) -> None:
        self.recorder = recorder
        self.spent: list[float] = []
        self._noted = 0.0
        touched = recorder.touched

        def timed(touch) -> None:
            begun = time.thread_time()
            touched(touch)
            self._noted += time.thread_time() - begun

        recorder.touched = timed

    def run(self, shell, code: str) -> None:
        """One cell."""
        self._noted = 0.0
        info = SimpleNamespace(silent=False, store_history=True, cell_id="cell", raw_cell=code)
        begun = time.thread_time()
        self.recorder.before_cell(info)
        before = time.thread_time() - begun
        with contextlib.redirect_stdout(io.StringIO()):
            shell.run_cell(code, store_history=False)
        noted = self._noted  # while the cell ran; what is noted at its end is part of the hook
        begun = time.thread_time()
        result = SimpleNamespace(info=info, error_before_exec=None, error_in_exec=None, execution_count=1)
        self.recorder.after_cell(result)
        self.spent.append((before + noted + time.thread_time() - begun) * 1000)


def _log_of_duckdb(turns: int) -> str:
    """What its log costs five queries, by the CPU time of all threads: two connections in turns, one without a log."""
    import duckdb

    plain, logged = duckdb.connect(), duckdb.connect()
    plain.execute("CALL disable_logging()")
    logged.execute("CALL enable_logging(['FileSystem', 'QueryLog'], storage = 'memory')")
    spent: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(turns):
        for which, connection in enumerate((plain, logged)):
            begun = time.process_time()
            for i in range(5):
                connection.sql(f"SELECT a, sum(b) AS s FROM 'in.csv' WHERE a > {i} GROUP BY a").df()
            spent[which].append(time.process_time() - begun)
    more = (statistics.median(spent[1]) - statistics.median(spent[0])) * 1000
    return f"| the log that DuckDB itself keeps, 5 queries, {turns} turns | {more:.2f} | – | – | – | – |"


def _imported() -> str:
    """What loading the recorder adds to a kernel's start."""
    code = "import IPython, psutil, time; begun = time.thread_time()\nimport perijove_kernel.hooks\n"
    code += "print(time.thread_time() - begun)"
    found = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout) for _ in range(5)
    ]
    return f"| loading the recorder, once a kernel | {statistics.median(found) * 1000:.0f} | – | – | – | – |"


if __name__ == "__main__":
    main()
