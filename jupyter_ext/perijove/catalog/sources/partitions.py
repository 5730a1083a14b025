"""Columns that stand in the names of folders: ``year=2025/month=3``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from perijove.catalog.model import Column

PARTITION = re.compile(r"[^=/]+=[^/]*")
MISSING = "__HIVE_DEFAULT_PARTITION__"
WHOLE = re.compile(r"-?\d{1,18}")


@dataclass(frozen=True)
class Folders:
    """For each partition column the value of each file; whole numbers where all values are."""

    values: dict[str, list[str | int | None]]

    def fields(self, inside: Sequence[str]) -> list[Any]:
        """The fields of the columns that the files do not have themselves."""
        import pyarrow as pa

        return [pa.field(name, self._type(name)) for name in self.values if name not in inside]

    def columns(self, inside: Sequence[str]) -> list[Column]:
        """The same as the catalog shows them."""
        found = []
        for name, values in self.values.items():
            if name in inside:
                continue
            real: list[Any] = [value for value in values if value is not None]
            lowest, highest = (min(real), max(real)) if real else (None, None)
            nulls = 0 if len(real) == len(values) else None
            found.append(Column(name, str(self._type(name)), True, lowest, highest, nulls))
        return found

    def misses(self) -> bool:
        """Whether a folder stands for a missing value."""
        return any(None in values for values in self.values.values())

    def array(self, name: str, number: int, rows: int) -> Any:
        """The column for a batch of one file."""
        import pyarrow as pa

        return pa.repeat(pa.scalar(self.values[name][number], self._type(name)), rows)

    def _type(self, name: str) -> Any:
        import pyarrow as pa

        return pa.int64() if any(isinstance(value, int) for value in self.values[name]) else pa.string()


def of(uris: Sequence[str], root: str) -> Folders:
    """The partition columns of files below a folder; none where the files differ in them."""
    found = [_of_one(uri, root) for uri in uris]
    names = list(found[0]) if found else []
    if any(list(one) != names for one in found):
        return Folders({})
    return Folders({name: _typed([one[name] for one in found]) for name in names})


def _of_one(uri: str, root: str) -> dict[str, str | None]:
    inside = uri[len(root) :].split("/")[:-1] if uri.startswith(root) else []
    if uri.startswith("file:"):
        inside = [unquote(part) for part in inside]
    pairs = [part.partition("=")[::2] for part in inside if PARTITION.fullmatch(part)]
    return {unquote(name): None if value == MISSING else unquote(value) for name, value in pairs}


def _typed(values: Sequence[str | None]) -> list[str | int | None]:
    real = [value for value in values if value is not None]
    if real and all(WHOLE.fullmatch(value) for value in real):
        return [None if value is None else int(value) for value in values]
    return list(values)
