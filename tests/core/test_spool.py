"""What kernels leave is taken in once, wherever the taking is stopped."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.core.kernel import A, B, Kernel

from perijove.core import spool, tables
from perijove.core.database import Database
from perijove.core.lineage import Lineage
from perijove.core.project import Project
from perijove.core.spool import Spool, taken


@pytest.fixture
def kernel(project: Project, database: Database, lineage: Lineage) -> Kernel:
    return Kernel(project, database, lineage)


def ran(database: Database) -> list[str]:
    """The cells of the execution log, in order."""
    with database.read() as connection:
        return list(connection.execute(select(tables.executions.c.cell).order_by(tables.executions.c.seq)).scalars())


def another(project: Project, database: Database) -> Spool:
    """What a server does that starts after the first one was killed: it remembers nothing."""
    return Spool(project, database, Lineage(database))


def test_a_kill_before_the_offset_is_kept_loses_and_doubles_nothing(
    kernel: Kernel, project: Project, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel.cell("a")
    kernel.spool.take_in()
    kernel.cell("b")
    kernel.line("read", "b", uri=A)

    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(spool, "read_to", kill)
        kernel.spool.take_in()
    assert ran(database) == ["a"], "what the lines say is undone with the offset"
    assert another(project, database).take_in() == 2
    assert another(project, database).take_in() == 0
    assert ran(database) == ["a", "b"]


def test_a_kill_after_the_offset_is_kept_doubles_nothing(kernel: Kernel, project: Project, database: Database) -> None:
    kernel.cell("a")

    def kill() -> None:
        raise KeyboardInterrupt

    kernel.spool.after = kill
    with pytest.raises(KeyboardInterrupt):
        kernel.spool.take_in()
    assert another(project, database).take_in() == 0
    assert (ran(database), taken(database, kernel.path)) == (["a"], kernel.path.stat().st_size)


def test_a_kill_between_halves_of_lines_with_a_bad_one_goes_on_after_the_first(
    kernel: Kernel,
    project: Project,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = spool.store
    for cell in ("a", "bad", "c", "d"):
        kernel.cell(cell)

    def refuse(connection: object, additions: object) -> None:
        if "#bad" in str(additions):
            raise OverflowError("no database takes it")
        store(connection, additions)  # type: ignore[arg-type]  # as the spool gives it

    monkeypatch.setattr(spool, "store", refuse)
    keep = Spool._keep
    calls = iter(range(100))

    def keep_some(self: Spool, name: str, lines: object) -> None:
        if next(calls) == 4:  # all, the first half, each of its two lines, then the second half
            raise SystemExit
        keep(self, name, lines)  # type: ignore[arg-type]  # as the spool gives it

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(Spool, "_keep", keep_some)
        kernel.spool.take_in()
    assert ran(database) == ["a"]
    with caplog.at_level(logging.WARNING):
        assert another(project, database).take_in() == 2
    assert ran(database) == ["a", "c", "d"]


def test_an_offset_of_an_earlier_version_counts(kernel: Kernel, database: Database) -> None:
    kernel.cell("a")
    kernel.path.with_suffix(".offset").write_text(str(kernel.path.stat().st_size))
    kernel.cell("b")
    assert (kernel.spool.take_in(), ran(database)) == (1, ["b"])


def test_half_a_line_and_a_line_that_is_none_are_left_out(kernel: Kernel, database: Database) -> None:
    with kernel.path.open("a") as file:
        file.write("this is no JSON\n[1]\n")
    kernel.cell("a")
    with kernel.path.open("a") as file:
        file.write('{"type": "cell"')
    assert kernel.spool.take_in() == 1
    with kernel.path.open("a") as file:
        file.write(f', "notebook": "n.ipynb", "cell": "b", "at": "{kernel.now().isoformat()}"}}\n')
    assert (kernel.spool.take_in(), ran(database)) == (1, ["a", "b"])


def test_an_old_file_is_deleted_with_all_that_is_kept_of_it(kernel: Kernel, database: Database) -> None:
    kernel.line("read", "a", uri=B)
    kernel.spool.take_in()
    beside = [kernel.path.with_suffix(suffix) for suffix in (".offset", ".sent")]
    for path in beside:
        path.write_text("0")
    past = time.time() - spool.OLD - 60
    os.utime(kernel.path, (past, past))
    assert kernel.spool.take_in() == 0
    assert [path for path in [kernel.path, *beside] if Path(path).exists()] == []
    with database.read() as connection:
        assert connection.execute(select(tables.spool)).all() == []
