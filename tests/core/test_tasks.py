"""Tasks: progress, log, cancel, result and failure, seen from the database."""

from __future__ import annotations

import sys
import threading
import time

import psutil
import pytest
from sqlalchemy import update

from perijove.core import tables
from perijove.core.access import Person
from perijove.core.errors import Invalid, NotFound
from perijove.core.tasks import Progress, Tasks


def test_a_task_keeps_its_result_and_log(tasks: Tasks, who: Person) -> None:
    def work(progress: Progress) -> dict[str, int]:
        progress.step(0.5, "half way")
        assert progress.run([sys.executable, "-c", "print('from the program')"]) == 0
        return {"rows": 3}

    ended = tasks.wait(tasks.start("test", "A task", work, who).id, who)
    assert (ended.state, ended.progress, ended.result, ended.message) == ("done", 1.0, {"rows": 3}, "half way")
    assert tasks.log(ended.id, who).lines == ["half way", "from the program"]
    assert [task.id for task in tasks.recent(who)] == [ended.id]


def test_a_refusal_becomes_its_sentence(tasks: Tasks, who: Person) -> None:
    def work(progress: Progress) -> None:
        raise Invalid("The table is empty.", hint="Name another.")

    ended = tasks.wait(tasks.start("test", "A task", work, who).id, who)
    assert (ended.state, ended.error, ended.hint) == ("failed", "The table is empty.", "Name another.")


def test_cancel_ends_the_program_and_its_children(tasks: Tasks, who: Person) -> None:
    begun = threading.Event()

    def work(progress: Progress) -> None:
        begun.set()
        progress.run(
            [
                sys.executable,
                "-c",
                "import subprocess,sys; subprocess.run([sys.executable,'-c','import time; time.sleep(99)'])",
            ]
        )

    task = tasks.start("test", "A long task", work, who)
    assert begun.wait(10)
    until = time.monotonic() + 10
    while len(psutil.Process().children(recursive=True)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    running = psutil.Process().children(recursive=True)
    tasks.cancel(task.id, who)
    assert tasks.wait(task.id, who).state == "cancelled"
    _, alive = psutil.wait_procs([one for one in running if "sleep" in " ".join(_line(one))], timeout=10)
    assert not alive


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_task_whose_program_is_gone_is_failed(tasks: Tasks, who: Person) -> None:
    task = tasks.wait(tasks.start("test", "A task", lambda progress: None, who).id, who)
    with tasks.database.begin() as connection:
        connection.execute(update(tables.tasks).values(state="running", pid=2**22 - 1))
    found = tasks.get(task.id, who)
    assert (found.state, found.error) == ("failed", "The program that ran this task has ended.")


def test_a_thing_is_busy_while_a_task_on_it_runs_whoever_started_it(tasks: Tasks, who: Person) -> None:
    task = tasks.start("test", "A task", lambda progress: progress.run(["sleep", "60"]), who, "job:one")
    assert tasks.running("job:one") and not tasks.running("job:two")
    tasks.cancel(task.id, who)
    tasks.wait(task.id, who)
    assert not tasks.running("job:one")


@pytest.mark.parametrize("limit", [-1, 0, 10**30])
def test_a_list_has_a_length_that_can_be_answered(tasks: Tasks, who: Person, limit: int) -> None:
    with pytest.raises(Invalid, match="“limit” goes from 1 to 1,000"):
        tasks.recent(who, limit)


def test_other_peoples_tasks_do_not_exist(tasks: Tasks, who: Person) -> None:
    task = tasks.wait(tasks.start("test", "A task", lambda progress: None, who).id, who)
    stranger = Person("stranger")
    with pytest.raises(NotFound):
        tasks.get(task.id, stranger)
    with pytest.raises(NotFound):
        tasks.cancel(task.id, stranger)
    assert tasks.recent(stranger) == []
