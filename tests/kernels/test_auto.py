"""A plain kernel records by itself where there is a project, and leaves nothing elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager
from tests.hosts import environment


def run(folder: Path, source: str, **more: str) -> None:
    """Run one cell in a plain Python kernel that starts in a folder."""
    env = {name: value for name, value in environment(folder).items() if name != "PERIJOVE_HOME"} | more
    kernel = KernelManager(kernel_name="python3")
    kernel.start_kernel(cwd=str(folder), env=env)
    client = kernel.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        reply = client.execute_interactive(source, timeout=60, output_hook=lambda message: None)
        assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)


def told(folder: Path) -> list[dict[str, str]]:
    files = sorted((folder / ".perijove" / "spool").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


READ = "import pandas as pd; pd.read_csv('a.csv')"


def test_the_first_cell_of_a_plain_kernel_is_recorded(tmp_path: Path) -> None:
    (tmp_path / ".perijove").mkdir()
    (tmp_path / "a.csv").write_text("a\n1\n")
    run(tmp_path, READ)
    found = told(tmp_path)
    assert [(line["type"], line.get("uri", "")) for line in found] == [
        ("read", (tmp_path / "a.csv").as_uri()),
        ("cell", ""),
    ]


@pytest.mark.parametrize(("project", "more"), [(False, {}), (True, {"PERIJOVE_RECORD": "0"})])
def test_nothing_is_recorded_outside_of_projects_or_when_switched_off(
    tmp_path: Path, project: bool, more: dict[str, str]
) -> None:
    if project:
        (tmp_path / ".perijove").mkdir()
    (tmp_path / "a.csv").write_text("a\n1\n")
    run(tmp_path, READ, **more)
    assert told(tmp_path) == []
    assert (tmp_path / ".perijove").exists() == project
