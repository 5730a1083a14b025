"""The readers and writers of files that are watched, library by library: where the path stands, and where the data.

Vocabulary
  spot   one function or method of a library that reads or writes a dataset
  call   one call of it: what it was given and what it answered
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from perijove_kernel import datasets
from perijove_kernel.datasets import Dataset

SELF = "self"


@dataclass(frozen=True)
class Call:
    """One call of a spot, after it succeeded."""

    instance: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any

    def given(self, position: int, *keywords: str) -> Any:
        """The argument at a position, or under one of these names."""
        if 0 <= position < len(self.args):
            return self.args[position]
        return next((self.kwargs[word] for word in keywords if self.kwargs.get(word) is not None), None)


@dataclass(frozen=True)
class Text:
    """SQL that a call ran, and its dialect."""

    sql: str = ""
    dialect: str = ""


Find = Callable[[Call], list[Dataset]]
Argument = tuple[int, str]


@dataclass(frozen=True)
class Spot:
    """What to watch. ``data`` says what is written: the object itself or an argument; "" when it comes later."""

    name: str
    kind: str
    find: Find
    data: Argument | str = ""
    made: str = "result"  # what holds the data that was read: the result, or the object itself
    via: str = ""
    text: Callable[[Call], Text] | None = None
    columns: Iterable[str] = ("columns", "usecols")


def path(position: int, *keywords: str) -> Find:
    """The path is the argument at this position, or the one with one of these names."""

    def find(call: Call) -> list[Dataset]:
        value = call.given(position, *keywords)
        return datasets.of_path(value, call.kwargs.get("filesystem")) if value is not None else []

    return find


def reads(names: str, *keywords: str, made: str = "result") -> list[Spot]:
    """Functions whose first argument is the path."""
    return [Spot(name, "read", path(0, *keywords), made=made) for name in names.split()]


def writes(names: str, data: Argument | str, position: int, *keywords: str) -> list[Spot]:
    """Functions that write ``data`` to the path at a position."""
    return [Spot(name, "write", path(position, *keywords), data) for name in names.split()]


def _of(owner: str, methods: str) -> str:
    return " ".join(f"{owner}.{method}" for method in methods.split())


def _pandas() -> list[Spot]:
    buffers = ("path", "path_or_buf", "buf", "excel_writer", "fname", "path_or_buffer")
    methods = "to_parquet to_csv to_json to_feather to_excel to_orc to_pickle to_stata to_xml to_hdf to_html"
    return [
        *reads("read_parquet read_feather read_orc read_spss", "path"),
        *reads("read_csv read_table read_fwf read_stata read_pickle read_sas", "filepath_or_buffer"),
        *reads("read_json read_hdf read_xml", "path_or_buf", "path_or_buffer"),
        *reads("read_excel read_html", "io"),
        *reads("ExcelFile.__init__", "path_or_buffer", made=SELF),
        *writes(_of("DataFrame", methods), SELF, 0, *buffers),
        *writes(_of("Series", "to_csv to_json to_excel to_pickle to_hdf"), SELF, 0, *buffers),
    ]


def _polars() -> list[Spot]:
    readers = "csv parquet json ndjson ipc ipc_stream avro excel ods lines"
    scans = "csv parquet ndjson ipc lines"
    return [
        *reads(" ".join(f"read_{one}" for one in readers.split()), "source"),
        *reads(" ".join(f"scan_{one}" for one in scans.split()), "source"),
        *writes(_of("DataFrame", "write_csv write_parquet write_json write_ndjson"), SELF, 0, "file"),
        *writes(_of("DataFrame", "write_ipc write_ipc_stream write_avro"), SELF, 0, "file"),
        *writes("DataFrame.write_excel", SELF, 0, "workbook"),
        *writes(_of("LazyFrame", "sink_csv sink_parquet sink_ipc sink_ndjson"), SELF, 0, "path"),
    ]


_DASK = [
    *reads("read_parquet", "path"),
    *reads("read_csv read_table read_fwf", "urlpath"),
    *reads("read_json", "url_path"),
    *reads("read_orc", "path"),
    *reads("read_hdf", "pattern"),
    *writes(_of("DataFrame", "to_parquet to_orc to_hdf"), SELF, 0, "path", "path_or_buf"),
    *writes(_of("DataFrame", "to_csv to_json"), SELF, 0, "filename"),
]

FILES: dict[str, list[Spot]] = {
    "pandas": _pandas(),
    "polars": _polars(),
    "dask.dataframe": _DASK,
    "dask.bag": [
        *reads("read_text read_avro", "urlpath"),
        *writes("Bag.to_textfiles", SELF, 0, "path"),
        *writes("Bag.to_avro", SELF, 0, "filename"),
    ],
    "dask.array": [*reads("from_npy_stack", "dirname"), *writes("to_npy_stack", (1, "x"), 0, "dirname")],
    "pyarrow.parquet": [
        *reads("read_table read_pandas", "source"),
        *reads("ParquetFile.__init__", "source", made=SELF),
        *reads("ParquetDataset.__init__", "path_or_paths", made=SELF),
        *writes("write_table", (0, "table"), 1, "where"),
        *writes("write_to_dataset", (0, "table"), 1, "root_path"),
        *writes("ParquetWriter.__init__", "later", 0, "where"),
    ],
    "pyarrow.csv": [
        *reads("read_csv open_csv", "input_file"),
        *writes("write_csv", (0, "data"), 1, "output_file"),
        *writes("CSVWriter", "later", 0, "sink"),
    ],
    "pyarrow.json": reads("read_json open_json", "input_file"),
    "pyarrow.feather": [*reads("read_table read_feather", "source"), *writes("write_feather", (0, "df"), 1, "dest")],
    "pyarrow.orc": [
        *reads("read_table", "source"),
        *reads("ORCFile.__init__", "source", made=SELF),
        *writes("write_table", (0, "table"), 1, "where"),
        *writes("ORCWriter.__init__", "later", 0, "where"),
    ],
    "pyarrow.ipc": [*reads("open_file open_stream", "source"), *writes("new_file new_stream", "later", 0, "sink")],
    "pyarrow.dataset": [
        *reads("dataset", "source"),
        *reads("parquet_dataset", "metadata_path"),
        *writes("write_dataset", (0, "data"), 1, "base_dir"),
    ],
    "pyarrow": [
        *reads("memory_map input_stream", "path", "source"),
        *writes("output_stream create_memory_map", "later", 0, "source", "path"),
    ],
    "numpy": [
        *reads("load loadtxt genfromtxt fromfile", "file", "fname"),
        *writes("save", (1, "arr"), 0, "file"),
        *writes("savez savez_compressed", "rest", 0, "file"),
        *writes("savetxt", (1, "X"), 0, "fname"),
    ],
    "joblib": [*reads("load", "filename"), *writes("dump", (0, "value"), 1, "filename")],
    "openpyxl": reads("load_workbook", "filename"),
    "openpyxl.workbook.workbook": writes("Workbook.save", SELF, 0, "filename"),
    "xarray": [
        *reads("open_dataset open_dataarray open_zarr load_dataset", "filename_or_obj", "store"),
        *reads("open_mfdataset", "paths"),
        *writes(_of("Dataset", "to_netcdf to_zarr"), SELF, 0, "path", "store"),
    ],
    "h5py": [],
    "geopandas": [
        *reads("read_file read_parquet", "filename", "path"),
        *writes("GeoDataFrame.to_file", SELF, 0, "filename"),
    ],
    "torch": [*reads("load", "f"), *writes("save", (0, "obj"), 1, "f")],
    "xgboost": [*reads("DMatrix.__init__", "data", made=SELF)],
}
