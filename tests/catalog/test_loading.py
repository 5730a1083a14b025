"""What libraries take to load is not counted against data: the clock begins when the worker has them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from perijove.catalog.sandbox import _Clock
from perijove.core.errors import Invalid


def test_the_clock_begins_when_the_worker_is_ready() -> None:
    clock = _Clock(os.getpid(), 100, 0.01)
    clock.check()  # this process has computed for longer than that, but it is said to be loading
    clock.begin(10**6)
    clock.check()
    clock.begin(0)
    with pytest.raises(Invalid, match=r"longer than the 0\.01 seconds"):
        clock.check()
    clock = _Clock(os.getpid(), 0, None)
    clock.check()
    clock.begin(0)
    with pytest.raises(Invalid, match="longer than the 0 seconds"):
        clock.check()


def test_a_worker_says_that_it_is_ready_before_it_reads(tmp_path: Path) -> None:
    uri = (tmp_path / "nothing").as_uri()
    asked = {"verb": "describe", "kind": "iceberg", "config": {"uri": uri}, "memory": 2**31, "uri": uri}
    code = (
        "import sys; from perijove.catalog.worker import serve; serve(sys.stdin.buffer.read(), sys.stdout.buffer.write)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=msgspec.json.encode(asked), capture_output=True, check=True
    )
    lines = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    assert [next(iter(line)) for line in lines] == ["ready", "error", "done"]
    assert lines[0]["ready"] > 0
