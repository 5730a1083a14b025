"""Workers that wait for the next look at the same place."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from perijove.catalog import kept
from perijove.catalog.model import Window
from perijove.catalog.sandbox import Sandbox
from perijove.catalog.workers import Workers
from perijove.core.errors import Invalid


class Counted(Workers):
    """Remembers the process ids it gave."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[int] = []

    def start(self) -> tuple[socket.socket, int]:
        line, pid = super().start()
        self.given.append(pid)
        return line, pid


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(workers=Counted())
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("n\n1\n2\n")
    return path


def rows(sandbox: Sandbox, path: Path) -> list[list[object]]:
    return sandbox.look("files", path.parent.as_uri(), path.as_uri(), Window(rows=5), {}).rows


def given(sandbox: Sandbox) -> list[int]:
    assert isinstance(sandbox.workers, Counted)
    return sandbox.workers.given


def test_the_next_look_at_a_place_goes_to_the_worker_that_waits_and_sees_what_is_there_now(
    sandbox: Sandbox, csv: Path
) -> None:
    assert rows(sandbox, csv) == [[1], [2]]
    csv.write_text("n\n3\n")
    assert rows(sandbox, csv) == [[3]]
    (csv.parent / "b.csv").write_text("m\nx\n")
    assert rows(sandbox, csv.parent / "b.csv") == [["x"]]
    assert sandbox.preview("files", csv.parent.as_uri(), csv.as_uri(), 1, {}).rows == [[3]]
    assert len(given(sandbox)) == 1


def test_another_place_and_another_question_have_a_fresh_worker(sandbox: Sandbox, csv: Path) -> None:
    rows(sandbox, csv)
    other = csv.parent / "other" / "a.csv"
    other.parent.mkdir()
    other.write_text("n\n9\n")
    assert rows(sandbox, other) == [[9]]
    sandbox.profile("files", csv.parent.as_uri(), csv.as_uri(), "sample", {})
    assert len(set(given(sandbox))) == 3


def test_a_worker_that_failed_or_was_killed_while_it_waited_is_not_asked_again(sandbox: Sandbox, csv: Path) -> None:
    bad = csv.parent / "bad.parquet"
    bad.write_bytes(b"PAR1 no PAR1")
    with pytest.raises(Invalid):
        rows(sandbox, bad)
    assert rows(sandbox, csv) == [[1], [2]]
    assert len(given(sandbox)) == 2
    os.kill(given(sandbox)[-1], signal.SIGKILL)
    until = time.monotonic() + 20
    while _runs(given(sandbox)[-1]):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert rows(sandbox, csv) == [[1], [2]]
    assert len(given(sandbox)) == 3


def test_a_worker_that_ends_just_when_it_is_asked_is_replaced(sandbox: Sandbox, csv: Path) -> None:
    assert rows(sandbox, csv) == [[1], [2]]
    take = sandbox.kept.take

    def killed(place: kept.Place) -> tuple[socket.socket, int] | None:
        found = take(place)
        if found:
            os.kill(found[1], signal.SIGKILL)
        return found

    sandbox.kept.take = killed  # type: ignore[method-assign]  # as the system does when memory runs out
    assert [rows(sandbox, csv) for _ in range(5)] == [[[1], [2]]] * 5
    assert len(given(sandbox)) == 6


def test_a_worker_that_ends_in_its_work_is_told_as_bad_data(
    sandbox: Sandbox, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perijove.catalog.sandbox._read", lambda *_: iter([b'{"ready": 0.1}']))
    with pytest.raises(Invalid, match="ended its worker process") as told:
        rows(sandbox, csv)
    assert told.value.kind == "Invalid"


def test_few_wait_none_for_long_and_none_after_the_end(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / str(number) for number in range(kept.MOST + 1)]
    for folder in folders:
        folder.mkdir()
        (folder / "a.csv").write_text("n\n1\n")
        rows(sandbox, folder / "a.csv")
    rows(sandbox, folders[0] / "a.csv")
    assert len(given(sandbox)) == kept.MOST + 2, "the one that waited longest had to go"
    monkeypatch.setattr(kept, "SECONDS", 0.0)
    rows(sandbox, folders[0] / "a.csv")
    assert len(given(sandbox)) == kept.MOST + 3
    sandbox.close()
    until = time.monotonic() + 20
    while left := [pid for pid in given(sandbox) if _runs(pid)]:
        assert time.monotonic() < until, left
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
