"""Versions of datasets: those a table keeps itself, and for plain files those that scans and cells have seen.

Vocabulary
  version   what a source calls a state of its data: a Delta version, an Iceberg snapshot, a file's time and size
  hash      the SHA-256 of a plain file's content, taken when a scan first sees a version of up to 256 MB
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from perijove.catalog.model import Column, Dataset, Profile, Reading, Version, Window
from perijove.catalog.places import path_of
from perijove.catalog.seen_store import Seen, SeenStore
from perijove.catalog.shapes import ColumnChange, Diff, Figure, Pair, Versions
from perijove.core.access import Person
from perijove.core.errors import Invalid, NotFound, PerijoveError
from perijove.core.refs import Ref

if TYPE_CHECKING:
    from perijove.catalog.service import Catalog

KEEPERS = ("delta", "iceberg")
LARGEST_HASHED = 256 * 2**20
BLOCK = 2**20
FIGURES = ("nulls", "null_share", "distinct", "min", "max", "mean", "std")


class DatasetVersions:
    """Lists versions, compares two, and says what pins one."""

    def __init__(self, catalog: Catalog, store: SeenStore) -> None:
        self.catalog = catalog
        self.store = store

    def record(self, found: Sequence[Reading], check: Callable[[], None]) -> None:
        """Keep what a scan saw of plain data; a file's content is hashed when it is new."""
        plain = [one for one in found if one.version and not one.problem and one.format not in KEEPERS]
        known = self.store.known([f"dataset:{one.uri}" for one in plain])
        fresh = [one for one in plain if (f"dataset:{one.uri}", one.version) not in known]
        entries = []
        for one in fresh:
            check()
            entries.append((one, content_hash(one.uri)))
        self.store.add(entries)

    def all(self, ref: Ref, who: Person) -> Versions:
        """The versions of a dataset, newest first."""
        dataset, options = self.catalog.known(ref, who)
        if dataset.format in KEEPERS:
            source = self.catalog.readable(dataset)
            kept = self.catalog.sandbox.versions(source.kind, source.uri, dataset.uri, options)
            return Versions(kept, f"Kept by the {dataset.format.capitalize()} table itself.")
        return Versions(self._seen(dataset), "Seen by scans and by cells; earlier content of plain data is not kept.")

    def _seen(self, dataset: Dataset) -> list[Version]:
        now = dataset.versions[0] if dataset.versions else ""
        found = {one.version: _version(one, now) for one in self.store.versions(dataset.ref)}
        for use in self.store.used(dataset.ref):
            if use.version not in found:
                detail = f"{'read' if use.kind == 'read' else 'written'} by {use.cell}"
                found[use.version] = Version(use.version, use.at, operation=use.kind, detail=detail)
        if now and now not in found:
            found[now] = Version(now, dataset.modified_at, dataset.rows, dataset.bytes, current=True)
        return sorted(found.values(), key=lambda one: (one.current, one.at.timestamp() if one.at else 0), reverse=True)

    def digest(self, ref: str, version: str) -> str:
        """The hash that a plain file must have to be a version; raises where that is not known."""
        for one in self.store.versions(ref):
            if version in (one.version, one.hash, one.hash[:12]) and one.hash:
                return one.hash
        raise NotFound(
            f"No content is known for version {version}.",
            hint="Scans hash files of up to 256 MB; see `perijove catalog versions`.",
        )

    def diff(self, ref: Ref, before: str, after: str, who: Person) -> Diff:
        """How one version differs from an earlier one."""
        dataset, options = self.catalog.known(ref, who)
        listed = {one.id: one for one in self.all(ref, who).versions}
        for name in (before, after):
            if name not in listed:
                raise NotFound(f"There is no version {name} of {dataset.name}.", hint=_some(listed))
        facts = self._kept_facts if dataset.format in KEEPERS else self._seen_facts
        old, new = (facts(dataset, options, listed[name]) for name in (before, after))
        notes = [note for note in dict.fromkeys((old.note, new.note)) if note]
        return Diff(
            before=listed[before],
            after=listed[after],
            rows=Pair(old.rows, new.rows),
            bytes=Pair(listed[before].bytes, listed[after].bytes),
            columns=changes(old.columns, new.columns),
            profile=figures(old.figures, new.figures),
            note=" ".join(notes),
        )

    def _seen_facts(self, dataset: Dataset, options: dict[str, str], version: Version) -> Facts:
        found = next((one for one in self.store.versions(dataset.ref) if one.version == version.id), None)
        if found is None:
            return Facts(None, [], {}, f"Of version {version.id} only the cell that used it is known.")
        known = found.profile.columns if found.profile is not None else found.columns
        return Facts(found.rows, found.columns, {one.name: one for one in known})

    def _kept_facts(self, dataset: Dataset, options: dict[str, str], version: Version) -> Facts:
        source = self.catalog.readable(dataset)
        window = Window(rows=1, version=version.id)
        shown = self.catalog.sandbox.look(source.kind, source.uri, dataset.uri, window, options)
        columns = [Column(column.name, column.type) for column in shown.columns]
        try:
            found: Profile | None = self.catalog.sandbox.profile(
                source.kind, source.uri, dataset.uri, "sample", options, version.id
            )
        except PerijoveError as error:
            return Facts(version.rows, columns, {}, f"Version {version.id} has no figures: {error.message}")
        assert found is not None
        rows = version.rows if version.rows is not None else found.rows
        return Facts(rows, columns, {one.name: one for one in found.columns}, _basis(found))


class Facts(msgspec.Struct, frozen=True):
    """What is known of one version; ``figures`` are columns with statistics, or profiles of columns, by name."""

    rows: int | None
    columns: list[Column]
    figures: dict[str, Any]
    note: str = ""


def changes(old: Sequence[Column], new: Sequence[Column]) -> list[ColumnChange]:
    """What became of each column, in the order of the new version, those that went at the end."""
    before = {column.name: column.type for column in old}
    found = []
    for column in new:
        was = before.pop(column.name, None)
        if was is None:
            found.append(ColumnChange(column.name, "added", "", column.type))
        else:
            found.append(ColumnChange(column.name, "same" if was == column.type else "retyped", was, column.type))
    return found + [ColumnChange(name, "removed", kind, "") for name, kind in before.items()]


def figures(old: dict[str, Any], new: dict[str, Any]) -> list[Figure]:
    """The figures of common columns that differ."""
    found = []
    for name in new:
        if name not in old:
            continue
        for what in FIGURES:
            before, after = getattr(old[name], what, None), getattr(new[name], what, None)
            if before != after and (before is not None or after is not None):
                found.append(Figure(name, _spoken(what), before, after))
    return found


def content_hash(uri: str) -> str:
    """The SHA-256 of a local file of up to 256 MB; empty for anything else, and for one that changes meanwhile."""
    try:
        path = path_of(uri)
        if not path.is_file() or path.stat().st_size > LARGEST_HASHED:
            return ""
        return _hash(path)
    except (Invalid, OSError):
        return ""


def _hash(path: Path) -> str:
    before = path.stat()
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    after = path.stat()
    same = (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    return digest.hexdigest() if same else ""


def _version(one: Seen, now: str) -> Version:
    detail = f"sha256 {one.hash[:12]}" if one.hash else ""
    return Version(one.version, one.at, one.rows, one.bytes, "seen", "", detail, one.version == now)


def _spoken(what: str) -> str:
    return what.replace("_", " ")


def _basis(found: Profile) -> str:
    share = f", {found.basis.share:.0%} of the rows" if found.basis.share is not None else ""
    return f"Figures from {found.basis.method}{share}."


def _some(listed: dict[str, Version]) -> str:
    return f"Versions: {', '.join(list(listed)[:5]) or 'none'}."
