"""The graph is never walked along a path on which no data went: lines of a kernel's spool in, whole answers out."""

from __future__ import annotations

import pytest
from tests.core.kernel import A, B, C, D, Kernel, data, short

from perijove.core.database import Database
from perijove.core.impact import impact
from perijove.core.lineage import Lineage
from perijove.core.model import Graph, Node
from perijove.core.project import Project
from perijove.core.refs import Ref


@pytest.fixture
def kernel(project: Project, database: Database, lineage: Lineage) -> Kernel:
    return Kernel(project, database, lineage)


def refs(graph: Graph) -> set[str]:
    return {short(node.ref) for node in graph.nodes}


def edges(graph: Graph) -> set[tuple[str, str, str]]:
    return {(short(edge.source), edge.kind, short(edge.target)) for edge in graph.edges}


@pytest.fixture
def crossing(kernel: Kernel) -> Kernel:
    """One cell reads A and B, and writes C from A and D from B."""
    for uri in (A, B):
        kernel.line("read", "x", uri=uri)
    for uri in (C, D):
        kernel.line("write", "x", uri=uri)
    kernel.flow("x", C, A)
    kernel.flow("x", D, B)
    kernel.cell("x")
    return kernel


def test_two_flows_that_cross_in_a_cell_stay_two(crossing: Kernel) -> None:
    assert edges(crossing.around(data("c"))) == {("a", "read", "x"), ("x", "wrote", "c")}
    assert edges(crossing.around(data("d"))) == {("b", "read", "x"), ("x", "wrote", "d")}
    assert edges(crossing.around(data("a"))) == {("a", "read", "x"), ("x", "wrote", "c")}
    assert edges(crossing.around(data("b"))) == {("b", "read", "x"), ("x", "wrote", "d")}
    assert refs(crossing.around("cell:n.ipynb#x")) == {"a", "b", "c", "d", "x"}


def test_datasets_alone_are_joined_only_along_flows(crossing: Kernel) -> None:
    graph = crossing.around("cell:n.ipynb#x", kinds=["dataset"])
    assert ("a", "through", "d") not in edges(graph)
    assert edges(crossing.around(data("c"), kinds=["dataset"])) == {("a", "through", "c")}


def test_cells_on_the_way_are_shown_and_others_are_not(kernel: Kernel) -> None:
    kernel.line("read", "load", uri=A)
    kernel.line("read", "load", uri=B)
    kernel.cell("load")
    kernel.cell("clean", "load")
    kernel.cell("settings")
    kernel.line("write", "save", uri=C)
    kernel.flow("save", C, A)
    kernel.cell("save", "clean", "settings")
    kernel.line("write", "other", uri=D)
    kernel.flow("other", D, B)
    kernel.cell("other", "load")
    way = {("a", "read", "load"), ("load", "fed", "clean"), ("clean", "fed", "save"), ("save", "wrote", "c")}
    assert edges(kernel.around(data("c"))) == way
    assert edges(kernel.around(data("a"))) == way
    assert edges(kernel.around(data("b"))) == {("b", "read", "load"), ("load", "fed", "clean")} | {
        ("load", "fed", "other"),
        ("other", "wrote", "d"),
    }


def test_what_a_kernel_proved_of_its_variables_keeps_cells_apart(kernel: Kernel) -> None:
    kernel.line("read", "load", uri=A)
    kernel.line("read", "load", uri=B)
    kernel.cell("load")
    kernel.cell("plot", "load", carried={"load": [B]})
    kernel.cell("count", "load", carried={"load": []})
    assert edges(kernel.around(data("a"))) == {("a", "read", "load")}
    assert edges(kernel.around(data("b"))) == {("b", "read", "load"), ("load", "fed", "plot")}
    assert refs(kernel.around("cell:n.ipynb#plot")) == {"b", "load", "plot"}
    assert refs(kernel.around("cell:n.ipynb#count")) == {"load", "count"}
    assert refs(kernel.around("cell:n.ipynb#load")) == {"a", "b", "load", "plot", "count"}


def test_all_cells_that_carried_the_data_are_on_the_way(kernel: Kernel) -> None:
    kernel.line("read", "load", uri=A)
    kernel.cell("load")
    kernel.cell("fit", "load", carried={"load": [A]})
    kernel.cell("setup")
    kernel.cell("predict", "load", "fit", "setup", carried={"load": [A], "fit": [A], "setup": []})
    kernel.line("write", "predict", uri=C)
    kernel.flow("predict", C, A)
    way = {("a", "read", "load"), ("load", "fed", "fit"), ("load", "fed", "predict"), ("fit", "fed", "predict")}
    assert edges(kernel.around(data("c"))) == way | {("predict", "wrote", "c")}
    assert edges(kernel.around(data("a"))) == way | {("predict", "wrote", "c")}


def test_without_proof_a_cell_is_left_along_all_it_did(kernel: Kernel) -> None:
    for kind, uri in (("read", A), ("read", B), ("write", C)):
        kernel.line(kind, "x", uri=uri)
    kernel.line("run", "x", run="r1", name="forest")
    kernel.cell("x")
    assert refs(kernel.around(data("c"))) == {"a", "b", "c", "x"}
    assert refs(kernel.around(data("a"))) == {"a", "x", "c", "run:r1"}


def test_a_read_that_was_not_seen_is_one_edge(kernel: Kernel) -> None:
    kernel.flow("x", C, A)
    assert edges(kernel.around(data("c"))) == {("a", "flowed", "x"), ("x", "wrote", "c")}
    assert edges(kernel.around(data("a"), up=0, down=2)) == {("a", "flowed", "x"), ("x", "wrote", "c")}


def test_downstream_of_a_cell_follows_its_own_data(kernel: Kernel) -> None:
    kernel.line("read", "one", uri=A)
    kernel.cell("one")
    kernel.line("read", "two", uri=B)
    kernel.line("write", "two", uri=D)
    kernel.flow("two", D, B)
    kernel.line("write", "two", uri=C)
    kernel.flow("two", C, A)
    kernel.cell("two", "one")
    assert refs(kernel.around("cell:n.ipynb#one", up=0)) == {"one", "two", "c"}


def test_hops_go_on_from_a_cell_in_the_light_of_the_data(crossing: Kernel) -> None:
    cell = Ref.parse("cell:n.ipynb#x")
    graph = crossing.lineage.hops(cell, "down", [data("a")])
    assert edges(graph) == {("x", "wrote", "c")}
    assert edges(crossing.lineage.hops(cell, "up", [data("d")])) == {("b", "read", "x")}
    first = crossing.lineage.hops(cell, "down", limit=1)
    assert (edges(first), first.next) == ({("x", "wrote", "c")}, data("c"))
    second = crossing.lineage.hops(cell, "down", limit=1, after=first.next)
    assert (edges(second), second.next) == ({("x", "wrote", "d")}, "")


def test_nodes_say_where_there_is_more(crossing: Kernel) -> None:
    graph = crossing.around(data("c"), up=1, down=0)
    assert [(short(node.ref), node.more_up) for node in graph.nodes] == [("x", True), ("c", False)]


def test_what_one_may_not_see_is_not_there(crossing: Kernel) -> None:
    crossing.lineage.hidden = lambda _who, found: {ref for ref in found if ref == data("a")}
    assert refs(crossing.around(data("c"))) == {"x", "c"}
    assert refs(crossing.around("cell:n.ipynb#x")) == {"b", "c", "d", "x"}
    with pytest.raises(Exception, match="Nothing is known"):
        crossing.around(data("a"))


def test_a_cell_does_not_name_data_that_one_may_not_see(kernel: Kernel) -> None:
    patients = "file:///data/patients.parquet"
    kernel.line("read", "x", uri=patients)
    kernel.line("write", "x", uri=C)
    kernel.cell("x", source="raw = read('PATIENTS.parquet')")
    kernel.cell("path", source="where = 'data/patients.parquet'")
    kernel.line("read", "y", uri=C)
    kernel.cell("y", "path", source="impatients = read('c.parquet')")
    kernel.line("cell", "z", notebook="other.ipynb", source="patients, doctors = 1, 2", uses=[])
    lineage = kernel.lineage

    def found(q: str) -> set[str]:
        return {short(ref) for ref, _, _ in lineage.found_cells(q, 3)}

    assert found("patients") == {"x", "path", "y"}, "three at most, and nothing is hidden yet"
    lineage.hidden = lambda _who, found: {ref for ref in found if "patients" in ref}
    assert found("patients") == {"y", "cell:other.ipynb#z"}
    names = {short(node.ref): node.name for node in kernel.around(data("c")).nodes}
    assert names == {"c": "c.parquet", "x": "x", "y": "impatients = read('c.parquet')"}
    assert {node.name for node in kernel.around("cell:n.ipynb#y", 1, 0).nodes} >= {"path", "c.parquet"}
    (hop,) = lineage.hops(Ref.parse(data("c")), "up").edges
    assert hop.source == "cell:n.ipynb#x"
    assert {node.name for node in lineage.hops(Ref.parse(data("c")), "up").nodes} == {"c.parquet", "x"}
    assert "patients.parquet" not in str(impact(lineage, Ref.parse(data("c"))))
    lineage.sees_all = lambda _who: True
    assert found("patients") == {"x", "path", "y"}


def test_a_dataset_is_called_as_the_catalog_calls_it(kernel: Kernel) -> None:
    def name(ref: str) -> str:
        return next(node.name for node in kernel.around(ref).nodes if node.ref == ref)

    kernel.line("read", "x", uri=A)
    assert name(data("a")) == "a.parquet"
    kernel.lineage.add_nodes([Node(data("a"), "dataset", "orders", A)])
    kernel.line("read", "x", uri=A, name="frame")
    kernel.line("write", "y", uri=A)
    assert name(data("a")) == "orders"
    kernel.lineage.add_nodes([Node(data("a"), "dataset", "all orders", A)])
    assert name(data("a")) == "all orders"


def test_lines_that_are_not_understood_stop_nothing(kernel: Kernel) -> None:
    kernel.line("read", "x")
    kernel.line("flow", "x", target=C, sources=None)
    kernel.line("cell", "x", count="many", source="1")
    kernel.line("read", "x", uri="file:///" + "long" * 400)
    kernel.line("novelty", "x", uri=A)
    kernel.line("read", "x", uri="")
    kernel.line("flow", "x", target=C, sources=[{"uri": ""}])
    kernel.line("cell", "c" * 3000, source="1", count=10**30, kernel=["k"], uses=[])
    kernel.line("cell", "x", source="1", notebook=["n"], uses=[])
    kernel.line("cell", "x", source="1", began="then", uses=7)
    kernel.line("read", "x", uri=A, version="v", columns="abc", name={"a": 1})
    with kernel.path.open("a") as file:
        file.write('[1]\nnot json\n{"type": "read"}\n')
        file.write('{"type": "read", "notebook": "n", "cell": ' + "[" * 900 + "]" * 900 + "}\n")
        file.write(
            '{"type":"cell","notebook":"n.ipynb","cell":"z","at":"2026-11-01T00:00:00","source":"a\\u0000\\ud800"}\n'
        )
    kernel.line("read", "y", uri=A)
    assert refs(kernel.around(data("a"))) == {"a", "x", "y"}
    assert refs(kernel.around("cell:n.ipynb#z")) == {"z"}


def test_the_versions_that_were_read_and_written_are_kept(kernel: Kernel) -> None:
    kernel.line("read", "x", uri=A, version="3")
    kernel.line("read", "x", uri=A, version="4")
    assert [edge.version for edge in kernel.around(data("a")).edges] == ["4"]


def test_a_dataset_has_one_ref_however_it_is_written(kernel: Kernel) -> None:
    kernel.line("read", "x", uri="postgresql+psycopg://ana@db:5432/shop#public.orders", sql="", columns=["id"])
    kernel.line("write", "x", uri=C)
    kernel.flow("x", C, "postgresql+psycopg://ana@db:5432/shop#public.orders")
    kernel.line("read", "y", uri="postgresql://bob@db/shop#orders")
    kernel.cell("x")
    first = "dataset:postgresql+psycopg://ana@db:5432/shop#public.orders"
    assert {node.ref for node in kernel.around("dataset:postgresql://bob@db/shop#orders").nodes} >= {first, data("c")}
    known = "dataset:postgresql://me@db/shop#orders"
    kernel.lineage.add_nodes([Node(known, "dataset", "orders", "postgresql://me@db/shop#orders")])
    kernel.line("read", "z", uri="postgresql://ana@db/shop#orders")
    graph = kernel.around(known, columns=True)
    assert {short(node.ref) for node in graph.nodes} == {known, "c", "x", "y", "z"}
    assert [(flow.source, [one.source for one in flow.columns]) for flow in graph.flows] == [
        (known, ["id"]),
        (known, []),
    ]
    kernel.lineage.add_nodes([Node("dataset:postgresql://db/shop#orders", "dataset", "orders", "")])
    assert known in refs(kernel.around(first))


def test_a_cell_that_ran_again_says_anew_where_its_data_comes_from(kernel: Kernel) -> None:
    def run(source: str, *, proven: bool = True, **more: object) -> None:
        began = kernel.now().isoformat()
        kernel.line("read", "x", uri=source)
        kernel.line("write", "x", uri=C)
        if proven:
            found = [{"uri": source, "columns": ["id"]}]
            kernel.line("flow", "x", sources=found, target=C, how="observed", **more)
        kernel.cell("x", began=began)

    run(A)
    assert refs(kernel.around(data("c"))) == {"a", "x", "c"}
    run(B)
    assert refs(kernel.around(data("c"))) == {"b", "x", "c"}
    run(A, append=True)
    assert refs(kernel.around(data("c"))) == {"a", "b", "x", "c"}
    run(D)
    assert refs(kernel.around(data("c"))) == {"d", "x", "c"}
    run(A, proven=False)
    assert refs(kernel.around(data("c"))) == {"a", "b", "d", "x", "c"}
