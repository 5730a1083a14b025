"""A kernel provisioner that gives each kernel a Dask cluster of its own.

The kernel stays a local process; beside it a cluster host is started which is a child of neither the server nor the
kernel, so an interrupt or a restart of the kernel leaves the workers alone. Closing the kernel closes the cluster.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Int, Unicode

from perijove_kernel import home, launch, talk


class ClusterProvisioner(LocalProvisioner):
    """Starts a local kernel and, at the same time, the cluster it works with."""

    profile = Unicode("local", help="The name of the cluster backend to start.").tag(config=True)
    workers = Int(2, help="How many workers a new cluster has; 0 starts a scheduler that can be scaled later.").tag(
        config=True
    )
    cluster_id: str = ""
    state: Path | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Start the cluster (unless a restart finds it alive) and tell the kernel where its record is."""
        kwargs = await super().pre_launch(**kwargs)
        env = kwargs["env"]
        state = home.find_state(Path(kwargs.get("cwd") or Path.cwd()), env)
        self.state = state
        folder = Path(kwargs.get("cwd") or Path.cwd())
        try:
            await asyncio.to_thread(self._ensure_cluster, state, str(kwargs["cmd"][0]), env, folder)
        except OSError as error:
            reason = error.strerror or error
            raise RuntimeError(
                f"The cluster's record cannot be written to {state}: {reason}. Start where you may write."
            ) from error
        env["PERIJOVE_HOME"] = str(state)
        env[home.CLUSTER] = self.cluster_id
        env[home.KERNEL] = str(self.kernel_id)
        return kwargs

    def _ensure_cluster(self, state: Path, python: str, env: dict[str, str], folder: Path) -> None:
        record = home.read_json(home.record_path(state, self.cluster_id)) if self.cluster_id else {}
        started = record.get("state") in ("starting", "running")
        if started and (record["pid"] == 0 or home.alive(int(record["pid"]), float(record["created"]))):
            return
        self._close_cluster()
        self.cluster_id = launch.new_id()
        launch.start_host(
            python,
            state,
            self.cluster_id,
            workers=self.workers,
            profile=self.profile,
            kernel_id=str(self.kernel_id),
            notebook=home.relative(env.get("PERIJOVE_NOTEBOOK") or env.get("JPY_SESSION_NAME") or "", state),
            env=env,
            folder=folder,
        )

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel and tell the cluster host whom to watch."""
        connection = await super().launch_kernel(cmd, **kwargs)
        if self.state and self.pid:
            note = {"kernelId": str(self.kernel_id), "kernelPid": self.pid, "kernelCreated": home.created(self.pid)}
            home.write_json(home.keys_folder(self.state, self.cluster_id) / "kernel.json", note)
        return connection

    async def cleanup(self, restart: bool = False) -> None:
        """Close the cluster when the kernel is closed for good; a restart keeps it."""
        if not restart and self.cluster_id:
            await asyncio.to_thread(self._close_cluster)
        await super().cleanup(restart)

    def _close_cluster(self) -> None:
        """Ask the host to close, kill what has not gone after a while, and remove its record."""
        if not self.cluster_id or self.state is None:
            return
        grace = 5.0
        try:
            talk.ask(str(home.socket_path(self.cluster_id)), "POST", "/close")
        except OSError:
            grace = 0.0
        home.end_cluster(self.cluster_id, grace)
        home.forget_cluster(self.state, self.cluster_id)
        self.cluster_id = ""

    async def get_provisioner_info(self) -> dict[str, Any]:
        """What another server needs to find this kernel's cluster."""
        info: dict[str, Any] = await super().get_provisioner_info()
        return {**info, "cluster_id": self.cluster_id, "state": str(self.state or "")}

    async def load_provisioner_info(self, provisioner_info: dict[str, Any]) -> None:
        """Take over a kernel and its cluster from another server."""
        await super().load_provisioner_info(provisioner_info)
        self.cluster_id = provisioner_info.get("cluster_id", "")
        self.state = Path(provisioner_info["state"]) if provisioner_info.get("state") else None
