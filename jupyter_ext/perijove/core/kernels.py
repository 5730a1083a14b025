"""Runs a little code in a live kernel, found by its id through Jupyter's own connection files."""

from __future__ import annotations

import re
import time
from pathlib import Path
from queue import Empty
from typing import Any

from perijove.core.errors import Busy, Failed, Invalid, NotFound


class Kernels:
    """Live kernels of this person on this machine."""

    def execute(self, kernel_id: str, code: str, timeout: float) -> str:
        """Run code without leaving a trace in the history; gives what it printed, raises Failed, Busy or NotFound."""
        from jupyter_client.blocking.client import BlockingKernelClient

        client = BlockingKernelClient()
        client.load_connection_file(str(self._connection_file(kernel_id)))
        client.start_channels()
        try:
            return self._execute(client, code, timeout)
        finally:
            client.stop_channels()

    def _connection_file(self, kernel_id: str) -> Path:
        from jupyter_core.paths import jupyter_runtime_dir

        if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", kernel_id):
            raise Invalid("That is not a kernel's id.", hint="See `jupyter server list` and its kernels.")
        path = Path(jupyter_runtime_dir()) / f"kernel-{kernel_id}.json"
        if not path.is_file():
            raise NotFound(f"No kernel {kernel_id} is running here.", hint="Start the notebook's kernel and run it.")
        return path

    def _execute(self, client: Any, code: str, timeout: float) -> str:
        until = time.monotonic() + timeout
        asked = client.execute(code, silent=False, store_history=False, allow_stdin=False)
        printed = []
        while True:
            try:
                message = client.get_iopub_msg(timeout=max(0.1, until - time.monotonic()))
            except Empty:
                raise Busy(
                    f"The kernel did not answer within {timeout:.0f} s.",
                    hint="Wait for its running cell, then try again.",
                ) from None
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream" and content["name"] == "stdout":
                printed.append(content["text"])
            elif kind == "error":
                raise Failed(f"The kernel said {content['ename']}: {content['evalue']}.", hint="See the kernel's log.")
            elif kind == "status" and content["execution_state"] == "idle":
                return "".join(printed)
