"""Bad input to every command: a sentence, what to do, exit code 2, and never a traceback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests import command
from tests.hosts import environment

BAD = [
    # command, what its message holds
    ("nonsense", "nonsense"),
    ("catalog add data", "URI"),
    ("catalog add data no/such/folder", "no/such/folder"),
    ("catalog add data nosuch://place", "nosuch"),
    ("catalog add da/ta .", "da/ta"),
    ("catalog add data . --kind nosuchkind", "nosuchkind"),
    ("catalog add shop postgresql://ana:secret@localhost/shop", "password"),
    ("catalog rm nosuch", "nosuch"),
    ("catalog scan nosuch", "nosuch"),
    ("catalog show no-such-file.parquet", "no-such-file.parquet"),
    ("catalog show broken.parquet", "broken.parquet"),
    ("catalog preview broken.parquet", "broken.parquet"),
    ("catalog preview whole.csv --rows 0", "rows"),
    ("catalog preview whole.csv --rows many", "many"),
    ("catalog code whole.csv --engine fortran", "fortran"),
    ("catalog code no-such-file.csv --engine pandas", "no-such-file.csv"),
    ("cluster start --profile nosuch", "nosuch"),
    ("cluster start --workers -1", "-1"),
    ("cluster scale nosuch 2", "nosuch"),
    ("cluster stop nosuch", "nosuch"),
    ("cluster logs nosuch", "nosuch"),
    ("runs show nosuch", "nosuch"),
    ("runs curve nosuch loss", "nosuch"),
    ("job slice no-such.ipynb --cell 0", "no-such.ipynb"),
    ("job slice notebook.ipynb --cell 99", "99"),
    ("job slice notebook.ipynb --cell nosuch", "nosuch"),
    ("job slice syntax.ipynb --cell 1", "syntax"),
    ("job slice whole.csv --cell 0", "whole.csv"),
    ("job slice cells.ipynb --cell 0", "not a notebook"),
    ("job slice kernel.ipynb --cell 0", "kernel.ipynb"),
    ("job slice deep.ipynb --cell 0", "deep.ipynb"),
    ("job slice pipe.ipynb --cell 0", "pipe.ipynb"),
    ("job slice circle.ipynb --cell 0", "circle.ipynb"),
    (f"job export notebook.ipynb --cell 0 --run --out {'a' * 300}", "cannot be a path"),
    ("job export notebook.ipynb --cell 0 --name 7up", "7up"),
    ("job export notebook.ipynb --cell 0 --name class", "class"),
    ("job export notebook.ipynb --cell 0", "--run"),
    ("job verify no-such-folder", "no-such-folder"),
    ("job verify .", "job"),
    ("job run no-such-folder", "no-such-folder"),
    ("job show nosuch", "nosuch"),
    ("lineage nonsense", "nonsense"),
    ("lineage run:nosuch", "run:nosuch"),
    ("lineage run:nosuch --up 99", "20"),
    ("lineage run:nosuch --kind nosuchkind", "nosuchkind"),
    ("lineage impact run:nosuch", "run:nosuch"),
    ("lineage changed run:nosuch", "neither a cell nor a job"),
    ("lineage connect ftp://place", "not an http address"),
    ("lineage connect http://me:pw@place", "login"),
    ("lineage connect http://place --key x", "environment variable"),
    ("lineage send", "Nobody has said"),
    ("lineage import no-such-file.ndjson", "no-such-file.ndjson"),
    ("lineage import whole.csv", "is not understood"),
    ("lineage export no/such/folder/x.ndjson", "cannot be written"),
    ("search", "QUERY"),
    ("search x --limit 0", "limit"),
    (f"search {'a' * 60_000}", "longer than"),
    (f"runs list --filter {'a' * 60_000}", "longer than"),
    ("task list --limit 0", "limit"),
    (f"audit list --limit {10**30}", "limit"),
    ("task log nosuch", "nosuch"),
    ("task cancel nosuch", "nosuch"),
    ("demo --dir whole.csv", "whole.csv"),
    ("lab no-such-folder", "no-such-folder"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bad") / "project"
    root.mkdir()
    (root / "whole.csv").write_text("a,b\n1,2\n")
    (root / "broken.parquet").write_bytes(b"PAR1 this is no parquet PAR1")
    nbformat.write(new_notebook(cells=[new_code_cell("a = 1"), new_code_cell("b = a + 1")]), root / "notebook.ipynb")
    nbformat.write(new_notebook(cells=[new_code_cell("a = 1"), new_code_cell("b = = 2")]), root / "syntax.ipynb")
    (root / "cells.ipynb").write_text('{"nbformat": 4, "metadata": {}, "cells": [1, null, "a = 1"]}')
    (root / "kernel.ipynb").write_text('{"nbformat": 4, "metadata": {"kernelspec": "x"}, "cells": []}')
    (root / "deep.ipynb").write_text("[" * 100_000)
    (root / "circle.ipynb").symlink_to("circle.ipynb")
    os.mkfifo(root / "pipe.ipynb")
    return root


def perijove(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return command.perijove(*arguments, folder=folder, environment=environment(folder, **more))


@pytest.mark.parametrize(("command", "says"), BAD, ids=[command for command, _ in BAD])
def test_a_sentence_and_exit_code_2(folder: Path, command: str, says: str) -> None:
    done = perijove(folder, *command.split())
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert says.lower() in told.lower(), told
    assert "Traceback" not in told
    assert "secret" not in told.replace("postgresql://ana:secret@localhost/shop", "")


@pytest.mark.parametrize("command", ["catalog show no-such-file.parquet", "lineage nonsense", "job show nosuch"])
def test_errors_come_as_json_when_asked(folder: Path, command: str) -> None:
    done = perijove(folder, *command.split(), "--json")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert set(error) == {"kind", "message", "hint"}
    assert error["kind"] in ("Invalid", "NotFound")
    assert error["hint"]


def test_a_port_in_use(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = perijove(folder, "lab", ".", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "is in use" in done.stderr


def test_no_permission_to_write(folder: Path, tmp_path: Path) -> None:
    """Even for root, who may write anywhere else, nothing can be made below a file."""
    (tmp_path / "file").write_text("")
    done = perijove(folder, "catalog", "sources", PERIJOVE_HOME=str(tmp_path / "file" / ".perijove"))
    assert done.returncode == 2, done.stderr
    assert "cannot be made" in done.stderr
    if os.getuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o500)
        done = perijove(folder, "catalog", "sources", PERIJOVE_HOME=str(tmp_path / "locked" / ".perijove"))
        assert done.returncode == 2


def test_every_command_has_help_with_an_example() -> None:
    import click

    from perijove.cli import perijove as top

    def leaves(group: click.Group) -> list[click.Command]:
        context = click.Context(group)
        found: list[click.Command] = []
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            found += leaves(command) if isinstance(command, click.Group) else [command]
        return found

    assert [command.name for command in leaves(top) if "Example:" not in (command.help or "")] == []


def test_a_name_cannot_steer_the_terminal(folder: Path) -> None:
    (folder / "odd.jsonl").write_text(json.dumps({"name": "esc\x1b[31mred", "source": "odd"}))
    assert perijove(folder, "catalog", "import", "odd.jsonl").returncode == 0
    found = perijove(folder, "catalog", "search", "esc")
    assert "\x1b" not in found.stdout and "\\x1b[31mred" in found.stdout
