"""What a place must bring where clusters can run; installed under ``perijove.cluster_backends_v1``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Protocol


class ClusterBackend(Protocol):
    """One place where clusters can run, made with its settings: ``Backend(config)``."""

    label: ClassVar[str]
    Config: ClassVar[type[Any]]

    def start(self, state: Path, profile: str) -> str:
        """Begin to start a cluster and answer its id at once; called when a person asks for a cluster of its own.

        The cluster's record must be in the state folder when this returns; from then on its host keeps it up to date.
        Raises Failed with a sentence when nothing can be started.
        """
