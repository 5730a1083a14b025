"""A Ref names anything in Perijove: a dataset, a cell, a run, a job.

Written ``kind:id``, for instance ``dataset:file:///data/orders.parquet`` or ``cell:road.ipynb#train``.
The kind never holds a colon, so the first colon parts the two.
"""

from __future__ import annotations

import msgspec

from perijove.core.errors import Invalid

KINDS: dict[str, str] = {
    "source": "A place that holds datasets, by its name in the catalog.",
    "dataset": "A table or file, by its URI.",
    "notebook": "A notebook, by its path relative to the project.",
    "cell": "A cell, as <notebook>#<cell id>.",
    "run": "An experiment run, by MLflow's run id.",
    "model": "A registered model version, as <name>/<version>.",
    "job": "An exported job, by its name.",
    "jobrun": "One run of a job, by its id.",
    "cluster": "A cluster, by its id.",
    "kernel": "A kernel, by its id.",
    "task": "A long-running task, by its id.",
    "user": "A person, by login name.",
}


class Ref(msgspec.Struct, frozen=True, order=True):
    """The name of one thing: its kind (one of ``KINDS``) and an id that is unique within the kind."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Read ``kind:id``; raises Invalid with the known kinds when it is not one."""
        kind, colon, rest = text.partition(":")
        if not colon or kind not in KINDS or not rest:
            raise Invalid(
                f"“{text}” is not a reference.",
                hint=f"Write kind:id, where kind is one of {', '.join(KINDS)}.",
            )
        return cls(kind, rest)
