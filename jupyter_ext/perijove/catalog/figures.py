"""Profiles of datasets: what the footer says and samples at once, all rows as a task whose result is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perijove.catalog.model import Level, Profile
from perijove.catalog.seen_store import SeenStore
from perijove.core.access import Person
from perijove.core.errors import NotFound
from perijove.core.model import Task
from perijove.core.refs import Ref
from perijove.core.tasks import Progress

if TYPE_CHECKING:
    from perijove.catalog.service import Catalog


class Figures:
    """Figures of the columns of a dataset."""

    def __init__(self, catalog: Catalog, store: SeenStore) -> None:
        self.catalog = catalog
        self.store = store

    def profile(self, ref: Ref, level: Level, who: Person, version: str = "") -> Profile:
        """Figures at a level; those of all rows only where a task has made them."""
        dataset, options = self.catalog.known(ref, who)
        if level == "full":
            wanted = version or (dataset.versions[0] if dataset.versions else "")
            for one in self.store.versions(str(ref)):
                if one.version == wanted and one.profile is not None and one.profile.level == "full":
                    return one.profile
            raise NotFound("There are no figures of all rows yet.", hint="Start them: they run as a task.")
        source = self.catalog.readable(dataset)
        return self.catalog.sandbox.profile(source.kind, source.uri, dataset.uri, level, options, version)

    def start(self, ref: Ref, who: Person, version: str = "") -> Task:
        """Compute the figures of all rows, as a task."""
        dataset, options = self.catalog.known(ref, who)
        source = self.catalog.readable(dataset)
        wanted = version or (dataset.versions[0] if dataset.versions else "")

        def work(progress: Progress) -> Profile:
            progress.step(0.0, f"Reading all rows of {dataset.name}")
            found = self.catalog.sandbox.profile(
                source.kind,
                source.uri,
                dataset.uri,
                "full",
                options,
                version,
                check=progress.check,
                step=lambda share: progress.step(share, f"Reading all rows of {dataset.name}"),
            )
            self.store.keep_profile(str(ref), wanted, found, dataset.columns)
            return found

        return self.catalog.tasks.start("catalog.profile", f"Profile {dataset.name}", work, who, str(ref))
