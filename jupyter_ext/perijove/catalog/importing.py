"""Takes in what other catalogs know of datasets: descriptions, owners, tags, columns. Metadata only, from files.

A dataset that is in the catalog gets what is said of it; one that is not is added under the name of its source, where
it can be found but not read. Owners of restricted datasets are not changed by an import.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from perijove.catalog.finding import told
from perijove.catalog.formats_in import FORMATS, Entry, EntryColumn, guessed
from perijove.catalog.model import Column, Dataset, Reading
from perijove.catalog.shapes import About, Imported, Skipped
from perijove.core.access import Person
from perijove.core.errors import Conflict, Invalid, NotFound
from perijove.core.events import Happened
from perijove.core.model import Node
from perijove.core.refs import Ref
from perijove.core.secrets_in import without_secrets

if TYPE_CHECKING:
    from perijove.catalog.service import Catalog

LARGEST = 512 * 2**20
SECONDS = 60.0
IMPORTED = "imported"
MOST_SKIPPED = 1000


class Importing:
    """Imports from files and URLs."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def run(self, place: str, form: str, who: Person) -> Imported:
        """Take in a file in the format of a catalog; a line that cannot be used is left out with its reason."""
        content = _content(place, self.catalog.project.root)
        chosen = form or guessed(place, content)
        if chosen not in FORMATS:
            raise Invalid(f"There is no format “{form}” to import.", hint=f"Formats: {', '.join(FORMATS)}.")
        return self.take(FORMATS[chosen](content), chosen, who)

    def take(self, lines: Iterable[tuple[int, Entry | str]], origin: str, who: Person) -> Imported:
        """Take in entries; a text in place of one is the reason why it is none."""
        skipped: list[Skipped] = []
        entries: list[Entry] = []
        for number, entry in lines:
            reason = entry if isinstance(entry, str) else _unfit(entry)
            if reason or isinstance(entry, str):
                skipped.append(Skipped(number, reason))
            else:
                entries.append(entry)
        refs, fresh = self._placed(entries)
        self._say(list(zip(refs, entries, strict=True)), origin, who)
        told = {"origin": origin, "imported": len(entries), "new": fresh, "skipped": len(skipped)}
        self.catalog.events.publish(Happened("catalog.about.imported", Ref("user", who.name), who.name, new=told))
        return Imported(len(entries), fresh, skipped[:MOST_SKIPPED])

    def export(self, path: Path, who: Person) -> int:
        """Write what is known of all datasets that a person may read as JSON lines; gives how many."""
        count = 0
        with path.open("wb") as file:
            for source in self.catalog.sources():
                refs = self.catalog.store.refs(source.name)
                hidden = self.catalog.access.hidden(who, refs)
                said = self.catalog.about.store.many(refs)
                for ref, dataset in self.catalog.store.many([ref for ref in refs if ref not in hidden]).items():
                    file.write(msgspec.json.encode(_entry(told(dataset, said.get(ref, About(ref))))) + b"\n")
                    count += 1
        return count

    def _placed(self, entries: Sequence[Entry]) -> tuple[list[str], int]:
        """The ref of each entry; those that are in no source are added."""
        store = self.catalog.store
        found = [self._known(entry) for entry in entries]
        missing: dict[str, list[Reading]] = {}
        refs = []
        for entry, known in zip(entries, found, strict=True):
            if known:
                refs.append(known)
                continue
            reading = _reading(entry)
            missing.setdefault(entry.source or IMPORTED, []).append(reading)
            refs.append(f"dataset:{reading.uri}")
        for source, readings in missing.items():
            kind = store.kind(source)
            if kind not in ("", IMPORTED):
                source = f"{source} ({IMPORTED})"
                kind = store.kind(source)
            if not kind:
                store.add_source(source, IMPORTED, f"{IMPORTED}:{source}")
            elif kind != IMPORTED:
                raise Conflict(f"There is another source “{source}”.", hint="Remove or rename it first.")
            store.add_datasets(source, readings)
        placed = [one for readings in missing.values() for one in readings if "://" in one.uri]
        self.catalog.lineage.add_nodes(Node(f"dataset:{one.uri}", "dataset", one.name, one.uri) for one in placed)
        self.catalog.lineage.learnt([f"dataset:{one.uri}" for one in placed])
        return refs, len({reading.uri for readings in missing.values() for reading in readings})

    def _known(self, entry: Entry) -> str:
        store = self.catalog.store
        if entry.uri and store.dataset(f"dataset:{entry.uri}"):
            return f"dataset:{entry.uri}"
        named = store.named_in(entry.source, entry.name)
        return named[0] if len(named) == 1 else ""

    def _say(self, pairs: Sequence[tuple[str, Entry]], origin: str, who: Person) -> None:
        known = self.catalog.about.store.many([ref for ref, _ in pairs])
        closed = self.catalog.access.store.before([ref for ref, _ in pairs])[1] if not who.owner else {}
        now = datetime.now(UTC)
        made: dict[str, About] = {}
        for ref, entry in pairs:
            old = made.get(ref) or known.get(ref, About(ref))
            owners = old.owners if ref in closed or (old.owners and not who.owner) else entry.owners
            told = {column.name: column.description for column in entry.columns if column.description}
            made[ref] = About(
                ref,
                entry.description or old.description,
                list(dict.fromkeys([*old.owners, *owners])),
                list(dict.fromkeys([*old.tags, *entry.tags])),
                {**old.columns, **told},
                origin,
                who.name,
                now,
            )
        self.catalog.about.store.put(made.values())


def _unfit(entry: Entry) -> str:
    """Why an entry is not taken: a place that holds a secret, or that is none. Empty where it is."""
    if any(without_secrets(place) != place for place in (entry.uri, entry.source)):
        return "its place holds a password or a key: leave it out of the export"
    if entry.uri and (":" not in entry.uri or any(mark.isspace() for mark in entry.uri.partition(":")[0])):
        return f"“{entry.uri[:80]}” is no URI"
    return ""


def _reading(entry: Entry) -> Reading:
    uri = entry.uri or f"{IMPORTED}:{entry.source or IMPORTED}/{entry.name}"
    columns = [Column(column.name, column.type) for column in entry.columns]
    return Reading(uri[:990], entry.name, "other", columns, entry.rows)


def _entry(dataset: Dataset) -> Entry:
    columns = [EntryColumn(column.name, column.type, column.description) for column in dataset.columns]
    about = (dataset.description, dataset.owners, dataset.tags)
    return Entry(dataset.name, dataset.source, *about, columns, dataset.uri, dataset.rows)


def _content(place: str, root: Path) -> bytes:
    if place.startswith(("http://", "https://")):
        return _fetched(place)
    path = root / Path(place).expanduser()
    if not path.is_file():
        raise NotFound(f"There is no file {place}.", hint="Name a file, or a URL that begins with https://.")
    if path.stat().st_size > LARGEST:
        raise Invalid(f"{place} is larger than {LARGEST // 2**20} MB.", hint="Split it.")
    return path.read_bytes()


def _fetched(url: str) -> bytes:
    import httpx

    received = bytearray()
    try:
        with httpx.stream("GET", url, timeout=SECONDS, follow_redirects=True) as answer:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                received += part
                if len(received) > LARGEST:
                    raise Invalid(f"{url} is larger than {LARGEST // 2**20} MB.", hint="Fetch and split it.")
    except httpx.HTTPError as error:
        raise NotFound(f"{url} cannot be fetched: {error}.", hint="Check the URL.") from error
    return bytes(received)
