"""Files of every format: described, shown, sorted, filtered and profiled, here and in an object store."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.buckets import object_store

from perijove.catalog.model import Filter, Sort, Window
from perijove.catalog.sandbox import Sandbox
from perijove.core.errors import Invalid, NotFound, PerijoveError

SANDBOX = Sandbox()
ROWS = 300


@pytest.fixture(scope="module")
def table() -> pa.Table:
    count = range(ROWS)
    return pa.table(
        {
            "id": pa.array(count, pa.int64()),
            "city": pa.array([None if index % 7 == 0 else f"Town {index % 5}" for index in count]),
            "price": pa.array([(index * 37 % 101) / 4 for index in count]),
            "day": pa.array([dt.date(2026, 1, 1) + dt.timedelta(days=index % 60) for index in count]),
        }
    )


@pytest.fixture(scope="module")
def folder(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same table in every format."""
    import openpyxl
    from pyarrow import csv, feather, orc

    found = tmp_path_factory.mktemp("formats")
    pq.write_table(table, found / "t.parquet", row_group_size=50)
    csv.write_csv(table, found / "t.csv")
    (found / "t2.csv.gz").write_bytes(gzip.compress((found / "t.csv").read_bytes()))
    feather.write_feather(table, found / "t.feather", chunksize=64)
    with pa.ipc.new_stream(found / "t.arrows", table.schema) as writer:
        writer.write_table(table)
    orc.write_table(table, found / "t.orc")
    rows = [{**row, "day": row["day"].isoformat()} for row in table.to_pylist()]
    (found / "t.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (found / "t.json").write_text(json.dumps(rows, indent=1))
    book = openpyxl.Workbook()
    for row in [table.column_names, *[list(row.values()) for row in table.to_pylist()]]:
        book.active.append(row)
    book.save(found / "t.xlsx")
    for year in (2024, 2025):
        (found / f"visits/year={year}/zone=a b").mkdir(parents=True)
        pq.write_table(table.slice(0, year - 2020), found / f"visits/year={year}/zone=a b/x.parquet")
    return found


NAMES = ["t.parquet", "t.csv", "t2.csv.gz", "t.feather", "t.arrows", "t.orc", "t.jsonl", "t.json", "t.xlsx"]


def day(value: object) -> str:
    return str(value)[:10]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_shows_sorts_filters_and_profiles_the_same(folder: Path, table: pa.Table, name: str) -> None:
    uri = (folder / name).as_uri()
    described = SANDBOX.describe("files", uri, uri)
    assert [column.name for column in described.columns] == table.column_names
    first = SANDBOX.preview("files", uri, uri, 3, {})
    assert [[*row[:3], day(row[3])] for row in first.rows] == [
        [0, None, 0.0, "2026-01-01"],
        [1, "Town 1", 9.25, "2026-01-02"],
        [2, "Town 2", 18.5, "2026-01-03"],
    ]
    assert first.truncated
    window = Window(
        rows=5,
        sort=[Sort("price", descending=True), Sort("id")],
        where=[Filter("city", "contains", "town 3"), Filter("id", ">", 20)],
        columns=["id", "price"],
    )
    found = SANDBOX.look("files", uri, uri, window, {})
    wanted = sorted(
        ((row["id"], row["price"]) for row in table.to_pylist() if row["city"] == "Town 3" and row["id"] > 20),
        key=lambda row: (-row[1], row[0]),
    )
    assert found.rows == [list(row) for row in wanted[:5]]
    assert (found.total_rows, found.note) == (len(wanted), "")
    page = SANDBOX.look("files", uri, uri, Window(rows=4, offset=298), {})
    assert ([row[0] for row in page.rows], page.truncated) == ([298, 299], False)
    profile = SANDBOX.profile("files", uri, uri, "sample", {})
    figures = {column.name: column for column in profile.columns}
    assert (profile.basis.method, profile.basis.share, profile.rows) == ("all rows", 1.0, ROWS)
    assert (figures["city"].nulls, figures["city"].distinct, figures["id"].distinct) == (43, 5, ROWS)
    assert (figures["id"].min, figures["id"].max, figures["id"].quantiles["0.5"]) == (0, 299, 149)
    assert sum(one.count for one in figures["price"].bins) == ROWS
    full = SANDBOX.profile("files", uri, uri, "full", {})
    assert [column.quantiles for column in full.columns] == [column.quantiles for column in profile.columns]


def test_folders_named_key_value_are_columns(folder: Path) -> None:
    uri = (folder / "visits").as_uri()
    described = SANDBOX.describe("files", uri, uri)
    assert [(one.name, one.type, one.min, one.max) for one in described.columns[-2:]] == [
        ("year", "int64", 2024, 2025),
        ("zone", "string", "a b", "a b"),
    ]
    found = SANDBOX.look("files", uri, uri, Window(where=[Filter("year", "=", 2025)], columns=["id", "year"]), {})
    assert (found.rows, found.total_rows) == ([[index, 2025] for index in range(5)], 5)


def test_a_scan_lists_each_format_and_no_settings(folder: Path) -> None:
    (folder / "package.json").write_text('{"name": "settings"}')
    found = {one.uri.rpartition("/")[2]: one for one in SANDBOX.datasets("files", folder.as_uri(), lambda: None)}
    assert sorted(found) == sorted([*NAMES, "visits"])
    assert {one.problem for one in found.values()} == {""}
    assert found["t.json"].options == {"lines": "false"} and found["t.jsonl"].options == {"lines": "true"}
    assert found["t.xlsx"].options == {"sheet": "Sheet"}


@pytest.mark.parametrize(("count", "said"), [(1, ""), (3, "s 0, s 1, s 2."), (22, "s 18, s 19 and 2 more.")])
def test_a_workbook_of_several_sheets_says_which_one_is_shown(tmp_path: Path, count: int, said: str) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "s 0"
    for number in range(count):
        sheet = book.create_sheet(f"s {number}") if number else book.active
        for row in [["a"], [number]] if number or count == 1 else []:
            sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    uri = (tmp_path / "book.xlsx").as_uri()
    shown = SANDBOX.preview("files", uri, uri, 5, {})
    assert shown.rows == [[0 if count == 1 else 1]]
    assert shown.note.startswith(f"Sheet “s 1” of {count}: s 0, s 1, s 2" if said else "") and shown.note.endswith(said)
    sorts = Window(sort=[Sort("a")])
    assert SANDBOX.look("files", uri, uri, sorts, {}).note == shown.note


def test_a_place_is_opened_folder_by_folder(folder: Path) -> None:
    uri = folder.as_uri()
    first = SANDBOX.children("files", uri, uri, "", 4)
    second = SANDBOX.children("files", uri, uri, first.more, 100)
    names = [one.name for one in (*first.entries, *second.entries)]
    assert names == sorted(names) and len(first.entries) == 4 and second.more == ""
    visits = next(one for one in second.entries if one.name == "visits")
    assert (visits.kind, visits.opens) == ("folder", True)


@pytest.mark.parametrize(
    ("window", "why"),
    [
        (Window(sort=[Sort("nothing")]), "no column “nothing”"),
        (Window(where=[Filter("price", ">", "dear")]), "“dear” is no value of column “price”"),
        (Window(columns=["x"]), "no column “x”"),
        (Window(version="3"), "no versions"),
    ],
)
def test_a_window_that_cannot_be_is_refused(folder: Path, window: Window, why: str) -> None:
    uri = (folder / "t.parquet").as_uri()
    with pytest.raises(Invalid, match=why):
        SANDBOX.look("files", uri, uri, window, {})


def test_a_filter_knows_the_type_of_its_column(folder: Path) -> None:
    uri = (folder / "t.parquet").as_uri()

    def ids(*where: Filter) -> list[Any]:
        return [row[0] for row in SANDBOX.look("files", uri, uri, Window(where=list(where), columns=["id"]), {}).rows]

    assert ids(Filter("day", "=", "2026-01-05")) == [4, 64, 124, 184, 244]
    assert ids(Filter("id", "<", "3")) == [0, 1, 2]
    assert ids(Filter("city", "null"), Filter("id", "<", 20)) == [0, 7, 14]
    assert ids(Filter("city", "starts", "TOWN 4"), Filter("id", "<", 10)) == [4, 9]
    assert ids(Filter("id", "<", 2.5)) == [0, 1, 2]


def test_csv_whose_later_values_do_not_fit_becomes_text(tmp_path: Path) -> None:
    lines = ["n,s"] + [f"{index},x" for index in range(600_000)] + ["many,y"]
    (tmp_path / "late.csv").write_text("\n".join(lines))
    uri = (tmp_path / "late.csv").as_uri()
    found = SANDBOX.look("files", uri, uri, Window(where=[Filter("s", "=", "y")]), {})
    assert found.rows == [["many", "y"]]


@pytest.mark.parametrize(
    ("text", "names", "row"),
    [
        ("report of May\n\na;b\n1;2\n3;4\n5;6\n", ["a", "b"], [1, 2]),
        ("1,2.5,2024-01-01\n2,3.5,2024-01-02\n3,4,2024-01-03\n", ["f0", "f1", "f2"], [1, 2.5, "2024-01-01"]),
        ("a|b\n'x|y'|2\n'z'|3\n'w'|4\n", ["a", "b"], ["x|y", 2]),
        ("a^b\n1^2\n3^4\n", ["a", "b"], [1, 2]),
    ],
)
def test_csv_dialects(tmp_path: Path, text: str, names: list[str], row: list[object]) -> None:
    (tmp_path / "odd.csv").write_text(text)
    uri = (tmp_path / "odd.csv").as_uri()
    found = SANDBOX.preview("files", uri, uri, 10, {})
    assert ([one.name for one in found.columns], found.rows[0]) == (names, row)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.jsonl", b'{"a": 1}\n{"a": \n', "cannot be read as JSON"),
        ("a.json", b'[{"a": 1}, {"a": 2', "cannot be read as JSON"),
        ("a.json", b"[" * 100_000, "cannot be read as JSON"),
        ("a.json", b"", "empty"),
        ("a.arrow", b"ARROW1\0\0garbage", "not a readable Arrow file"),
        ("a.feather", b"", "not a readable Arrow file"),
        ("a.orc", b"ORC" + b"\xff" * 40, "not a readable ORC file"),
        ("a.xlsx", b"PK\x03\x04nothing", "cannot be read as an Excel file"),
        ("a.xlsx", b"", "cannot be read as an Excel file"),
    ],
)
def test_bad_files_of_other_formats(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(content)
    uri = (tmp_path / name).as_uri()
    with pytest.raises(Invalid, match=why) as caught:
        SANDBOX.preview("files", uri, uri, 5, {})
    assert caught.value.hint


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[str]:
    """A local S3 with the folder in a bucket."""
    with pytest.MonkeyPatch.context() as patch, object_store() as settings:
        for name, value in settings.items():
            patch.setenv(name, value)
        import fsspec

        system = fsspec.filesystem("s3")
        system.mkdir("lake")
        system.put(str(folder), "lake/data", recursive=True)
        yield "s3://lake/data"


def test_an_object_store_is_scanned_shown_and_profiled(store: str) -> None:
    found = list(SANDBOX.datasets("files", store, lambda: None))
    assert {one.problem for one in found} == {""}
    assert sorted({one.format for one in found}) == ["arrow", "csv", "excel", "json", "orc", "parquet"]
    uri = f"{store}/t.parquet"
    described = SANDBOX.describe("files", store, uri)
    assert (described.uri, described.rows, bool(described.version)) == (uri, ROWS, True)
    found_rows = SANDBOX.look("files", store, uri, Window(rows=2, sort=[Sort("id", True)], columns=["id"]), {}).rows
    assert found_rows == [[299], [298]]
    assert SANDBOX.profile("files", store, uri, "sample", {}).basis.share == 1.0
    listed = SANDBOX.children("files", store, store)
    assert "visits" in [one.name for one in listed.entries if one.opens]
    with pytest.raises(NotFound, match="There is no s3://lake/data/none.parquet"):
        SANDBOX.describe("files", store, f"{store}/none.parquet")
    with pytest.raises(PerijoveError, match="cannot be reached|may not be read|There is no"):
        SANDBOX.describe("files", "s3://other", "s3://other/t.parquet")


def test_a_delta_table_in_an_object_store(store: str, table: pa.Table) -> None:
    import deltalake

    uri = "s3://lake/delta"
    deltalake.write_deltalake(uri, table, storage_options={"AWS_S3_ALLOW_UNSAFE_RENAME": "true"})
    assert SANDBOX.describe("delta", uri, uri).rows == ROWS
    assert SANDBOX.look("delta", uri, uri, Window(rows=1, sort=[Sort("id", True)], columns=["id"]), {}).rows == [[299]]
    assert [one.id for one in SANDBOX.versions("delta", uri, uri, {})] == ["0"]
