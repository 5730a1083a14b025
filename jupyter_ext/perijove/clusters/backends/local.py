"""Clusters on this machine, in a process of their own beside the kernels."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec

from perijove.core.errors import Failed


class LocalConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How large a local cluster is."""

    workers: Annotated[int, msgspec.Meta(ge=0, le=256, title="Workers", description="How many worker processes.")] = 2
    memory: Annotated[
        str,
        msgspec.Meta(
            title="Memory of a worker",
            description="For instance 2GiB; empty for an even share of the machine.",
            pattern=r"^(\d+(\.\d+)?\s*([kKMGT]i?)?B)?$",
        ),
    ] = ""
    python: Annotated[
        str, msgspec.Meta(title="Python", description="The interpreter that has Dask; empty for the server's own.")
    ] = ""


class LocalBackend:
    """Starts a cluster host of the kernel package; it outlives the server and belongs to nobody."""

    label: ClassVar[str] = "This machine"
    Config: ClassVar[type[LocalConfig]] = LocalConfig

    def __init__(self, config: LocalConfig) -> None:
        self.config = config

    def start(self, state: Path, profile: str) -> str:
        """Begin to start a cluster and answer its id at once."""
        cluster_id = uuid.uuid4().hex[:12]
        python = self.config.python or sys.executable
        argv = [python, "-m", "perijove_kernel.launch", "--id", cluster_id, "--home", str(state), "--profile", profile]
        argv += ["--workers", str(self.config.workers)]
        argv += ["--memory", re.sub(r"\s", "", self.config.memory)] if self.config.memory else []
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, env=dict(os.environ))
        except (OSError, subprocess.SubprocessError) as error:
            raise Failed(
                f"{python} could not be started: {error}.", hint="Name an interpreter that has perijove-kernel."
            ) from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
            raise Failed(
                f"The cluster could not be started: {last}", hint=f"Install perijove-kernel[dask] for {python}."
            )
        return cluster_id
