"""What uses a dataset: the cells that read or wrote it, their notebooks, and what was made of it further on."""

from __future__ import annotations

from datetime import datetime

from perijove.catalog.shapes import Use, Uses
from perijove.core.access import Person
from perijove.core.errors import NotFound
from perijove.core.lineage import Lineage
from perijove.core.model import Edge, Graph, Node
from perijove.core.ranges import within
from perijove.core.refs import Ref

HOPS = 6
KINDS = ("cell", "run", "model", "job", "jobrun")
SPOKEN = {"read": "reads it", "wrote": "writes it", "fed": "uses what was read from it"}


def uses(lineage: Lineage, ref: Ref, who: Person, limit: int = 100) -> Uses:
    """What uses a dataset: cells, notebooks, runs, models and jobs, the newest first."""
    within("limit", limit, 1, 1000)
    try:
        graph = lineage.around(ref, 1, HOPS, who=who)
    except NotFound:
        return Uses([], 0)
    found = _things(graph, str(ref))
    found += _notebooks(found)
    found.sort(key=lambda use: (use.at is not None, use.at), reverse=True)
    return Uses(found[:limit], len(found))


def _things(graph: Graph, start: str) -> list[Use]:
    into: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        into.setdefault(edge.target, []).append(edge)
        if edge.target == start:
            into.setdefault(edge.source, []).append(edge)
    return [_use(node, into[node.ref], start) for node in graph.nodes if node.kind in KINDS and node.ref in into]


def _use(node: Node, edges: list[Edge], start: str) -> Use:
    direct = [edge for edge in edges if start in (edge.source, edge.target)]
    kinds = sorted({edge.kind for edge in direct})
    how = " and ".join(SPOKEN.get(kind, kind) for kind in kinds) or "was made from it further on"
    return Use(node.ref, node.kind, node.name, node.detail, how, max(edge.at for edge in direct or edges))


def _notebooks(found: list[Use]) -> list[Use]:
    cells: dict[str, list[Use]] = {}
    for use in found:
        if use.kind == "cell":
            cells.setdefault(use.ref.partition(":")[2].rpartition("#")[0], []).append(use)
    return [
        Use(f"notebook:{path}", "notebook", path.rpartition("/")[2], path, _cells(inside), _newest(inside))
        for path, inside in cells.items()
    ]


def _cells(inside: list[Use]) -> str:
    return f"{len(inside)} cell{'s use' if len(inside) > 1 else ' uses'} it"


def _newest(inside: list[Use]) -> datetime | None:
    return max((use.at for use in inside if use.at is not None), default=None)
