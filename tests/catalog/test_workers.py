"""The processes that read for a command or a server: none of them outlives it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ASK = """
import sys
from perijove.catalog.sandbox import Sandbox
from perijove.catalog.workers import Workers
workers = Workers(brief=sys.argv[1] == "brief")
if sys.argv[1] != "brief":
    workers.warm()  # has a worker made ready in advance too
Sandbox(workers=workers).preview("files", sys.argv[2], sys.argv[2], 1, {})
"""


@pytest.mark.parametrize("kind", ["brief", "of a server"])
def test_whoever_asked_is_killed_and_nothing_goes_on_reading_for_them(tmp_path: Path, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.csv"
        asker = subprocess.Popen([sys.executable, "-c", ASK, kind, url], cwd=tmp_path)
        try:
            talk, _ = silent.accept()  # a worker asks, and is never answered
            with talk:
                started = psutil.Process(asker.pid).children(recursive=True)
                asker.send_signal(signal.SIGKILL)
                asker.wait()
                assert len(started) >= 2  # the nursery and the worker
                until = time.monotonic() + 30
                while left := [one for one in started if _runs(one)]:
                    assert time.monotonic() < until, left
                    time.sleep(0.05)
        finally:
            asker.kill()
            asker.wait()


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
