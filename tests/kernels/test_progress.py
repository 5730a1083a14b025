"""A task of the project, shown and cancelled from a kernel."""

from __future__ import annotations

import time

import pytest

from perijove.core.database import Database
from perijove.core.events import Events
from perijove.core.tasks import Tasks
from perijove_kernel import progress


@pytest.fixture
def running(project, who):
    database = Database(project.database_url)
    tasks = Tasks(database, Events())

    def work(step):
        for count in range(600):
            step.step(min(0.5, count / 10), "half way")
            time.sleep(0.02)

    task = tasks.start("test", "Count slowly", work, who)
    yield project.state, task.id, tasks
    tasks.cancel(task.id, who)
    tasks.wait(task.id, who)
    database.close()


def eventually(check, seconds=10):
    until = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return answer


def test_the_bar_follows_the_task_and_its_button_cancels_it(running):
    _, task_id, tasks = running
    box = progress.watch(task_id, every=0.05)
    bar, label, button = box.children
    eventually(lambda: bar.value == 0.5 and label.value == "Count slowly: half way")
    button.click()
    eventually(lambda: bar.bar_style == "warning" and button.disabled)


def test_an_unknown_task_and_a_missing_database_are_sentences(project):
    assert progress.watch("nope").startswith("There is no task nope in ")
