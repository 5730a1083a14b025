"""Which notebook a kernel runs that nobody told: the one in its folder that holds all it ran."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from perijove_kernel.recorder import Recorder

TOLD = ("PERIJOVE_NOTEBOOK", "JPY_SESSION_NAME", "PAPERMILL_INPUT_PATH")


def write(path: Path, *cells: str) -> None:
    found = [{"cell_type": "code", "id": f"{path.stem}-{index}", "source": one} for index, one in enumerate(cells)]
    path.write_text(json.dumps({"cells": found}))


def test_two_notebooks_that_begin_alike_are_told_apart_by_a_later_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in TOLD:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("perijove_kernel.notebooks._named_by_command", lambda: None)
    (tmp_path / ".perijove").mkdir()
    write(tmp_path / "one.ipynb", "import os", "a = 1", "b = 2")
    write(tmp_path / "two.ipynb", "import os", "a = 2", "b = 2", "import os")
    recorder = Recorder(tmp_path / ".perijove", SimpleNamespace(user_ns={}))
    found = []
    for source in ("", "import os", "a = 2", "b = 2", "import os"):
        id = recorder._id_of(SimpleNamespace(raw_cell=source, cell_id=None))
        found.append((recorder.notebook, id.partition("-")[0] if not recorder.notebook else id))
    named = [("two.ipynb", f"two-{index}") for index in (1, 2, 3)]
    assert found == [("", "unsaved"), ("", "unsaved"), *named]
    recorder.close()
