"""Dataframes of a live kernel are listed, looked at and profiled without leaving a trace in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.multikernelmanager import MultiKernelManager
from jupyter_core.paths import jupyter_runtime_dir

from perijove.catalog.frames import Frames
from perijove.catalog.model import Filter, Sort, Window
from perijove.core.errors import Failed, Invalid, PerijoveError
from perijove.core.kernels import Kernels

CODE = """
import pandas as pd, polars as pl
prices = pd.DataFrame({"amount": [3, 1, 2], "word": ["x", "y", None]})
lazy = pl.LazyFrame({"a": [1]})
other = 5
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[str]:
    Path(jupyter_runtime_dir()).mkdir(parents=True, exist_ok=True)
    manager = MultiKernelManager(default_kernel_name="python3", connection_dir=jupyter_runtime_dir())
    name = manager.start_kernel()
    client = manager.get_kernel(name).client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    client.execute_interactive(CODE, timeout=120)
    yield name
    client.stop_channels()
    manager.shutdown_kernel(name, now=True)


def test_what_a_kernel_holds(kernel: str) -> None:
    frames = Frames(Kernels())
    found = {frame.name: frame for frame in frames.all(kernel)}
    assert set(found) == {"prices", "lazy"}
    prices = found["prices"]
    assert (prices.ref, prices.rows, prices.columns) == (f"frame:{kernel}/prices", 3, 2)
    shown = frames.look(kernel, "prices", Window(rows=2, sort=[Sort("amount")], where=[Filter("amount", "<", 3)]))
    assert [row[0] for row in shown.rows] == [1, 2]
    profile = frames.profile(kernel, "prices")
    assert [(one.name, one.nulls) for one in profile.columns] == [("amount", 0), ("word", 1)]
    assert profile.basis.method == "all rows"


def test_what_is_no_frame_gets_a_sentence(kernel: str) -> None:
    frames = Frames(Kernels())
    with pytest.raises(Invalid, match="name of a variable"):
        frames.look(kernel, "prices; other", Window())
    for name in ("other", "nosuch"):
        with pytest.raises((Failed, PerijoveError)):
            frames.profile(kernel, name)
