"""Runs a notebook's cells in a kernel of its own, each under its cell id, as JupyterLab does."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from types import TracebackType
from typing import Any

from perijove.core.errors import Failed, NotFound
from perijove.core.project import Project


class NotebookRun:
    """A kernel for one notebook: started on entering, shut down with its cluster on leaving.

    ``path`` is the notebook's; the kernel starts in its folder, and what it records names the notebook.
    """

    def __init__(self, project: Project, path: Path, kernel_name: str = "") -> None:
        import nbformat

        self.project = project
        self.path = path
        self.kernel_id = str(uuid.uuid4())
        self.notebook: Any = nbformat.read(path, as_version=4)
        self.kernel_name = kernel_name or self.notebook.metadata.get("kernelspec", {}).get("name", "python3")
        self._manager: Any = None
        self._client: Any = None

    def __enter__(self) -> NotebookRun:
        from jupyter_client.kernelspec import NoSuchKernel
        from jupyter_client.manager import KernelManager
        from jupyter_core.paths import jupyter_runtime_dir

        runtime = Path(jupyter_runtime_dir())
        runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = runtime / f"kernel-{self.kernel_id}.json"
        self._manager = KernelManager(kernel_name=self.kernel_name, connection_file=str(connection))
        log = (self.project.state / "logs" / f"kernel-{self.kernel_id}.log").open("wb")
        names = {"PERIJOVE_HOME": str(self.project.state), "PERIJOVE_NOTEBOOK": self.project.relative(self.path)}
        try:
            self._manager.start_kernel(
                kernel_id=self.kernel_id,
                cwd=str(self.path.parent),
                env={**os.environ, **names},
                stdout=log,
                stderr=log,
            )
        except NoSuchKernel as error:
            raise NotFound(
                f"There is no kernel called {self.kernel_name}.", hint="See `jupyter kernelspec list`, or install it."
            ) from error
        finally:
            log.close()
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=60)
        except RuntimeError as error:
            self.close()
            raise Failed(
                f"The kernel {self.kernel_name} did not start: {error}.", hint="See the kernel's log."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def has_kernel(self) -> bool:
        """Whether the kernel was started and not shut down."""
        return self._manager is not None and bool(self._manager.has_kernel)

    def close(self) -> None:
        """Shut the kernel down, and with it what it started."""
        if self._client is not None:
            self._client.stop_channels()
            self._client = None
        if self.has_kernel:
            self._manager.shutdown_kernel()

    def code_cells(self) -> list[Any]:
        """The code cells, in order."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "code" and cell.source.strip()]

    def run(self, cell: Any, timeout: float = 600) -> None:
        """Run one cell and keep its outputs in it; raises Failed with the cell's error."""
        from nbformat.v4 import output_from_msg

        content = {"code": cell.source, "silent": False, "store_history": True, "user_expressions": {}}
        # One cell is sent at a time; with stop_on_error the kernel might still drop requests when the next comes.
        content |= {"allow_stdin": False, "stop_on_error": False}
        message = self._client.session.msg("execute_request", content, metadata={"cellId": cell.get("id", "")})
        self._client.shell_channel.send(message)
        cell.outputs = []
        until = time.monotonic() + timeout
        while (answer := self._answer(message["header"]["msg_id"], until)) is not None:
            kind, body = answer["msg_type"], answer["content"]
            if kind == "execute_input":
                cell.execution_count = body["execution_count"]
            elif kind in ("stream", "display_data", "execute_result", "error"):
                cell.outputs.append(output_from_msg(answer))
            if kind == "error":
                raise Failed(
                    f"Cell {cell.get('id', '')} failed: {body['ename']}: {body['evalue']}.",
                    hint="Mend it and run again.",
                )

    def _answer(self, asked: str, until: float) -> dict[str, Any] | None:
        """The next message of this request, None once the kernel is idle; raises Failed when it takes too long."""
        while True:
            if time.monotonic() > until:
                raise Failed("A cell took too long.", hint="Run the notebook in JupyterLab to see where it stands.")
            try:
                message: dict[str, Any] = self._client.get_iopub_msg(timeout=1)
            except Empty:
                if not self._manager.is_alive():
                    raise Failed("The kernel ended while a cell ran.", hint="It may have run out of memory.") from None
                continue
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return None
            return message

    def save(self, path: Path) -> None:
        """Write the notebook with its outputs."""
        import nbformat

        nbformat.write(self.notebook, path)
