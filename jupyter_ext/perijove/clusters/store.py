"""The records of clusters: one JSON file each in the state folder, written by the cluster's own host."""

from __future__ import annotations

import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from perijove.clusters.model import ClusterState
from perijove.core.errors import NotFound

_ID = re.compile(r"^[A-Za-z0-9-]{1,64}$")


class Record(msgspec.Struct, frozen=True, rename="camel"):
    """What a cluster's host has written down; ``created`` is the host's start time, so a reused pid is no match."""

    id: str
    name: str = ""
    profile: str = "local"
    state: ClusterState = "starting"
    pid: int = 0
    created: float = 0.0
    socket: str = ""
    address: str = ""
    wanted: int = 0
    kernel_id: str = ""
    kernel_pid: int = 0
    kernel_created: float = 0.0
    notebook: str = ""
    started_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    problem: str = ""
    log: str = ""


class Records:
    """Reads and removes the records of one project."""

    def __init__(self, state: Path) -> None:
        self.folder = state / "clusters"

    def all(self) -> list[Record]:
        """Every record, newest first; a file that is being removed or is no record is left out."""
        found = [record for path in self.folder.glob("*.json") if (record := self._read(path))]
        return sorted(found, key=lambda record: record.started_at, reverse=True)

    def get(self, cluster_id: str) -> Record:
        """One record, by its id or the beginning of one that is unique; raises NotFound."""
        if _ID.match(cluster_id):
            if record := self.find(cluster_id):
                return record
            near = [record for record in self.all() if record.id.startswith(cluster_id)]
            if len(near) == 1:
                return near[0]
        raise NotFound(f"There is no cluster “{cluster_id}”.", hint="`perijove cluster list` shows those there are.")

    def find(self, cluster_id: str) -> Record | None:
        """One record by its whole id, None when there is none."""
        return self._read(self.folder / f"{cluster_id}.json")

    def remove(self, record: Record) -> None:
        """Remove a record with its keys and socket; the log stays."""
        (self.folder / f"{record.id}.json").unlink(missing_ok=True)
        keys = self.folder / record.id
        if keys.is_dir():
            for file in keys.iterdir():
                file.unlink(missing_ok=True)
            keys.rmdir()
        sockets = Path(tempfile.gettempdir()) / f"perijove-{os.getuid()}"
        (sockets / f"{record.id}.sock").unlink(missing_ok=True)

    def leftover_keys(self) -> list[Path]:
        """Folders of keys whose record is gone."""
        folders = [path for path in self.folder.glob("*") if path.is_dir()]
        return [path for path in folders if not (self.folder / f"{path.name}.json").exists()]

    def _read(self, path: Path) -> Record | None:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Record)
        except (OSError, msgspec.MsgspecError):
            return None
