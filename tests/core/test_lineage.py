"""The graph: what is around a ref, in both directions, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from perijove.core.errors import Invalid, NotFound
from perijove.core.lineage import Lineage
from perijove.core.model import Edge, Node
from perijove.core.refs import Ref

AT = datetime(2026, 11, 1, tzinfo=UTC)


def edge(source: str, target: str, kind: str = "fed") -> Edge:
    return Edge(source, target, kind, "observed", AT)


@pytest.fixture
def road(lineage: Lineage) -> Lineage:
    lineage.add_edges(
        [
            edge("dataset:a", "cell:n#1", "read"),
            edge("cell:n#1", "cell:n#2"),
            edge("cell:n#2", "run:r", "logged"),
            edge("run:r", "job:j", "reproduced"),
            edge("dataset:other", "cell:n#9", "read"),
        ]
    )
    lineage.add_nodes([Node("dataset:a", "dataset", "orders", "file:///a")])
    return lineage


def test_dataset_to_job_is_one_path(road: Lineage) -> None:
    graph = road.around(Ref.parse("dataset:a"), up=3, down=4)
    assert [node.ref for node in graph.nodes] == ["cell:n#1", "cell:n#2", "dataset:a", "job:j", "run:r"]
    assert [(one.source, one.kind, one.target) for one in graph.edges] == [
        ("cell:n#1", "fed", "cell:n#2"),
        ("cell:n#2", "logged", "run:r"),
        ("dataset:a", "read", "cell:n#1"),
        ("run:r", "reproduced", "job:j"),
    ]


def test_upwards_only_finds_origins(road: Lineage) -> None:
    graph = road.around(Ref.parse("run:r"), up=9, down=0)
    assert {node.ref for node in graph.nodes} == {"dataset:a", "cell:n#1", "cell:n#2", "run:r"}


def test_hops_are_counted(road: Lineage) -> None:
    assert {node.ref for node in road.around(Ref.parse("dataset:a"), 0, 1).nodes} == {"dataset:a", "cell:n#1"}


def test_names_given_once_stay_when_only_edges_come(road: Lineage) -> None:
    road.add_edges([edge("dataset:a", "cell:n#5", "read")])
    names = {node.ref: node.name for node in road.around(Ref.parse("dataset:a"), 0, 1).nodes}
    assert names["dataset:a"] == "orders"


def test_a_cycle_ends(lineage: Lineage) -> None:
    lineage.add_edges([edge("cell:n#1", "cell:n#2"), edge("cell:n#2", "cell:n#1")])
    assert len(lineage.around(Ref.parse("cell:n#1"), 20, 20).edges) == 2


def test_unknown_refs_and_too_many_hops_get_a_sentence(road: Lineage) -> None:
    with pytest.raises(NotFound, match="Nothing is known of run:nope"):
        road.around(Ref.parse("run:nope"))
    with pytest.raises(Invalid, match="Hops go from 0 to 20"):
        road.around(Ref.parse("dataset:a"), 21, 0)
    with pytest.raises(Invalid, match="is not a reference"):
        Ref.parse("whatever")
