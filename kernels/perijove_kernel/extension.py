"""What happens when the extension is loaded into a kernel: recording, MLflow's defaults, and the client."""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from typing import Any

from perijove_kernel import connect, home, hooks, run_context
from perijove_kernel.recorder import Recorder, make_script_recorder


def load(shell: Any, active: Recorder | None) -> Recorder:
    """Start recording a shell, once; connect it to its cluster if it has one."""
    if active is not None:
        return active
    state = home.find_state()
    recorder = Recorder(state, shell)
    _prepare(state, recorder)
    shell.events.register("pre_run_cell", recorder.before_cell)
    shell.events.register("post_run_cell", recorder.after_cell)
    atexit.register(recorder.forget)
    cluster_id = os.environ.get(home.CLUSTER)
    if cluster_id:
        _give_client(shell, connect.Connection(state, cluster_id))
    return recorder


def unload(shell: Any, recorder: Recorder) -> None:
    """Stop recording a shell."""
    shell.events.unregister("pre_run_cell", recorder.before_cell)
    shell.events.unregister("post_run_cell", recorder.after_cell)
    recorder.close()


def load_script() -> Recorder:
    """Record a program that has no cells."""
    state = home.find_state()
    recorder = make_script_recorder(state)
    _prepare(state, recorder)
    return recorder


def _prepare(state: Path, recorder: Recorder) -> None:
    home.private_folder(state)
    ignore = state / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    ours = home.sqlite_url(state / "mlflow.db")
    if os.environ.setdefault("MLFLOW_TRACKING_URI", ours) == ours:
        run_context.keep_artifacts_at(state / "artifacts")
    hooks.watch(recorder)


def _give_client(shell: Any, connection: connect.Connection) -> None:
    connection.follow()
    connect.let_plain_client_wait(connection)
    stand_in = connect.lazy_client(connection)
    shell.user_ns["client"] = stand_in
    shell.user_ns_hidden["client"] = stand_in

    def make_real(info: Any) -> None:
        """Before a cell that names the client runs, put the real one in its place: some libraries check its type."""
        if "client" in info.raw_cell and shell.user_ns.get("client") is stand_in:
            try:
                shell.user_ns["client"] = connection.client()
            except connect.ClusterNotReady:
                return  # the stand-in says why when the cell asks it for something

    shell.events.register("pre_run_cell", make_real)
