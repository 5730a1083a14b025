"""Start a cluster host so that it belongs to nobody: not to the server, not to the kernel, not to a terminal."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from perijove_kernel import home

# The shell starts the host in the background and is gone at once, so that init adopts the host.
_ADOPT = 'log=$1; shift; "$@" >>"$log" 2>&1 </dev/null &'
# Variables that tie a process to its Jupyter server or kernel; the host must not have them.
_TIES = ("JPY_PARENT_PID", "JPY_SESSION_NAME", "JPY_API_TOKEN", "JUPYTER_TOKEN", home.KERNEL, "DASK_SCHEDULER_ADDRESS")


def new_id() -> str:
    """An id for a new cluster."""
    return uuid.uuid4().hex[:12]


def start_host(
    python: str,
    state: Path,
    cluster_id: str,
    *,
    workers: int,
    profile: str = "local",
    memory: str = "",
    kernel_id: str = "",
    notebook: str = "",
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> None:
    """Write the record of a cluster that is starting and let its host go; does not wait for it.

    The workers work in ``folder``, where the kernel works, so that relative paths and local modules mean the same.
    """
    log = home.log_path(state, cluster_id)
    home.private_folder(log.parent)
    log.touch(mode=0o600)
    home.private_folder(home.keys_folder(state, cluster_id))
    record = {
        "id": cluster_id,
        "name": Path(notebook).name or f"cluster {cluster_id[:4]}",
        "profile": profile,
        "state": "starting",
        "pid": 0,
        "created": 0.0,
        "socket": str(home.socket_path(cluster_id)),
        "address": "",
        "wanted": workers,
        "kernelId": kernel_id,
        "kernelPid": 0,
        "kernelCreated": 0.0,
        "notebook": notebook,
        "startedAt": datetime.now(UTC).isoformat(),
        "problem": "",
        "log": str(log),
        "python": python,
    }
    home.write_json(home.record_path(state, cluster_id), record)
    arguments = ["--id", cluster_id, "--home", str(state), "--workers", str(workers), "--profile", profile]
    arguments += ["--memory", memory] if memory else []
    own = {name: value for name, value in (env or os.environ).items() if name not in _TIES}
    own[home.CLUSTER] = cluster_id
    subprocess.run(
        ["/bin/sh", "-c", _ADOPT, "sh", str(log), python, "-m", "perijove_kernel.cluster_host", *arguments],
        env=own,
        cwd=folder if folder and folder.is_dir() else home.project_root(state),
        start_new_session=True,
        check=True,
    )


def main() -> int:
    """Start a cluster without a kernel, and be gone; the host's record says how it went on."""
    parser = argparse.ArgumentParser(prog="perijove_kernel.launch", description=main.__doc__)
    parser.add_argument("--id", required=True)
    parser.add_argument("--home", required=True, type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", default="", help="memory of one worker, for instance 2GiB; empty for an even share")
    parser.add_argument("--profile", default="local")
    options = parser.parse_args()
    start_host(
        sys.executable,
        options.home,
        options.id,
        workers=options.workers,
        memory=options.memory,
        profile=options.profile,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
