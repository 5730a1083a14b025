"""A folder of parquet and CSV files, or one such file.

Vocabulary
  part       one of several parquet files with the same schema that are one dataset together
  partition  a folder named ``key=value``; all below is one dataset, named by the folder above the partitions
The URI of a dataset of several files is that of its folder, as a kernel reads it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from perijove.catalog.model import Preview, Reading
from perijove.catalog.places import file_uri, path_of, text_of
from perijove.catalog.sources import delimited, parquet
from perijove.core.errors import Invalid, NotFound, PerijoveError

PARQUET = (".parquet", ".pq")
CSV = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
NUMBER = re.compile(r"[0-9a-f]{8,}|\d+")
PARTITION = re.compile(r"[^=/]+=[^/]*")


class FilesSource:
    """Parquet and CSV files below a folder; hidden ones (``.name`` and ``_name``) are left out."""

    label: ClassVar[str] = "Folder or file"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """``uri`` is a ``file:///`` URI of the folder or file."""

        uri: str

    def __init__(self, config: Config) -> None:
        self.root = path_of(config.uri)

    def datasets(self) -> Iterator[Reading]:
        """Every dataset below the folder, in order of path."""
        if not self.root.exists():
            raise NotFound(f"There is no {text_of(self.root)}.", hint="Check the path, or remove the source.")
        if self.root.is_file():
            yield _try(self.root, [self.root])
            return
        for folder, files in _walk(self.root):
            yield from _datasets(folder, files, is_root=folder == self.root)

    def describe(self, uri: str) -> Reading:
        """One file, or one folder of parquet files with the same schema."""
        path = path_of(uri)
        return _read(path, _files_of(path))

    def preview(self, uri: str, rows: int, options: dict[str, str]) -> Preview:
        """The first rows of a file or of the parts of a folder."""
        path = path_of(uri)
        files = _files_of(path)
        if _is(files[0], PARQUET):
            return parquet.preview(files, rows)
        return delimited.preview(path, options or delimited.options(path), rows)


def _is(path: Path, endings: Sequence[str]) -> bool:
    return path.name.lower().endswith(tuple(endings))


def _hidden(name: str) -> bool:
    return name.startswith((".", "_"))


def _walk(root: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Folders with data files; a partitioned folder comes once, with all its files."""
    for where, folders, names in os.walk(root):
        here = Path(where)
        if (here / "_delta_log").is_dir():
            folders[:] = []
            yield here, []
            continue
        folders[:] = sorted(name for name in folders if not _hidden(name))
        if any(PARTITION.fullmatch(name) for name in folders):
            inside = _below(here)
            folders[:] = [name for name in folders if not PARTITION.fullmatch(name)]
            if inside:
                yield here, inside
                continue
        files = [here / name for name in sorted(names) if not _hidden(name) and _is(here / name, PARQUET + CSV)]
        if files:
            yield here, files


def _below(folder: Path) -> list[Path]:
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        found += [Path(where) / name for name in sorted(names) if not _hidden(name) and _is(Path(name), PARQUET)]
    return found


def _files_of(path: Path) -> list[Path]:
    if not path.exists():
        raise NotFound(f"There is no {text_of(path)}.", hint="Check the path, or scan its source again.")
    if path.is_file():
        if not _is(path, PARQUET + CSV):
            raise Invalid(
                f"{text_of(path.name)} is no kind of data that is read here.", hint="Parquet, CSV and TSV are."
            )
        return [path]
    if (path / "_delta_log").is_dir():
        raise _delta(path)
    files = _below(path)
    if not files:
        raise Invalid(f"There are no parquet files in {text_of(path)}.", hint="Name a file, or another folder.")
    return files


def _delta(path: Path) -> Invalid:
    return Invalid(
        f"{text_of(path.name)} is a Delta table; read as plain parquet it would show deleted rows.",
        hint="Load it with the deltalake package.",
    )


def _datasets(folder: Path, files: list[Path], *, is_root: bool) -> Iterator[Reading]:
    if not files:
        yield _failed(folder, _delta(folder))
        return
    if any(file.parent != folder for file in files):
        yield _try(folder, files)
        return
    for file in files:
        if _is(file, CSV):
            yield _try(file, [file])
    parts = [file for file in files if _is(file, PARQUET)]
    if len(parts) > 1 and _one_dataset(parts, by_name=is_root or len(parts) != len(files)):
        yield _try(folder, parts)
        return
    for file in parts:
        yield _try(file, [file])


def _one_dataset(parts: Sequence[Path], *, by_name: bool) -> bool:
    """Whether files belong together: same schema and, beside other data, names that differ only in a number."""
    if by_name and len({NUMBER.sub("#", part.name.lower()) for part in parts}) > 1:
        return False
    try:
        first = parquet.open_file(parts[0]).schema_arrow
        return all(parquet.open_file(part).schema_arrow.equals(first) for part in parts[1:])
    except PerijoveError:
        return False  # a broken part: each file is listed by itself, the broken one with its problem


def _try(path: Path, files: Sequence[Path]) -> Reading:
    try:
        return _read(path, files)
    except PerijoveError as error:
        return _failed(path, error)


def _failed(path: Path, error: PerijoveError) -> Reading:
    kind = "csv" if _is(path, CSV) else "parquet"
    return Reading(file_uri(path), _name(path), kind, problem=f"{error.message} {error.hint}".strip())


def _name(path: Path) -> str:
    name = text_of(path.name)
    ending = next((ending for ending in (*CSV[::-1], *PARQUET) if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)] or name


def _read(path: Path, files: Sequence[Path]) -> Reading:
    if _is(files[0], PARQUET):
        return _read_parquet(path, files)
    how = delimited.options(path)
    columns = delimited.columns(path, how)
    rows = delimited.count(path, how, columns[0].name) if columns else None
    return Reading(file_uri(path), _name(path), "csv", columns, rows, options=how, **_facts(files))


def _read_parquet(path: Path, files: Sequence[Path]) -> Reading:
    opened = [parquet.open_file(file) for file in files]
    problem = ""
    try:
        for file, one in zip(files, opened, strict=True):
            parquet.refuse_bomb(file, one.metadata)
    except Invalid as error:
        problem = f"{error.message} {error.hint}"
    footers = [one.metadata for one in opened]
    columns = parquet.columns(footers, opened[0].schema_arrow)
    rows = sum(footer.num_rows for footer in footers)
    return Reading(file_uri(path), _name(path), "parquet", columns, rows, problem=problem, **_facts(files))


def _facts(files: Sequence[Path]) -> dict[str, Any]:
    found = [file.stat() for file in files]
    size, modified = sum(one.st_size for one in found), max(one.st_mtime_ns for one in found)
    return {"bytes": size, "modified": modified / 1e9, "version": f"{modified}-{size}"}
