"""Where in a person's own code a call comes from: the frames between a cell and the reader that it called.

Vocabulary
  own code     cells and a person's modules: no library, no part of Python itself
  step         one frame of own code: which call in which function; comprehensions belong to the function around them
  activation   one run of a function; two runs of the same function have different numbers
"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

DEEPEST = 250
_FOLDED = frozenset(["<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>"])
_OWN_MARKS = frozenset(["<timed exec>", "<stdin>"])
_LIBRARY = re.compile(r"/(?:site|dist)-packages/([^/.]+)")
# Their own calls among each other say nothing new: what a person asked of them was seen when it was asked.
_FOR_ITSELF = frozenset(
    [
        "pandas",
        "dask",
        "distributed",
        "fsspec",
        "s3fs",
        "gcsfs",
        "adlfs",
        "pyarrow",
        "polars",
        "numpy",
        "joblib",
        "deltalake",
        "pyiceberg",
        "duckdb",
        "sqlalchemy",
        "openpyxl",
        "xarray",
        "mlflow",
        "ipykernel",
        "jupyter_client",
        "jupyter_core",
        "traitlets",
        "tornado",
        "zmq",
        "debugpy",
        "matplotlib",
        "pytz",
        "dateutil",
        "tzdata",
        "certifi",
        "botocore",
        "aiobotocore",
        "boto3",
        "requests",
        "urllib3",
        "psutil",
        "perijove",
        "optuna",
        "alembic",
    ]
)
_here = str(Path(__file__).parent)
_python = tuple({path for name in ("stdlib", "platstdlib") if (path := sysconfig.get_path(name))})
_kinds: dict[str, str] = {}
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Step:
    """A call under way: in which activation of which function, and where its expression ends (line, byte column)."""

    activation: int
    file: str
    first: int
    function: str
    end: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """The steps from a cell inwards; ``direct`` when only Python itself stands between own code and the reader."""

    steps: tuple[Step, ...] = ()
    direct: bool = False


class _Mark:
    """Marks a frame as one activation. A frame's trace function is unused unless somebody debugs."""

    def __init__(self) -> None:
        self.number = next(_numbers)

    def __call__(self, *_: Any) -> None:
        """Traces nothing."""


def kind_of(file: str) -> str:
    """``own``, ``python`` or ``library``."""
    kind = _kinds.get(file)
    if kind is None:
        kind = _kinds[file] = _find_kind(file)
    return kind


def _find_kind(file: str) -> str:
    if file.startswith("<"):
        return "own" if file in _OWN_MARKS or file.startswith("<ipython-input") else "python"
    if file.startswith(_here):
        return "python"
    if "site-packages" in file or "dist-packages" in file:
        return "python" if "/IPython/" in file else "library"
    return "python" if file.startswith(_python) else "own"


def place(top: Callable[[FrameType], bool]) -> Place:
    """Where the call that is being noted comes from; ``top`` tells the outermost frame of a cell or script."""
    frame: FrameType | None = sys._getframe(1)
    steps: list[Step] = []
    direct: bool | None = None
    inner: tuple[int, int] | None = None
    for _ in range(DEEPEST):
        if frame is None:
            return Place()
        code = frame.f_code
        kind = kind_of(code.co_filename)
        if kind == "library" and direct is None:
            direct = False
        elif kind == "own":
            direct = True if direct is None else direct
            end = inner or _end(code, frame.f_lasti)
            if code.co_name in _FOLDED:
                inner = end
            else:
                inner = None
                outermost = top(frame)
                number = 0 if outermost else _activation(frame)
                steps.append(Step(number, code.co_filename, code.co_firstlineno, code.co_name, end))
                if outermost:
                    return Place(tuple(reversed(steps)), bool(direct))
                if number < 0:
                    return Place()
        frame = frame.f_back
    return Place()


def _end(code: CodeType, instruction: int) -> tuple[int, int]:
    for _, line, _, column in islice(code.co_positions(), instruction // 2, instruction // 2 + 1):
        return line or 0, column or 0
    return 0, 0


def _activation(frame: FrameType) -> int:
    if isinstance(frame.f_trace, _Mark):
        return frame.f_trace.number
    if frame.f_trace is not None or sys.gettrace() is not None:
        return -1  # somebody debugs: leave the frame alone
    mark = _Mark()
    frame.f_trace = mark
    return mark.number


def caller() -> str:
    """The file of the nearest frame that is not Python itself; tells a person's ``open`` from a library's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if kind_of(file) != "python":
            return file
        frame = frame.f_back
    return ""


def works_for_itself(file: str) -> bool:
    """Whether a file belongs to a library whose calls of other libraries are its own business."""
    found = _LIBRARY.search(file)
    return found is not None and found.group(1) in _FOR_ITSELF
