"""Where the kernel side keeps its state, and how it tells one process from another.

Vocabulary
  state folder   a project's ``.perijove``: PERIJOVE_HOME, else the nearest one upwards, else beside perijove.toml
  identity       a process id together with its start time, so that a reused id is never taken for the old process
  cluster's own  processes that carry PERIJOVE_CLUSTER_ID but no PERIJOVE_KERNEL_ID: the host and its workers, no kernel
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

STATE = ".perijove"
SETTINGS = "perijove.toml"
CLUSTER = "PERIJOVE_CLUSTER_ID"
KERNEL = "PERIJOVE_KERNEL_ID"
ALONE = "alone-"
"""How the ids of kernels and programs begin that no server has started; each run has its own."""


def find_state(start: Path | None = None, env: Mapping[str, str] | None = None) -> Path:
    """The state folder of a project; it need not exist yet."""
    home = (os.environ if env is None else env).get("PERIJOVE_HOME")
    if home:
        return Path(home).expanduser().resolve()
    here = (start or Path.cwd()).resolve()
    above = [folder for folder in (here, *here.parents) if folder == here or folder != folder.parent]
    for mark in (STATE, SETTINGS):
        for folder in above:
            if (folder / mark).exists():
                return folder / STATE
    return here / STATE


def project_root(state: Path) -> Path:
    """The folder that paths in refs are relative to: the parent of the state folder."""
    return state.parent


def relative(path: str, state: Path) -> str:
    """A path as refs name it: relative to the project with forward slashes, absolute when outside."""
    if not path:
        return ""
    root = project_root(state)
    full = (root / path).resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_posix()


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file; SQLAlchemy is asked only where the path holds letters that mean something in a URL."""
    plain = f"sqlite:///{file}"
    if not set("%?") & set(str(file)):
        return plain
    try:
        from sqlalchemy.engine import URL
    except ImportError:
        return plain
    return URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)


def database_url(text: str) -> Any:
    """A database URL as SQLAlchemy reads it; None where it is none, or where there is no SQLAlchemy to use it."""
    try:
        from sqlalchemy.engine import make_url

        return make_url(text)
    except Exception:  # noqa: BLE001 - what is recorded of a cell never gets in its way
        return None


def private_folder(path: Path) -> Path:
    """A folder only its owner may enter, made when missing; refuses one that belongs to someone else."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.stat().st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to another user.")
    return path


def socket_path(cluster_id: str) -> Path:
    """The unix socket on which a cluster host listens; short, because the system allows about 100 letters."""
    return private_folder(Path(tempfile.gettempdir()) / f"perijove-{os.getuid()}") / f"{cluster_id}.sock"


def record_path(state: Path, cluster_id: str) -> Path:
    """The file that describes one cluster."""
    return state / "clusters" / f"{cluster_id}.json"


def keys_folder(state: Path, cluster_id: str) -> Path:
    """The folder of one cluster's keys, and of the note that says which kernel it serves."""
    return state / "clusters" / cluster_id


def log_path(state: Path, cluster_id: str) -> Path:
    """The log of one cluster."""
    return state / "logs" / f"cluster-{cluster_id}.log"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a private JSON file, whole or not at all."""
    write_private(path, json.dumps(value))


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; empty when the file is missing or not one."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def created(pid: int) -> float:
    """When a process started, 0.0 when there is none."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def alive(pid: int, since: float) -> bool:
    """Whether this very process still runs; a zombie does not."""
    if pid <= 0:
        return False
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - since) < 1.0
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def cluster_processes(cluster_id: str) -> list[psutil.Process]:
    """The processes of one cluster, host and workers, found by their environment; never a kernel."""
    found = []
    for process in psutil.process_iter():
        try:
            env = process.environ()
            if env.get(CLUSTER) == cluster_id and KERNEL not in env and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return [process for process in found if process.pid != os.getpid()]


def end_cluster(cluster_id: str, grace: float = 0.0) -> int:
    """End what is left of a cluster after ``grace`` seconds; tells how many processes had to be killed."""
    until = time.monotonic() + grace
    while (left := cluster_processes(cluster_id)) and time.monotonic() < until:
        time.sleep(0.1)
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=3)
    return len(left)


def forget_cluster(state: Path, cluster_id: str) -> None:
    """Remove a cluster's record, keys and socket; its log stays."""
    record_path(state, cluster_id).unlink(missing_ok=True)
    socket_path(cluster_id).unlink(missing_ok=True)
    folder = keys_folder(state, cluster_id)
    if folder.is_dir():
        for file in folder.iterdir():
            file.unlink(missing_ok=True)
        folder.rmdir()
