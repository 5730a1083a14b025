"""Where the job computes: on the cluster that DASK_SCHEDULER_ADDRESS names, else on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cluster(workers: int = 0) -> Iterator[None]:
    """Connect to the cluster that is named; else make one of so many workers for a plain Client(), or none."""
    if os.environ.get("DASK_SCHEDULER_ADDRESS"):
        from distributed import Client

        with Client(os.environ["DASK_SCHEDULER_ADDRESS"]):
            yield
        return
    if not workers:
        yield
        return
    import dask
    from dask.system import CPU_COUNT
    from distributed import LocalCluster
    from distributed.client import default_client

    threads = max(1, CPU_COUNT // workers)
    with (
        LocalCluster(n_workers=workers, threads_per_worker=threads, dashboard_address="127.0.0.1:0") as local,
        dask.config.set({"scheduler-address": local.scheduler_address}),
    ):
        yield
        try:
            default_client().close()
        except ValueError:
            pass  # the job has closed its client by itself
