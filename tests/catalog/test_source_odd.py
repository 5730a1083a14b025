"""Files that are odd, and read all the same; and those that cannot be, with a reason that helps."""

from __future__ import annotations

import ctypes
import os
import socket
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from perijove.catalog import worker
from perijove.catalog.model import Filter, Preview, Profile, Sort, Window
from perijove.catalog.sources import ragged
from perijove.catalog.sources.files import FilesSource
from perijove.catalog.sources.spots import Remote
from perijove.core.errors import Invalid, NotFound


def source(path: Path) -> tuple[FilesSource, str]:
    return FilesSource(FilesSource.Config(path.as_uri())), path.as_uri()


def preview(path: Path, rows: int = 10) -> Preview:
    files, uri = source(path)
    return files.preview(uri, rows, {})


def profile(path: Path) -> Profile:
    files, uri = source(path)
    return files.profile(uri, "sample", {}, "", lambda share: None)


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("a,b,c\n1,x,1.5\n2,y,2.5,\n3,z\n", ["a", "b", "c"], [[1, "x", 1.5], [2, "y", 2.5], [3, "z", None]]),
        ("a,b\n1,x\n2,y,more\n", ["a", "b", "f2"], [[1, "x", None], [2, "y", "more"]]),
        ("a;b\n1;x\n2;y;z;z;z;z;z;z;z\n3;w\n", ["a", "b"], [[1, "x"], [2, "y"], [3, "w"]]),
        ('a,b\n1,"x\n2,y\n3,z\n', ["a", "b"], [[1, '"x'], [2, "y"], [3, "z"]]),
        ('a,b\n1,"two\nlines"\n2\n', ["a", "b"], [[1, "two\nlines"], [2, None]]),
        ("1,2\n3,4,5\n6\n", ["f0", "f1", "f2"], [[1, 2, None], [3, 4, 5], [6, None, None]]),
    ],
)
def test_rows_of_uneven_width_are_shown_and_it_is_said(
    tmp_path: Path, text: str, columns: list[str], rows: list[list[object]]
) -> None:
    found = preview(written(tmp_path / "odd.csv", text))
    assert ([one.name for one in found.columns], found.rows) == (columns, rows)
    assert found.note == ragged.NOTE


def test_a_csv_file_with_an_odd_row_is_described_sorted_filtered_and_profiled(tmp_path: Path) -> None:
    path = written(tmp_path / "odd.csv", "id,word\n" + "".join(f"{one},w{one % 3}\n" for one in range(50)) + "50\n")
    files, uri = source(path)
    described = files.describe(uri)
    assert ([one.type for one in described.columns], described.rows, described.problem) == (["int64", "string"], 51, "")
    window = Window(rows=2, sort=[Sort("id", True)], where=[Filter("word", "=", "w1")])
    assert files.look(uri, window, {}).rows == [[49, "w1"], [46, "w1"]]
    figures = profile(path).columns
    assert (figures[0].max, figures[1].nulls, figures[1].distinct) == (50, 1, 3)


def test_an_odd_row_far_behind_the_first_ones_is_met_where_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "late.csv", "id,word\n" + "1234567,some words\n" * 300_000 + "7,one,more\n")
    assert preview(path).note == ""
    assert profile(path).columns[0].max == 1234567


def test_a_quote_that_never_ends_does_not_swallow_the_rest(tmp_path: Path) -> None:
    path = written(tmp_path / "open.csv", 'a,b\n"' + "x,1\n" * 300_000)
    assert preview(path, 2).rows == [['"x', 1], ["x", 1]]


def test_a_heading_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    found = preview(written(tmp_path / "heading.csv", "name,address"))
    assert ([one.name for one in found.columns], found.rows, found.total_rows) == (["name", "address"], [], 0)


def test_two_columns_of_one_name_have_figures_each(tmp_path: Path) -> None:
    table = pa.table([[1, 2, 3], ["a", "b", None]], names=["x", "x"])
    with pa.ipc.new_file(tmp_path / "twins.arrow", table.schema) as writer:
        writer.write_table(table)
    files, uri = source(tmp_path / "twins.arrow")
    for found in (profile(tmp_path / "twins.arrow"), files.profile(uri, "full", {}, "", lambda share: None)):
        assert [(one.name, one.max, one.nulls) for one in found.columns] == [("x", 3, 0), ("x", "b", 1)]


def test_views_of_text_and_bytes_have_figures(tmp_path: Path) -> None:
    table = pa.table({"word": pa.array(["b", "a", None, "b"], pa.string_view())})
    with pa.ipc.new_file(tmp_path / "views.arrow", table.schema) as writer:
        writer.write_table(table)
    word = profile(tmp_path / "views.arrow").columns[0]
    assert (word.problem, word.min, word.max, word.distinct, word.nulls) == ("", "a", "b", 2, 1)


def test_a_parquet_column_whose_name_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"zzzz": [1]}), path, store_schema=False)
    written(path, path.read_bytes().replace(b"zzzz", b"\xff\xfe\xff\xfe"))
    with pytest.raises(Invalid, match="the name of a column is not UTF-8 text"):
        preview(path)


def test_a_column_whose_name_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    table = pa.table({"zzzz": [1]})
    with pa.ipc.new_stream(tmp_path / "t.arrows", table.schema) as writer:
        writer.write_table(table)
    written(tmp_path / "t.arrows", (tmp_path / "t.arrows").read_bytes().replace(b"zzzz", b"\xff\xfe\xff\xfe"))
    with pytest.raises(Invalid, match="the name of a column is not UTF-8 text"):
        preview(tmp_path / "t.arrows")


RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class CSchema(ctypes.Structure):
    """Arrow's C description of a type, for one that its Python package has no name for."""

    _fields_ = [
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_char_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", RELEASE),
        ("private", ctypes.c_void_p),
    ]


@RELEASE
def released(at: int) -> None:
    """What Arrow calls when it is done; the empty callback says that it was."""
    CSchema.from_address(at).release = RELEASE()


def test_a_type_without_values_in_python_is_a_sentence(tmp_path: Path) -> None:
    months = CSchema(b"tiM", b"age", None, 2, 0, None, None, released, None)
    schema = pa.schema([pa.Field._import_from_c(ctypes.addressof(months)), pa.field("id", pa.int64())])
    with pa.ipc.new_stream(tmp_path / "t.arrows", schema):
        pass
    with pytest.raises(Invalid, match="Column “age” is of type month_interval"):
        preview(tmp_path / "t.arrows")
    files, uri = source(tmp_path / "t.arrows")
    assert files.look(uri, Window(columns=["id"]), {}).rows == []


def test_an_iceberg_table_that_was_moved_names_the_file_it_misses(tmp_path: Path) -> None:
    from pyiceberg.catalog import load_catalog

    catalog = load_catalog("t", type="sql", uri=f"sqlite:///{tmp_path}/c.db", warehouse=f"file://{tmp_path}/house")
    catalog.create_namespace("shop")
    table = catalog.create_table("shop.orders", pa.schema([("id", pa.int64())]))
    table.append(pa.table({"id": [1]}))
    (tmp_path / "house").rename(tmp_path / "moved")
    moved = next((tmp_path / "moved").rglob("metadata")).parent
    with pytest.raises(Invalid, match=r"names a file that is not there: .*house.*avro\.") as raised:
        preview(moved)
    assert "moved" in raised.value.hint


def test_an_object_is_marked_as_kernels_note_its_version() -> None:
    from perijove_kernel.opens import version_of

    info = {"name": "lake/x.parquet", "type": "file", "size": 12, "ETag": '"d41d8-2"'}
    assert Remote(None, "lake/x.parquet", "s3", info).mark() == version_of(info) == "d41d8-2-12"


def test_one_odd_file_ends_no_scan_and_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "self.csv").symlink_to("self.csv")
    (tmp_path / "nowhere.parquet").symlink_to("gone.parquet")
    for name in ("pipe.csv", "pipe.parquet", "pipe.json"):
        os.mkfifo(tmp_path / name)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.csv"))
        written(tmp_path / "good.csv", "a\n1\n")
        files, _ = source(tmp_path)
        found = {one.name + "." + one.format: one.problem.replace(f"{tmp_path}/", "") for one in files.datasets()}
    assert found == {
        "good.csv": "",
        "nowhere.parquet": "There is no nowhere.parquet any more. Scan its source again.",
        "pipe.csv": "pipe.csv is a pipe, and no file. Write what comes out of it to a file.",
        "pipe.json": "pipe.json is a pipe, and no file. Write what comes out of it to a file.",
        "pipe.parquet": "pipe.parquet is a pipe, and no file. Write what comes out of it to a file.",
        "self.csv": "self.csv is a link that leads nowhere. Set it again, or remove it.",
        "socket.csv": "socket.csv is a socket, and no file. Write what comes out of it to a file.",
    }


def test_a_part_of_a_partitioned_folder_that_is_a_pipe_is_named_and_not_waited_for(tmp_path: Path) -> None:
    for day in (1, 2):
        (tmp_path / f"day={day}").mkdir()
    pq.write_table(pa.table({"a": [1]}), tmp_path / "day=1" / "x.parquet")
    os.mkfifo(tmp_path / "day=2" / "x.parquet")
    files, _ = source(tmp_path)
    assert ["x.parquet is a pipe" in one.problem for one in files.datasets()] == [True]
    for name in ("day=2/x.parquet", "nothing.parquet"):
        with pytest.raises((Invalid, NotFound), match="is a pipe|There is no"):
            preview(tmp_path / name)


def test_whatever_a_reader_stumbles_over_hides_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(place: object) -> dict[str, str]:
        raise ZeroDivisionError("by 0")

    monkeypatch.setattr("perijove.catalog.sources.delimited.options", stumble)
    written(tmp_path / "a.csv", "a\n1\n")
    written(tmp_path / "b.ndjson", '{"a": 1}\n{"a": 2}\n')
    files, _ = source(tmp_path)
    assert [one.problem for one in files.datasets()] == ["a.csv cannot be read: by 0. Check that it is whole.", ""]


@pytest.mark.parametrize(
    "text", ['[{"a\\udc00": "x\\ud800"}, {"a\\udc00": ["\\ud800"]}]', '{"a\\udc00": "x\\ud800"}\n' * 2]
)
def test_half_a_letter_in_json_is_a_question_mark(tmp_path: Path, text: str) -> None:
    found = preview(written(tmp_path / "half.json", text), 1)
    assert ([one.name for one in found.columns], found.rows) == (["a?"], [["x?"]])
    assert preview(written(tmp_path / "pair.json", '[{"a": "\\ud83d\\ude00"}]')).rows == [["😀"]]


def test_half_a_letter_in_what_a_worker_says_is_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: object, say: object) -> None:
        raise ValueError("x\ud800")

    monkeypatch.setattr(worker, "answer", broken)
    monkeypatch.setattr(worker, "limit", lambda memory: None)
    said: list[bytes] = []
    worker.serve(b'{"verb": "look", "kind": "files", "config": {}, "memory": 1}', said.append)
    assert b"ValueError: x?" in said[0] and said[1:] == [b'{"done":"leaves"}\n']


def test_a_bad_line_of_json_is_named_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"line 3 column 6"):
        preview(written(tmp_path / "t.ndjson", '{"a": 1}\n{"a": 2}\n{"a" 3}\n'))
    many = '{"a": "' + "x" * 90 + '"}\n'
    far = written(tmp_path / "far.ndjson", many * 60_000 + '{"a" 3}\n')
    with pytest.raises(Invalid, match=r"line 60,001 column 6"):
        source(far)[0].profile(far.as_uri(), "full", {}, "", lambda share: None)


def test_a_server_that_does_not_answer_cannot_be_reached(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/x.csv"
        with pytest.raises(Invalid, match="cannot be reached"):
            FilesSource(FilesSource.Config(url)).preview(url, 1, {})
