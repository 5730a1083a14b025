"""What breaks if a column goes, and whether the data a cell read has changed: whole answers from a kernel's lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.kernel import START, A, B, C, D, Kernel, data, short

from perijove.core.additions import Additions
from perijove.core.changes import changed_cells, changed_since
from perijove.core.database import Database
from perijove.core.errors import Invalid
from perijove.core.file_version import version_here
from perijove.core.impact import impact
from perijove.core.lineage import Lineage
from perijove.core.model import Field, Flow
from perijove.core.project import Project
from perijove.core.refs import Ref


@pytest.fixture
def kernel(project: Project, database: Database, lineage: Lineage) -> Kernel:
    return Kernel(project, database, lineage)


def affected(kernel: Kernel, ref: str, column: str = "") -> set[tuple[str, str, str]]:
    found = impact(kernel.lineage, Ref.parse(ref), column)
    return {(short(one.ref), one.effect, one.level) for one in found.items}


def columns(kernel: Kernel, *flows: tuple[str, str, str, list[tuple[str, str]]]) -> None:
    found = [
        Flow(data(source), data(target), f"cell:n.ipynb#{via}", "observed", START, [Field(a, b) for a, b in fields])
        for via, source, target, fields in flows
    ]
    kernel.lineage.before_reading()
    kernel.lineage.add(Additions(flows=found))


def test_a_column_is_followed_where_it_went(kernel: Kernel) -> None:
    kernel.line("read", "x", uri=A)
    kernel.line("write", "x", uri=C)
    kernel.cell("x")
    columns(kernel, ("x", "a", "c", [("price", "total"), ("id", "id")]))
    kernel.line("read", "sums", uri=C, columns=["total"])
    kernel.line("run", "sums", run="r1", name="forest")
    kernel.line("model", "sums", name="churn", version="3", run="r1")
    kernel.cell("sums")
    kernel.line("read", "ids", uri=C, columns=["id"])
    kernel.cell("ids")
    assert affected(kernel, data("a"), "PRICE") == {
        ("x", "fails", "column"),
        ("c", "loses", "column"),
        ("sums", "fails", "column"),
        ("run:r1", "may fail", "dataset"),
        ("model:churn/3", "may fail", "dataset"),
    }
    assert {one[0] for one in affected(kernel, data("a"), "id")} == {"x", "c", "ids"}
    assert affected(kernel, data("a"), "unused") == set()
    found = impact(kernel.lineage, Ref.parse(data("a")), "price")
    assert (found.basis, [one.kind for one in found.items][:2]) == ("mixed", ["model", "run"])
    assert next(one.columns for one in found.items if one.ref == data("c")) == ["total"]


def test_where_columns_are_not_known_all_of_the_dataset_counts_and_says_so(kernel: Kernel) -> None:
    kernel.line("read", "x", uri=A)
    kernel.line("read", "x", uri=B)
    for uri, source in ((C, A), (D, B)):
        kernel.line("write", "x", uri=uri)
        kernel.flow("x", uri, source)
    kernel.cell("x")
    assert affected(kernel, data("a"), "price") == {("x", "may fail", "dataset"), ("c", "may change", "dataset")}
    assert impact(kernel.lineage, Ref.parse(data("a")), "price").basis == "dataset"
    assert impact(kernel.lineage, Ref.parse(data("c")), "price").basis == "none"


def test_a_filter_on_a_column_touches_all_of_what_it_filters(kernel: Kernel) -> None:
    kernel.line("read", "x", uri=A)
    kernel.cell("x")
    columns(kernel, ("x", "a", "c", [("id", "id"), ("day", "")]))
    kernel.line("read", "y", uri=C, columns=["id"])
    kernel.cell("y")
    assert affected(kernel, data("a"), "day") == {
        ("x", "fails", "column"),
        ("c", "may change", "column"),
        ("y", "may fail", "dataset"),
    }


def test_a_cell_knows_that_its_data_has_changed(kernel: Kernel, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("a\n1\n")
    stat = file.stat()
    kernel.line("read", "load", uri=file.as_uri(), version=f"{stat.st_mtime_ns}-{stat.st_size}")
    kernel.line("read", "load", uri=B, version="7")
    kernel.cell("load")
    kernel.cell("plot", "load", carried={"load": [file.as_uri()]})
    plot = Ref.parse("cell:n.ipynb#plot")
    assert [(one.changed, short(one.via)) for one in changed_since(kernel.lineage, plot).datasets] == [(False, "load")]
    file.write_text("a\n1\n2\n")
    kernel.line("write", "append", uri=file.as_uri())
    one = changed_since(kernel.lineage, plot).datasets[0]
    assert (one.changed, [short(ref) for ref in one.writers]) == (True, ["append"])
    load = {one.ref: one.changed for one in changed_since(kernel.lineage, Ref.parse("cell:n.ipynb#load")).datasets}
    assert load[data("b")] is None
    kernel.lineage.current_version = lambda uri: "8" if uri == B else None
    load = {one.ref: one.changed for one in changed_since(kernel.lineage, Ref.parse("cell:n.ipynb#load")).datasets}
    assert load == {data("b"): True, f"dataset:{file.as_uri()}": True}
    with pytest.raises(Invalid, match="neither a cell nor a job"):
        changed_since(kernel.lineage, Ref.parse(data("a")))


def test_the_version_of_a_delta_table_is_its_own_number(tmp_path: Path) -> None:
    log = tmp_path / "table" / "_delta_log"
    log.mkdir(parents=True)
    for number in range(3):
        (log / f"{number:020}.json").write_text("{}")
    (log / "_last_checkpoint").write_text("{}")
    assert version_here((tmp_path / "table").as_uri()) == "2"
    assert version_here("s3://lake/x") is None
    (tmp_path / "x.db").write_bytes(b"1234")
    assert (version_here(f"sqlite:///{tmp_path}/x.db#t") or "").endswith("-4")


def test_the_version_of_an_iceberg_table_is_the_snapshot_of_its_newest_metadata(tmp_path: Path) -> None:
    metadata = tmp_path / "ice" / "metadata"
    metadata.mkdir(parents=True)
    uri = (tmp_path / "ice").as_uri()
    assert version_here(uri) is None
    (metadata / "00009-aa.metadata.json").write_text('{"current-snapshot-id": 7}')
    (metadata / "00010-bb.metadata.json").write_text('{"current-snapshot-id": 4210}')
    assert version_here(uri) == "4210"
    (metadata / "00011-cc.metadata.json").write_text('{"current-snapshot-id": -1}')
    assert version_here(uri) is None
    (metadata / "v12.metadata.json").write_text("{nonsense")
    assert version_here(uri) is None
    for writer in ("dd", "ee"):  # two wrote at once: which one counts, only the catalog knows
        (metadata / f"00013-{writer}.metadata.json").write_text('{"current-snapshot-id": 5}')
    assert version_here(uri) is None


def test_a_notebook_knows_which_of_its_cells_have_data_that_changed(kernel: Kernel) -> None:
    def marked(path: str = "n.ipynb") -> dict[str, list[str]]:
        found = changed_cells(kernel.lineage, Ref("notebook", path))
        return {one.cell: [short(each.ref) for each in one.datasets] for one in found}

    kernel.line("read", "load", uri=A)
    kernel.line("read", "load", uri=B)
    kernel.cell("load")
    kernel.cell("plot", "load", carried={"load": [A]})
    kernel.line("read", "tidy", uri=C, version="1")
    kernel.line("write", "tidy", uri=C, version="2")
    kernel.cell("tidy")
    kernel.lineage.current_version = {C.removeprefix("dataset:"): "2"}.get
    assert marked() == {}, "a cell that changes what it read is no surprise to itself"
    kernel.line("write", "other", uri=A)
    assert marked() == {"load": ["a"]}
    kernel.line("write", "other", uri=C)
    assert marked() == {"load": ["a"], "tidy": ["c"]}
    kernel.lineage.hidden = lambda _who, refs: set(refs) & {data("a")}
    assert (marked(), marked("nosuch.ipynb")) == ({"tidy": ["c"]}, {})
    kernel.line("read", "load", uri=A)
    kernel.lineage.hidden = None
    assert marked() == {"tidy": ["c"]}
    with pytest.raises(Invalid, match="is no notebook"):
        changed_cells(kernel.lineage, Ref.parse("cell:n.ipynb#x"))
