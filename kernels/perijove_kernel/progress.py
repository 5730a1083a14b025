"""A bar in a notebook for one of the project's long-running tasks, with a button that cancels it."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perijove_kernel import home

ENDED = ("done", "failed", "cancelled")


def watch(task_id: str, every: float = 0.5) -> Any:
    """Show a task until it has ended; answers the widget, or a sentence where there is no such task or no widgets."""
    state = home.find_state()
    first = read_task(state, task_id)
    if first is None:
        return f"There is no task {task_id} in {state}; the Perijove panel shows the tasks there are."
    try:
        import ipywidgets
    except ImportError:
        return f"{first['title']}: {_sentence(first)} Install ipywidgets to see a bar here."
    bar = ipywidgets.FloatProgress(min=0, max=1, layout={"width": "16em"})
    label = ipywidgets.Label()
    button = ipywidgets.Button(description="Cancel", tooltip=f"Cancel: {first['title']}")
    button.on_click(lambda _: cancel(state, task_id))

    def show(task: dict[str, Any]) -> None:
        bar.value = 1.0 if task["state"] == "done" else task["progress"] or 0.0
        bar.bar_style = {"done": "success", "failed": "danger", "cancelled": "warning"}.get(task["state"], "info")
        label.value = f"{task['title']}: {_sentence(task)}"
        button.disabled = task["state"] in ENDED or bool(task["cancel_requested"])

    def follow() -> None:
        while (task := read_task(state, task_id)) is not None:
            show(task)
            if task["state"] in ENDED:
                return
            time.sleep(every)

    show(first)
    threading.Thread(target=follow, name="perijove-progress", daemon=True).start()
    return ipywidgets.HBox([bar, label, button])


def read_task(state: Path, task_id: str) -> dict[str, Any] | None:
    """One task as it is in the project's database; None when it is not there."""
    try:
        with _open(state) as database:
            database.row_factory = sqlite3.Row
            columns = "id, title, state, progress, message, error, cancel_requested"
            row = database.execute(f"select {columns} from core_tasks where id = ?", (task_id,)).fetchone()
    except sqlite3.Error:
        return None
    return dict(row) if row else None


def cancel(state: Path, task_id: str) -> bool:
    """Ask a task to stop; whoever runs it sees that at its next step. Tells whether there was one to ask."""
    running = "state in ('queued', 'running')"
    with _open(state) as database:
        asked = database.execute(f"update core_tasks set cancel_requested = 1 where id = ? and {running}", (task_id,))
        database.commit()
        return asked.rowcount > 0


@contextlib.contextmanager
def _open(state: Path) -> Iterator[sqlite3.Connection]:
    if not (state / "state.db").is_file():
        raise sqlite3.OperationalError("there is no database yet")
    database = sqlite3.connect(state / "state.db", timeout=5)
    try:
        yield database
    finally:
        database.close()


def _sentence(task: dict[str, Any]) -> str:
    if task["state"] == "failed":
        return str(task["error"] or "It failed.")
    if task["state"] == "running" and task["cancel_requested"]:
        return "It is being cancelled."
    return str(task["message"] or task["state"])
