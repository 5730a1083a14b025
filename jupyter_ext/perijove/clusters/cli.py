"""``perijove cluster``: Dask clusters from the terminal."""

from __future__ import annotations

from typing import cast

import click

from perijove.clusters.model import Cluster, NewCluster
from perijove.clusters.service import Clusters
from perijove.core.model import Done
from perijove.core.terminal import json_option, me, service, show, table


def _clusters() -> Clusters:
    return cast(Clusters, service("clusters"))


@click.group("cluster")
def cluster() -> None:
    """Dask clusters: start, see, scale and stop them.

    \b
    Example:
      perijove cluster start --workers 2 --wait
    """


@cluster.command("backends")
@json_option
def list_backends(as_json: bool) -> None:
    """List the places where clusters can run.

    \b
    Example:
      perijove cluster backends
    """
    parts = _clusters().backends()
    rows = [(part.name, part.label, part.package, part.problem) for part in parts]
    show(parts, as_json, lambda: table(["Name", "Place", "Package", "Problem"], rows))


@cluster.command("start")
@click.option("--profile", default="local", show_default=True, help="Where it runs; see `perijove cluster backends`.")
@click.option("--workers", type=int, default=None, help="How many workers; the profile's default when left out.")
@click.option("--wait", is_flag=True, help="Wait until all workers are there.")
@json_option
def start_cluster(profile: str, workers: int | None, wait: bool, as_json: bool) -> None:
    """Start a cluster of its own, without a kernel; it ends after twenty minutes without a client.

    \b
    Example:
      perijove cluster start --workers 2 --wait
    """
    clusters = _clusters()
    started = clusters.start(NewCluster(profile, workers), me())
    if wait:
        started = clusters.waiting(started.id)
    show(started, as_json, lambda: _print([started]))


@cluster.command("list")
@json_option
def list_clusters(as_json: bool) -> None:
    """List the clusters of this project, newest first.

    \b
    Example:
      perijove cluster list --json
    """
    found = _clusters().all()
    show(found, as_json, lambda: _print(found))


@cluster.command("scale")
@click.argument("id")
@click.argument("workers", type=int)
@json_option
def scale_cluster(id: str, workers: int, as_json: bool) -> None:
    """Ask for another number of workers.

    \b
    Example:
      perijove cluster scale 3f2a 4
    """
    scaled = _clusters().scale(id, workers, me())
    show(scaled, as_json, lambda: click.echo(f"{scaled.name} ({scaled.id}) is getting {scaled.wanted} workers."))


@cluster.command("logs")
@click.argument("id")
@click.option("--lines", type=click.IntRange(1), default=200, show_default=True, help="How many lines from the end.")
@json_option
def read_logs(id: str, lines: int, as_json: bool) -> None:
    """Print what a cluster's host has written.

    \b
    Example:
      perijove cluster logs 3f2a --lines 50
    """
    found = _clusters().logs(id, lines)
    show({"lines": found}, as_json, lambda: click.echo("\n".join(found)))


@cluster.command("stop")
@click.argument("id")
@json_option
def stop_cluster(id: str, as_json: bool) -> None:
    """Stop a cluster; a kernel that uses it goes on without it.

    \b
    Example:
      perijove cluster stop 3f2a
    """
    _clusters().stop(id, me())
    show(Done(), as_json, lambda: click.echo(f"The cluster {id} is stopped."))


def _print(clusters: list[Cluster]) -> None:
    if not clusters:
        click.echo("There is no cluster. Start one with `perijove cluster start`, or open a “Dask (local)” notebook.")
        return
    rows = [
        (one.id, one.name, one.profile, one.state, f"{one.workers}/{one.wanted}", _mib(one.memory_used))
        for one in clusters
    ]
    table(["Id", "Name", "Profile", "State", "Workers", "Memory"], rows, numbers=[4, 5])
    for one in clusters:
        if one.problem:
            click.echo(f"{one.id}: {one.problem}")


def _mib(count: int) -> str:
    return f"{count / 2**20:.0f} MiB" if count else ""
