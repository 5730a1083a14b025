"""Delta and Iceberg tables: which of their calls read or write, and which version that was."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from perijove_kernel import datasets
from perijove_kernel.datasets import Dataset
from perijove_kernel.spots import SELF, Call, Find, Spot


def _delta(position: int, *keywords: str) -> Find:
    """A Delta table given as an object or as its path; -1 for the object whose method was called."""

    def find(call: Call) -> list[Dataset]:
        table = call.instance if position < 0 else call.given(position, *keywords)
        return of_delta(table, call.kwargs.get("version"), call.kwargs.get("storage_options"))

    return find


def of_delta(table: Any, version: Any = None, options: Any = None) -> list[Dataset]:
    """The dataset of a Delta table; its version is the table's own number."""
    if callable(getattr(table, "version", None)) and hasattr(table, "table_uri"):
        uri = table.table_uri() if callable(table.table_uri) else table.table_uri
        return datasets.of_url(str(uri).rstrip("/"), str(table.version()))
    found = datasets.of_path(table)
    if not found:
        return []
    local = datasets.local_path(found[0].uri)
    if isinstance(version, int):
        number = str(version)
    elif local:
        number = delta_version(local)
    else:
        from deltalake import DeltaTable

        number = str(DeltaTable(found[0].uri, storage_options=options).version())
    return [Dataset(found[0].uri, found[0].name, number)]


def delta_version(folder: str) -> str:
    """The newest version in the log of a local Delta table; empty where there is none."""
    names = (one.name for one in Path(folder, "_delta_log").glob("*.json")) if folder else ()
    numbers = [int(name[:-5]) for name in names if re.fullmatch(r"\d+\.json", name)]
    return str(max(numbers)) if numbers else ""


def _merged(call: Call) -> list[Dataset]:
    return of_delta(getattr(call.instance, "_table", None))


def _iceberg(call: Call) -> list[Dataset]:
    """The dataset of an Iceberg table or scan; its version is the snapshot's id."""
    one = call.instance
    if not callable(getattr(one, "location", None)):
        snapshot = getattr(one, "snapshot_id", None)
        metadata = one.table_metadata
        return datasets.of_url(metadata.location, str(snapshot or metadata.current_snapshot_id or ""))
    return of_iceberg(one)


def of_iceberg(table: Any, snapshot: Any = None) -> list[Dataset]:
    """The dataset of an Iceberg table."""
    if hasattr(table, "metadata") and hasattr(table, "location"):
        found = snapshot or table.metadata.current_snapshot_id or ""
        return datasets.of_url(str(table.location()).rstrip("/"), str(found))
    return datasets.of_path(table)


def _iceberg_argument(call: Call) -> list[Dataset]:
    return of_iceberg(call.given(0, "source", "target"), call.kwargs.get("snapshot_id"))


SPOTS: dict[str, list[Spot]] = {
    "deltalake": [
        Spot("DeltaTable.to_pandas", "read", _delta(-1)),
        Spot("DeltaTable.to_pyarrow_table", "read", _delta(-1)),
        Spot("DeltaTable.to_pyarrow_dataset", "read", _delta(-1)),
        Spot("DeltaTable.scan", "read", _delta(-1)),
        Spot("DeltaTable.load_cdf", "read", _delta(-1)),
        Spot("DeltaTable.delete", "write", _delta(-1)),
        Spot("DeltaTable.update", "write", _delta(-1)),
        Spot("QueryBuilder.register", "read", _delta(1, "delta_table"), made=SELF),
        Spot("write_deltalake", "write", _delta(0, "table_or_uri"), (1, "data")),
    ],
    "deltalake.table": [Spot("TableMerger.execute", "write", _merged, SELF, via="deltalake.merge")],
    "pyiceberg.table": [
        *[Spot(f"DataScan.{one}", "read", _iceberg, via=f"pyiceberg.{one}") for one in ("to_arrow", "to_pandas")],
        *[Spot(f"DataScan.{one}", "read", _iceberg, via=f"pyiceberg.{one}") for one in ("to_polars", "to_duckdb")],
        Spot("DataScan.to_arrow_batch_reader", "read", _iceberg, via="pyiceberg.to_arrow_batch_reader"),
        Spot("Table.to_polars", "read", _iceberg, via="pyiceberg.to_polars"),
        *[
            Spot(f"Table.{one}", "write", _iceberg, (0, "df"), via=f"pyiceberg.{one}")
            for one in ("append", "overwrite", "upsert", "dynamic_partition_overwrite")
        ],
        Spot("Table.delete", "write", _iceberg, via="pyiceberg.delete"),
    ],
    "polars": [
        Spot("read_delta", "read", _delta(0, "source")),
        Spot("scan_delta", "read", _delta(0, "source")),
        Spot("scan_iceberg", "read", _iceberg_argument),
        Spot("DataFrame.write_delta", "write", _delta(0, "target"), SELF),
        Spot("LazyFrame.sink_delta", "write", _delta(0, "target"), SELF),
        Spot("DataFrame.write_iceberg", "write", _iceberg_argument, SELF),
        Spot("LazyFrame.sink_iceberg", "write", _iceberg_argument, SELF),
    ],
}
