"""First rows of good data, and a named reason for bad data."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from tests.people import OWNER

from perijove.catalog.model import Source
from perijove.catalog.sandbox import Limits, Sandbox
from perijove.catalog.service import Catalog
from perijove.core.errors import Invalid, NotFound, PerijoveError
from perijove.core.refs import Ref

SANDBOX = Sandbox()
ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def read(path: Path, rows: int = 5, sandbox: Sandbox = SANDBOX) -> list[list[object]]:
    return sandbox.preview("files", path.as_uri(), path.as_uri(), rows, {}).rows


@ONE_DATABASE
def test_first_rows_of_each_kind(catalog: Catalog, scan: Callable[..., Source], lab: Path) -> None:
    import pandas as pd

    scan("lab", "data")
    scan("wine", "data/wine.db")
    root = lab.as_uri()
    expected = pd.read_parquet(lab / "tumours.parquet").head(3).values.tolist()
    tumours = catalog.preview(Ref("dataset", f"{root}/tumours.parquet"), 3, OWNER)
    assert [[float(cell) for cell in row] for row in tumours.rows] == expected
    assert (tumours.total_rows, tumours.truncated, tumours.columns[0].name) == (569, True, "mean radius")
    diabetes = catalog.preview(Ref("dataset", f"{root}/diabetes.csv"), 50, OWNER)
    assert (len(diabetes.rows), diabetes.total_rows, diabetes.truncated) == (50, 442, True)
    parts = catalog.preview(Ref("dataset", f"{root}/screenings"), 150, OWNER)
    assert (len(parts.rows), parts.total_rows) == (150, 300)
    wines = catalog.preview(Ref("dataset", f"sqlite:///{lab}/wine.db#wines"), 2, OWNER)
    assert (wines.rows, wines.total_rows, wines.truncated) == ([[1, 14.23, 0], [2, 13.2, 0]], 178, True)
    odd = catalog.preview(Ref("dataset", f'sqlite:///{lab}/wine.db#odd "names'), 2, OWNER)
    assert (odd.rows, odd.total_rows, odd.truncated) == ([["x"]], 1, False)
    for rows in (0, 1001):
        with pytest.raises(Invalid, match="goes from 1 to 1,000"):
            catalog.preview(Ref("dataset", f"{root}/tumours.parquet"), rows, OWNER)


@ONE_DATABASE
def test_a_path_that_is_not_in_the_catalog(catalog: Catalog, lab: Path) -> None:
    assert catalog.named("data/tumours.parquet", OWNER).show().rows == 569
    assert catalog.named("data/screenings", OWNER).preview(1).total_rows == 300
    assert catalog.named("sqlite:///data/wine.db#wines", OWNER).show().rows == 178
    assert catalog.named("data/wine.db#wines", OWNER).preview(1).rows == [[1, 14.23, 0]]
    for text, error in {
        "data/none.parquet": NotFound,
        "data/wine.db": Invalid,
        "data/wine.db#none": NotFound,
        "dataset:file:///none": NotFound,
        "cell:a#b": Invalid,
        "sqlite:///data/none.db#t": NotFound,
    }.items():
        with pytest.raises(error):
            catalog.named(text, OWNER).show()


@ONE_DATABASE
def test_a_file_that_went_away_after_the_scan(catalog: Catalog, scan: Callable[..., Source], lab: Path) -> None:
    scan("lab", "data")
    (lab / "tumours.parquet").unlink()
    with pytest.raises(NotFound, match=r"no .*tumours\.parquet"):
        catalog.preview(Ref("dataset", f"{lab.as_uri()}/tumours.parquet"), 50, OWNER)


def test_values_are_json(tmp_path: Path) -> None:
    import datetime as dt
    from decimal import Decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "float": pa.array([1.5, float("nan"), float("inf")]),
            "big": pa.array([2**53, 2**53 + 1, -(2**60)]),
            "bytes": pa.array([b"\x00\xff", None, b"a" * 100]),
            "time": pa.array([dt.datetime(2026, 1, 2, 3, 4, 5), None, None], pa.timestamp("us", tz="UTC")),
            "date": pa.array([dt.date(2026, 1, 2), None, None]),
            "money": pa.array([Decimal("1.10"), None, None]),
            "list": pa.array([[1.0, float("nan")], [], None]),
            "text": pa.array(["a", "b" * 5000, None]),
            "nano": pa.array([1, 2**62, None], pa.timestamp("ns")),
        }
    )
    pq.write_table(table, tmp_path / "odd.parquet")
    rows = read(tmp_path / "odd.parquet")
    assert rows[0][:7] == [1.5, 2**53, "00ff", "2026-01-02T03:04:05+00:00", "2026-01-02", "1.10", [1.0, None]]
    assert rows[1][:3] == [None, str(2**53 + 1), None]
    assert rows[2][:3] == [None, str(-(2**60)), "61" * 64 + "…"]
    assert isinstance(rows[1][7], str) and len(rows[1][7]) == 2001
    assert isinstance(rows[1][8], str) and rows[1][8].startswith("2116-")


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,x\n", [[1, "x"]]),
        ("\ufeffa;b\n1;\u00e9\n".encode(), [[1, "é"]]),
        ("name\tvalue\nMüller\t1\n".encode("cp1252"), [["Müller", 1]]),
        ("a,b\n1,日本\n".encode("utf-16"), [[1, "日本"]]),
        (b'a,b\n"x, y","line\nbreak"\n', [["x, y", "line\nbreak"]]),
        (b"a|b\r\n1|2\r\n", [[1, 2]]),
        (b"a,b\n", []),
        (b"a,a\n1,2\n", [[1, 2]]),
    ],
)
def test_csv_in_many_forms(tmp_path: Path, content: bytes, rows: list[list[object]]) -> None:
    (tmp_path / "some.csv").write_bytes(content)
    assert read(tmp_path / "some.csv") == rows
    (tmp_path / "some.csv.gz").write_bytes(gzip.compress(content))
    assert read(tmp_path / "some.csv.gz") == rows


def bad_files() -> dict[str, tuple[str, bytes, str]]:
    head = b"PAR1" + b"\0" * 100
    return {
        "empty parquet": ("a.parquet", b"", "it is empty"),
        "not parquet": ("a.parquet", b"hello world", "not a readable parquet file"),
        "cut parquet": ("a.parquet", head, "not a readable parquet file"),
        "bad footer": ("a.parquet", head + b"\xff" * 50 + b"\x32\0\0\0PAR1", "not a readable parquet file"),
        "footer too long": ("a.parquet", head + b"\xff\xff\xff\x7fPAR1", "not a readable parquet file"),
        "empty csv": ("a.csv", b"", "empty"),
        "binary csv": ("a.csv", b"\x7fELF\0\0\0", "not text"),
        "huge line": ("a.csv", b"a,b\n" + b"x" * 20_000_000 + b",1\n", "longer than 4 MB"),
        "long line": ("a.csv", b"a,b\n" + b"x" * 12_000_000 + b",1\n", "a line longer than 4 MB"),
        "bad gzip": ("a.csv.gz", b"\x1f\x8b\x08\0garbage", "cannot be read"),
        "other": ("a.bin", b"abc", "no kind of data"),
    }


@pytest.mark.parametrize("case", list(bad_files()))
def test_bad_files_end_in_a_named_reason(tmp_path: Path, case: str) -> None:
    name, content, why = bad_files()[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Invalid) as caught:
        read(tmp_path / name)
    assert why in caught.value.message
    assert caught.value.hint


@ONE_DATABASE
def test_a_broken_file_does_not_hide_the_others(catalog: Catalog, scan: Callable[..., Source], lab: Path) -> None:
    (lab / "broken.parquet").write_bytes(b"PAR1")
    (lab / "screenings" / "part-9.parquet").write_bytes((lab / "tumours.parquet").read_bytes()[:-50])
    (lab / "delta" / "_delta_log").mkdir(parents=True)
    source = scan("lab", "data")
    problems = {row.name: row.problem for row in catalog.datasets("lab", OWNER).datasets if row.problem}
    assert sorted(problems) == ["broken", "delta", "part-9"]
    assert "Delta table" in problems["delta"] and "not a readable parquet" in problems["part-9"]
    assert source.state == "live"
    ref = Ref("dataset", f"{lab.as_uri()}/broken.parquet")
    assert "not a readable parquet" in catalog.show(ref, OWNER).problem
    with pytest.raises(Invalid, match="not a readable parquet"):
        catalog.preview(ref, 50, OWNER)
    with pytest.raises(Invalid, match="not a readable parquet"):
        catalog.code(ref, "pandas", OWNER)


def bomb(path: Path, megabytes: int, columns: int = 1) -> Path:
    """A file of a few kilobytes that unpacks to many megabytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    value = pa.array([b"\0" * (megabytes * 2**20)], pa.large_binary())
    table = pa.table({f"c{index}": value for index in range(columns)})
    pq.write_table(table, path, compression="brotli", use_dictionary=False, write_statistics=False)
    assert path.stat().st_size < 64_000
    return path


def test_a_file_that_declares_gigabytes_is_refused_by_its_footer(tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb.parquet", 300)
    begin = time.monotonic()
    with pytest.raises(Invalid, match=r"declares 0\.3 GB of data in"):
        read(path)
    assert time.monotonic() - begin < 5
    listed = list(SANDBOX.datasets("files", tmp_path.as_uri(), lambda: None))
    assert [(one.name, one.rows, "refused" in one.problem) for one in listed] == [("bomb", 1, True)]


def test_memory_and_time_are_capped(tmp_path: Path) -> None:
    path = bomb(tmp_path / "big.parquet", 200, columns=6)
    with pytest.raises(Invalid, match="more than the 1 GB of memory|needs more memory"):
        read(path, sandbox=Sandbox(Limits(memory=2**30, computing_seconds=20)))
    with pytest.raises(Invalid, match="longer than the 0.2 seconds"):
        read(path, sandbox=Sandbox(Limits(preview_seconds=0.2)))
    assert not [child for child in psutil.Process().children() if "perijove.catalog.worker" in child.cmdline()]


def test_a_stop_ends_the_worker(tmp_path: Path, made_data: Path) -> None:
    class Stopped(BaseException):
        pass

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        list(SANDBOX.datasets("files", made_data.as_uri(), stop))
    assert not [child for child in psutil.Process().children() if "perijove.catalog.worker" in child.cmdline()]


def test_links_and_names_that_are_not_utf8(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "loop").symlink_to(folder)
    (folder / "gone.csv").symlink_to(folder / "nowhere.csv")
    name = b"caf\xe9 #1?%41.csv".decode("utf-8", "surrogateescape")
    (folder / name).write_text("a\n1\n")
    found = list(SANDBOX.datasets("files", folder.as_uri(), lambda: None))
    assert [(one.name, bool(one.problem)) for one in found] == [("caf� #1?%41", False), ("gone", True)]
    assert SANDBOX.preview("files", folder.as_uri(), found[0].uri, 5, {}).rows == [[1]]


def test_an_unknown_part_is_a_sentence() -> None:
    with pytest.raises(PerijoveError, match="nosuch"):
        list(SANDBOX.datasets("nosuch", "file:///tmp", lambda: None))
