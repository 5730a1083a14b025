"""Keeps which jobs there are and how their last verification went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import JSON, Column, DateTime, Row, String, Table, Text, delete, insert, select, update

from perijove.core.database import Database
from perijove.core.lineage import aware
from perijove.core.tables import metadata
from perijove.jobs.model import Approval, Job, JobState, Verification

jobs = Table(
    "jobs_jobs",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("path", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("notebook", Text, nullable=False),
    Column("cells", JSON, nullable=False),
    Column("files", JSON, nullable=False),
    Column("run", String(80), nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("exported_at", DateTime(timezone=True), nullable=False),
    Column("verification", JSON),
    Column("owner", String(200), nullable=False, server_default=""),
    Column("approval", JSON),
)


class JobStore:
    """The table of jobs."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def all(self) -> list[Job]:
        """All jobs, newest first."""
        with self.database.begin() as connection:
            rows = connection.execute(select(jobs).order_by(jobs.c.exported_at.desc())).all()
        return [_job(row) for row in rows]

    def get(self, name: str) -> Job | None:
        """One job, or None."""
        with self.database.begin() as connection:
            row = connection.execute(select(jobs).where(jobs.c.name == name)).first()
        return _job(row) if row is not None else None

    def put(self, job: Job) -> None:
        """Add a job, in place of the one that had its name."""
        given = msgspec.structs.asdict(job)
        values = {column.name: given[column.name] for column in jobs.c}  # the rest is found out when it is looked at
        for name in ("verification", "approval"):
            values[name] = msgspec.to_builtins(given[name]) if given[name] else None
        with self.database.begin() as connection:
            connection.execute(delete(jobs).where(jobs.c.name == job.name))
            connection.execute(insert(jobs).values(**values))

    def set_state(self, name: str, state: JobState, verification: Verification | None = None) -> None:
        """Change a job's state, and its verification where there is a new one."""
        values: dict[str, Any] = {"state": state}
        if verification is not None:
            values["verification"] = msgspec.to_builtins(verification)
        with self.database.begin() as connection:
            connection.execute(update(jobs).where(jobs.c.name == name).values(**values))

    def set_path(self, name: str, path: str) -> None:
        """Say which folder a job lies in now."""
        with self.database.begin() as connection:
            connection.execute(update(jobs).where(jobs.c.name == name).values(path=path))

    def set_owner(self, name: str, owner: str) -> None:
        """Say who answers for a job."""
        with self.database.begin() as connection:
            connection.execute(update(jobs).where(jobs.c.name == name).values(owner=owner))

    def set_approval(self, name: str, approval: Approval | None) -> None:
        """Keep the approval of a job, or forget it."""
        value = msgspec.to_builtins(approval) if approval is not None else None
        with self.database.begin() as connection:
            connection.execute(update(jobs).where(jobs.c.name == name).values(approval=value))


def _job(row: Row[Any]) -> Job:
    verification = msgspec.convert(row.verification, Verification) if row.verification else None
    when: datetime = aware(row.exported_at)
    return Job(
        name=row.name,
        path=row.path,
        state=row.state,
        notebook=row.notebook,
        cells=list(row.cells),
        files=list(row.files),
        run=row.run,
        warnings=list(row.warnings),
        exported_at=when,
        verification=verification,
        owner=row.owner,
        approval=msgspec.convert(row.approval, Approval) if row.approval else None,
    )
