"""Clears away what clusters left whose host or kernel was killed: workers, sockets, keys and records."""

from __future__ import annotations

import time
from pathlib import Path

from perijove.clusters import hosts
from perijove.clusters.store import Record, Records

RESTART = 3.0


def clean(state: Path) -> list[str]:
    """Remove what clusters left whose host or kernel is gone, or whose start failed; says what was removed."""
    records = Records(state)
    said = []
    gone = [record for record in records.all() if record.state == "failed" or not hosts.alive(record)]
    for record in [*gone, *_without_kernel(records)]:
        ended = hosts.end(record.id)
        records.remove(record)
        what = f" and ended {ended} processes" if ended else ""
        said.append(f"Removed the cluster {record.name} ({record.id}){what}: {_why(record)}.")
    for folder in records.leftover_keys():
        hosts.end(folder.name)
        records.remove(Record(folder.name))
        said.append(f"Removed the keys of the cluster {folder.name}, which has no record.")
    return said


def _why(record: Record) -> str:
    if record.state == "failed":
        return "it failed"
    return "its kernel is gone" if hosts.kernel_gone(record) else "its host is gone"


def _without_kernel(records: Records) -> list[Record]:
    """Clusters whose kernel is gone and stays gone; a kernel that restarts has a few seconds to come back."""
    until = time.monotonic() + RESTART
    while True:
        lost = [record for record in records.all() if hosts.alive(record) and hosts.kernel_gone(record)]
        if not lost or time.monotonic() > until:
            return lost
        time.sleep(0.1)
