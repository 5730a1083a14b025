"""Files below a folder, on this computer or where fsspec reaches, or one such file.

Vocabulary
  part       one of several parquet files with the same schema that are one dataset together
  partition  a folder named ``key=value``; all below is one dataset, named by the folder above the partitions
The URI of a dataset of several files is that of its folder, as a kernel reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, ClassVar

import msgspec

from perijove.catalog.model import Entry, Level, Listing, Preview, Profile, Reading, Version, Window
from perijove.catalog.places import expanded_text
from perijove.catalog.readers import Reader
from perijove.catalog.sources import formats
from perijove.catalog.sources.partitions import PARTITION
from perijove.catalog.sources.spots import Local, Spot, below, hidden, reason, spot
from perijove.core.errors import NotFound, PerijoveError

NUMBER = re.compile(r"[0-9a-f]{8,}|\d+")
DEEPEST = 40


class FilesSource:
    """Data files below a folder; hidden ones (``.name`` and ``_name``) are left out."""

    label: ClassVar[str] = "Folder or file"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """``uri`` is ``file:///`` or a URL that fsspec reads; ``options`` are fsspec's, secrets as ``${NAME}``."""

        uri: str
        options: dict[str, str] = {}

    def __init__(self, config: Config) -> None:
        self.options = {name: expanded_text(value) for name, value in config.options.items()}
        self.root = self.spot(config.uri)

    def spot(self, uri: str) -> Spot:
        """A file or folder of this source."""
        return spot(uri, self.options)

    def datasets(self) -> Iterator[Reading]:
        """Every dataset below the folder, in order of path."""
        if not self.root.exists():
            where = str(self.root.path) if isinstance(self.root, Local) else self.root.uri
            raise NotFound(f"There is no {where}.", hint="Check the path, or remove the source.")
        if not self.root.is_dir():
            yield _try(self.root, lambda: formats.open_reader(self.root, {}))
            return
        for folder, files in _walk(self.root):
            yield from _datasets(folder, files, is_root=folder is self.root)

    def describe(self, uri: str) -> Reading:
        """One file, one folder of parquet files with the same schema, or one table of a table format."""
        return self.reader(uri).describe()

    def preview(self, uri: str, rows: int, options: dict[str, str]) -> Preview:
        """The first rows."""
        return self.reader(uri, options).preview(rows)

    def look(self, uri: str, window: Window, options: dict[str, str]) -> Preview:
        """The rows of a window."""
        reader = self.reader(uri, options, window.version)
        return reader.look(window)

    def profile(
        self, uri: str, level: Level, options: dict[str, str], version: str, step: Callable[[float], None]
    ) -> Profile:
        """Figures at a level."""
        return self.reader(uri, options, version).profile(level, step)

    def versions(self, uri: str, options: dict[str, str]) -> list[Version]:
        """The versions of a Delta or Iceberg table."""
        return self.reader(uri, options).versions()

    def reader(self, uri: str, options: dict[str, str] | None = None, version: str = "") -> Reader:
        """One dataset, open."""
        return formats.open_reader(self.spot(uri), options or {}, version)

    def children(self, uri: str, more: str, limit: int) -> Listing:
        """Folders and files of a folder, in order of name."""
        place = self.spot(uri)
        shown = [one for one in place.children() if not hidden(one.name) and one.name > more]
        entries = [_entry(one) for one in shown[:limit]]
        return Listing(entries, entries[-1].name if len(shown) > limit else "")


def _entry(place: Spot) -> Entry:
    try:
        if place.is_dir():
            kind = formats.kind_of_folder(place)
            return Entry(place.uri, place.name, "dataset" if kind else "folder", kind, opens=not kind)
        kind = formats.format_of(place.name)
        return Entry(
            place.uri, place.name, "dataset" if kind else "file", kind, bytes=place.size(), modified=place.modified()
        )
    except (PerijoveError, OSError):
        return Entry(place.uri, place.name, "file")  # a link to nowhere, or a folder that may not be opened


def _walk(root: Spot, depth: int = 0) -> Iterator[tuple[Spot, list[Spot]]]:
    """Folders with data files; a partitioned folder comes once, with all its files, a table once, with none."""
    try:
        children = [one for one in root.children() if not hidden(one.name) or one.name == "_delta_log"]
        folders = [one for one in children if _is_own_folder(one)]
        kind = formats.kind_of_folder(root, [one.name for one in children] or ["."])
    except OSError:
        kind = "closed"  # it may not be opened: it is listed with that
    if kind:
        yield root, []
        return
    files = [one for one in children if one not in folders and formats.format_of(one.name)]
    if any(PARTITION.fullmatch(one.name) for one in folders):
        folders = [one for one in folders if not PARTITION.fullmatch(one.name)]
        inside = below(root, lambda name: formats.format_of(name) == "parquet")
        files = inside or files
    if files:
        yield root, files
    for folder in folders if depth < DEEPEST else []:
        yield from _walk(folder, depth + 1)


def _is_own_folder(place: Spot) -> bool:
    """Whether something is a folder and no link to one, which could lead round in a circle."""
    if isinstance(place, Local) and place.path.is_symlink():
        return False
    return place.is_dir()


def _datasets(folder: Spot, files: list[Spot], *, is_root: bool) -> Iterator[Reading]:
    if not files:
        yield _try(folder, lambda: formats.open_reader(folder, {}))
        return
    parts = [file for file in files if formats.format_of(file.name) == "parquet"]
    if len(parts) == len(files) and _is_partitioned(folder, parts):
        yield _try(folder, lambda: formats.parquet_reader(folder, parts))
        return
    for file in files:
        if file not in parts and _is_table(file):
            yield _try(file, lambda file=file: formats.open_reader(file, {}))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    if len(parts) > 1 and _one_dataset(parts, by_name=is_root or len(parts) != len(files)):
        yield _try(folder, lambda: formats.parquet_reader(folder, parts))
        return
    for file in parts:
        yield _try(file, lambda file=file: formats.parquet_reader(file, [file]))  # type: ignore[misc]  # mypy cannot infer a lambda with a default


def _is_partitioned(folder: Spot, files: Sequence[Spot]) -> bool:
    return any("/" in file.uri[len(folder.uri) + 1 :] for file in files)


def _is_table(file: Spot) -> bool:
    """Whether a file is listed: a JSON file that is one object is a setting of something, not data."""
    if not file.name.lower().endswith((".json", ".json.gz")):
        return True
    from perijove.catalog.sources.lines import is_one_object

    return not is_one_object(file)


def _one_dataset(parts: Sequence[Spot], *, by_name: bool) -> bool:
    """Whether files belong together: same schema and, beside other data, names that differ only in a number."""
    from perijove.catalog.sources.parquet import open_file

    if by_name and len({NUMBER.sub("#", part.name.lower()) for part in parts}) > 1:
        return False
    try:
        first = open_file(parts[0]).schema_arrow
        return all(open_file(part).schema_arrow.equals(first) for part in parts[1:])
    except (PerijoveError, OSError):
        return False  # a broken part: each file is listed by itself, the broken one with its problem


def _try(place: Spot, opened: Callable[[], Any]) -> Reading:
    """What a reader says of a dataset, or why it cannot be read."""
    try:
        found: Reading = opened().describe()
        return found
    except PerijoveError as error:
        problem = f"{error.message} {error.hint}".strip()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a reader stumbles over in one file hides no other
        problem = f"{place.name} cannot be read: {reason(error)}. Check that it is whole."
    return Reading(place.uri, formats.bare_name(place.name), _kind(place), problem=problem)


def _kind(place: Spot) -> str:
    """What a dataset that cannot be read would be."""
    found = formats.format_of(place.name)
    if not found:
        with suppress(PerijoveError, OSError):
            found = formats.kind_of_folder(place) if place.is_dir() else ""
    return found or "parquet"
