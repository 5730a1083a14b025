"""Clusters over HTTP."""

from __future__ import annotations

from perijove.clusters.model import Cluster, NewCluster, Scale
from perijove.clusters.service import Clusters
from perijove.core.access import Person
from perijove.core.model import Done
from perijove.core.plugins import Part
from perijove.core.routing import Router

router = Router("clusters")


@router.get("", may="clusters.read")
def list_clusters(clusters: Clusters) -> list[Cluster]:
    """The clusters of this project, newest first."""
    return clusters.all()


@router.get("/backends", may="clusters.read")
def list_backends(clusters: Clusters) -> list[Part]:
    """The places where clusters can run."""
    return clusters.backends()


@router.post("", may="clusters.write")
def start_cluster(clusters: Clusters, body: NewCluster, who: Person) -> Cluster:
    """Start a cluster of its own, without a kernel."""
    return clusters.start(body, who)


@router.post("/{id}/scale", may="clusters.write")
def scale_cluster(clusters: Clusters, id: str, body: Scale, who: Person) -> Cluster:
    """Ask for another number of workers."""
    return clusters.scale(id, body.workers, who)


@router.delete("/{id}", may="clusters.write")
def stop_cluster(clusters: Clusters, id: str, who: Person) -> Done:
    """Stop a cluster; its kernel goes on without it."""
    clusters.stop(id, who)
    return Done()
