"""Clusters of one's own: started, seen, scaled, stopped, and cleared away after a crash."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import psutil
import pytest

from perijove.clusters import hosts
from perijove.clusters.model import NewCluster
from perijove.core.errors import Busy, Failed, Invalid, NotFound

pytestmark = pytest.mark.timeout(120)


def eventually(check, seconds=20):
    until = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < until, f"still {answer!r} after {seconds} s"
        time.sleep(0.05)
    return answer


def test_a_cluster_from_start_to_stop(clusters, who, events):
    happened = []
    events.listen(happened.append)
    started = clusters.start(NewCluster(workers=1), who)
    assert (started.state, started.wanted, started.kernel_id) == ("starting", 1, "")
    running = clusters.waiting(started.id)
    assert running.address.startswith("tls://127.0.0.1:")
    assert [worker.threads > 0 and worker.memory_limit > 0 for worker in running.details] == [True]
    assert set(running.tasks) == {"processing", "waiting", "queued", "memory", "erred"}
    assert clusters.scale(running.id[:6], 2, who).wanted == 2
    eventually(lambda: clusters.get(running.id).workers == 2)
    assert "The cluster runs at tls://" in clusters.logs(running.id)[0]
    clusters.stop(running.id, who)
    assert clusters.all() == [] and hosts.processes(running.id) == []
    assert list(clusters.records.folder.iterdir()) == []
    assert [one.what for one in happened] == [f"clusters.cluster.{verb}" for verb in ("started", "scaled", "stopped")]
    assert happened[1].old == {"workers": 1} and happened[1].new == {"workers": 2}


def test_a_killed_host_is_lost_and_cleared_away(clusters, who):
    cluster = clusters.waiting(clusters.start(NewCluster(workers=1), who).id)
    psutil.Process(clusters.records.get(cluster.id).pid).kill()
    lost = eventually(lambda: [one for one in clusters.all() if one.state == "lost"])[0]
    assert lost.problem.startswith("Its host is gone.")
    with pytest.raises(Busy, match="is lost, so it cannot be scaled"):
        clusters.scale(cluster.id, 2, who)
    (said,) = clusters.clean()
    assert said.startswith(f"Removed the cluster {cluster.name} ({cluster.id})")
    assert clusters.all() == [] and hosts.processes(cluster.id) == [] and clusters.clean() == []


def test_workers_whose_host_was_killed_are_found(clusters, who):
    """A worker that does not notice by itself, here a sleeping process with the cluster's mark, is ended too."""
    marked = {**os.environ, "PERIJOVE_CLUSTER_ID": "feedbeef0001"}
    marked.pop("PERIJOVE_KERNEL_ID", None)
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], env=marked)
    kernel = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], env={**marked, "PERIJOVE_KERNEL_ID": "k"}
    )
    record = {"id": "feedbeef0001", "name": "old", "state": "running", "pid": 2**22 - 3, "created": 1.0}
    (clusters.records.folder / "feedbeef0001.json").write_bytes(msgspec.json.encode(record))
    (clusters.records.folder / "feedbeef0001").mkdir()
    try:
        (said,) = clusters.clean()
        assert "ended 1 processes" in said
        worker.wait(timeout=5)
        assert kernel.poll() is None
        assert list(clusters.records.folder.iterdir()) == []
    finally:
        worker.kill()
        kernel.kill()


def test_a_cluster_whose_kernel_is_gone_is_cleared_away(clusters, who):
    cluster = clusters.waiting(clusters.start(NewCluster(workers=0), who).id)
    path = clusters.records.folder / f"{cluster.id}.json"
    record = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode({**record, "kernelPid": 2**22 - 3, "kernelCreated": 1.0}))
    (said,) = clusters.clean()
    assert said.endswith("its kernel is gone.") and hosts.processes(cluster.id) == []


def test_a_start_that_fails_says_why_and_is_cleared_away(clusters, who, tmp_path, monkeypatch):
    (tmp_path / "distributed.py").write_text("raise ModuleNotFoundError('there is none', name='distributed')\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    cluster = clusters.start(NewCluster(workers=1), who)
    with pytest.raises(Failed, match="has no distributed; install perijove-kernel"):
        clusters.waiting(cluster.id, 30)
    assert clusters.get(cluster.id).state == "failed"
    (said,) = clusters.clean()
    assert cluster.id in said and clusters.all() == []


@pytest.mark.parametrize("wrong", ["nope", "../../etc/passwd", "", "x" * 300, "a b"])
def test_an_unknown_cluster_is_a_sentence(clusters, who, wrong):
    for call in (lambda: clusters.get(wrong), lambda: clusters.scale(wrong, 1, who), lambda: clusters.stop(wrong, who)):
        with pytest.raises(NotFound, match="There is no cluster"):
            call()


def test_wrong_numbers_and_profiles_are_sentences(clusters, who):
    with pytest.raises(Invalid, match="-1 is no number of workers"):
        clusters.scale("any", -1, who)
    with pytest.raises(Invalid, match="-2 is no number of workers"):
        clusters.start(NewCluster(workers=-2), who)
    with pytest.raises(NotFound, match="called “moon”"):
        clusters.start(NewCluster(profile="moon"), who)
    with pytest.raises(Failed, match="could not be started"):
        clusters.parts.make("local", {"python": "/nowhere/python"}).start(clusters.project.state, "local")


def test_torn_records_are_left_out(clusters):
    (clusters.records.folder / "torn.json").write_text('{"id": "to')
    (clusters.records.folder / "list.json").write_text("[]")
    assert clusters.all() == []


def test_the_local_backend_is_installed_with_its_form(clusters):
    (local,) = [part for part in clusters.backends() if part.name == "local"]
    assert (local.label, local.problem) == ("This machine", "")
    assert "workers" in str(local.form) and Path(local.package).name == "perijove"
