"""A kernel of the card has a cluster that belongs to nobody, survives what it should and leaves nothing behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from perijove_kernel import home, talk

pytestmark = pytest.mark.timeout(120)


def workers(kernel):
    return talk.ask(kernel.record["socket"], "GET", "/status")["workers"]


def test_the_client_is_connected_and_computes(kernel):
    assert kernel.run("client.submit(sum, [1, 2, 3]).result()") == "6"
    assert kernel.run("type(client).__name__, client.scheduler.address") == str(("Client", kernel.record["address"]))
    plain = "from dask.distributed import Client\nwith Client() as other:\n    print(other.scheduler.address)"
    assert kernel.run(plain).strip() == kernel.record["address"]


def test_a_cluster_of_ones_own_still_works_beside_it(kernel):
    code = """
    from dask.distributed import Client, LocalCluster
    with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as own:
        with Client(own, set_as_default=False) as mine:
            print(mine.submit(sum, [1, 2]).result(), client.submit(sum, [3]).result())
    """
    assert kernel.run(code).strip() == "3 3"


def test_the_wire_is_encrypted_and_the_keys_are_private(kernel):
    kernel.run("client")
    assert kernel.record["address"].startswith("tls://127.0.0.1:")
    keys = home.keys_folder(kernel.state, kernel.cluster_id)
    files = [home.record_path(kernel.state, kernel.cluster_id), *keys.iterdir()]
    assert {file.name for file in keys.iterdir()} == {"ca.pem", "cert.pem", "key.pem", "kernel.json"}
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    assert Path(kernel.record["socket"]).stat().st_mode & 0o077 == 0


def test_the_dashboard_listens_on_loopback_and_proxies_nothing(kernel):
    kernel.run("client")
    host = psutil.Process(kernel.record["pid"])
    listening = [one.laddr.ip for one in host.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    assert listening and set(listening) == {"127.0.0.1"}
    assert "proxy" not in kernel.run(
        "client.run_on_scheduler(lambda: str(__import__('dask').config.get('distributed.scheduler.http.routes')))"
    )


def test_host_and_workers_are_children_of_neither_kernel_nor_server(kernel, until):
    kernel.run("client")
    kernel_pid = kernel.manager.provisioner.pid
    until(lambda: len(workers(kernel)) == 2)
    families = {one.pid for one in psutil.Process(kernel_pid).children(recursive=True)}
    families |= {one.pid for one in psutil.Process().children(recursive=True)}
    mine = home.cluster_processes(kernel.cluster_id)
    assert len(mine) >= 3
    assert not families & {one.pid for one in mine}
    assert kernel_pid not in {one.pid for one in mine}
    assert {os.getpgid(one.pid) for one in mine}.isdisjoint({os.getpgid(kernel_pid), os.getpgid(0)})


def test_an_interrupt_stops_the_cell_and_no_worker(kernel, until):
    until(lambda: len(workers(kernel)) == 2)
    before = {one.pid for one in home.cluster_processes(kernel.cluster_id)}
    kernel.run("kept = client.scatter([1, 2, 3])")
    sent = kernel.send("print('begun', flush=True)\nimport time; time.sleep(60)")
    until(lambda: kernel.client.get_iopub_msg(timeout=10)["content"].get("text") == "begun\n")
    kernel.manager.interrupt_kernel()
    with pytest.raises(AssertionError, match="KeyboardInterrupt"):
        kernel.wait(sent)
    assert {one.pid for one in home.cluster_processes(kernel.cluster_id)} == before
    assert kernel.run("client.gather(kept)") == "[1, 2, 3]"


def test_scaling_up_and_down(kernel, until):
    kernel.run("client")
    socket = kernel.record["socket"]
    for count in (1, 2):
        talk.ask(socket, "POST", "/scale", {"workers": count})
        until(lambda count=count: len(workers(kernel)) == count)
        assert kernel.record["wanted"] == count
    with pytest.raises(OSError, match="whole number from 0"):
        talk.ask(socket, "POST", "/scale", {"workers": -1})


def test_a_restart_keeps_the_cluster_and_closing_leaves_no_process(own_kernel, until):
    own_kernel.run("client.publish_dataset(answer=42)")
    cluster_id, first = own_kernel.cluster_id, own_kernel.manager.provisioner.pid
    own_kernel.manager.restart_kernel()
    own_kernel.client.wait_for_ready(timeout=60)
    assert (own_kernel.cluster_id, own_kernel.manager.provisioner.pid != first) == (cluster_id, True)
    assert own_kernel.run("client.get_dataset('answer')") == "42"
    until(lambda: own_kernel.record["kernelPid"] == own_kernel.manager.provisioner.pid)
    record = own_kernel.record
    own_kernel.close()
    assert home.cluster_processes(cluster_id) == []
    until(lambda: not home.alive(record["pid"], record["created"]), 2)
    assert not Path(record["socket"]).exists()
    assert list((own_kernel.state / "clusters").iterdir()) == []


def test_a_killed_kernel_takes_its_cluster_along(own_kernel, until):
    own_kernel.run("client")
    cluster_id, provisioner = own_kernel.cluster_id, own_kernel.manager.provisioner
    until(lambda: own_kernel.record["kernelPid"] == provisioner.pid)
    os.kill(provisioner.pid, signal.SIGKILL)
    until(lambda: not home.cluster_processes(cluster_id), 25)
    assert list((own_kernel.state / "clusters").iterdir()) == []


def test_a_cluster_that_cannot_start_says_why_in_the_kernel(environment, make_kernel):
    (environment / "distributed.py").write_text("raise ModuleNotFoundError('there is none', name='distributed')\n")
    kernel = make_kernel(environment)
    with pytest.raises(AssertionError, match="ClusterNotReady: .* has no distributed; install perijove-kernel"):
        kernel.run("client.submit(sum, [1])")
    assert kernel.run("1 + 1") == "2"
