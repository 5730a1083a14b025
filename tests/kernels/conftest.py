"""A real kernel of the “Dask (local)” card, and ways to look at what it leaves behind."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client import KernelManager

from perijove_kernel import home

SPEC = Path(__file__).parents[2] / "kernels" / "specs" / "perijove-dask"


def eventually(check: Callable[[], Any], seconds: float = 20.0, what: str = "") -> Any:
    """Ask until the answer is true; fail with the last answer when time is up."""
    until = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < until, f"{what or check} was still {answer!r} after {seconds} s"
        time.sleep(0.05)
    return answer


class RealKernel:
    """One kernel with its cluster, driven as JupyterLab drives it."""

    def __init__(self, project: Path) -> None:
        self.state = project / ".perijove"
        self.manager = KernelManager(kernel_name="perijove-dask")
        self.manager.start_kernel(cwd=str(project))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    @property
    def cluster_id(self) -> str:
        return self.manager.provisioner.cluster_id

    @property
    def record(self) -> dict[str, Any]:
        return home.read_json(home.record_path(self.state, self.cluster_id))

    def send(self, code: str, cell: str = "") -> str:
        """Start a cell as Lab does, with its id in the metadata; answers the message's id.

        Unlike Lab without ``stop_on_error``: cells are sent one at a time, and a kernel told to stop drops what it
        is asked until it has turned its loop once more after the failed cell's reply.
        """
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def wait(self, sent: str, seconds: float = 90) -> str:
        """What a cell printed and answered; raises AssertionError with its traceback when it failed."""
        until, said, error = time.monotonic() + seconds, [], ""
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, until - time.monotonic()))
            if message["parent_header"].get("msg_id") != sent:
                continue
            content = message["content"]
            if message["msg_type"] == "stream" and content["name"] == "stdout":
                said.append(content["text"])
            elif message["msg_type"] == "execute_result":
                said.append(content["data"]["text/plain"])
            elif message["msg_type"] == "error":
                error = f"{content['ename']}: {content['evalue']}\n" + "\n".join(content["traceback"])
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                if error:
                    raise AssertionError(error)
                return "".join(said)

    def run(self, code: str, cell: str = "") -> str:
        """Run a cell to its end."""
        return self.wait(self.send(code, cell))

    def close(self) -> None:
        """Shut the kernel down as its user would."""
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=False)

    def spooled(self, kind: str, **wanted: Any) -> list[dict[str, Any]]:
        """The lines of one type in the spool, oldest first, with these values."""
        return [line for line in spooled(self.state, kind) if wanted.items() <= line.items()]


def spooled(state: Path, kind: str) -> list[dict[str, Any]]:
    """The lines of one type in a spool, oldest first."""
    texts = [path.read_text() for path in (state / "spool").glob("*.jsonl")]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    return sorted((line for line in lines if line["type"] == kind), key=lambda line: line["at"])


def _environment(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    project = folder / "project"
    (project / ".perijove").mkdir(parents=True)
    shutil.copytree(SPEC, folder / "jupyter" / "kernels" / "perijove-dask")
    patch.setenv("JUPYTER_PATH", str(folder / "jupyter"))
    patch.setenv("PERIJOVE_HOME", str(project / ".perijove"))
    patch.setenv("PERIJOVE_NOTEBOOK", "road.ipynb")
    for name in ("MLFLOW_TRACKING_URI", "PERIJOVE_CLUSTER_ID", "PERIJOVE_KERNEL_ID", "JPY_SESSION_NAME"):
        patch.delenv(name, raising=False)
    return project


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKernel]:
    """One kernel for the tests of a module that do not hurt it."""
    with pytest.MonkeyPatch.context() as patch:
        started = RealKernel(_environment(tmp_path_factory.mktemp("shared"), patch))
        cluster_id = started.cluster_id
        try:
            yield started
        finally:
            started.close()
            home.end_cluster(cluster_id)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh project in which the card is installed."""
    return _environment(tmp_path, monkeypatch)


@pytest.fixture
def own_kernel(environment: Path) -> Iterator[RealKernel]:
    """A kernel that the test may kill."""
    started = RealKernel(environment)
    cluster_id = started.cluster_id
    try:
        yield started
    finally:
        started.close()
        home.end_cluster(cluster_id)


@pytest.fixture
def until() -> Callable[..., Any]:
    """``until(check, seconds)``: ask until the answer is true."""
    return eventually


@pytest.fixture
def make_kernel() -> Iterator[Callable[[Path], RealKernel]]:
    """Start a kernel in a project the test has prepared."""
    made: list[RealKernel] = []

    def make(project: Path) -> RealKernel:
        made.append(RealKernel(project))
        return made[-1]

    yield make
    for kernel in made:
        kernel.close()
