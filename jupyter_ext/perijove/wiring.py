"""Makes the parts and hands them to each other; lists all routes.

A capability is imported when it is first asked for, so that a command loads its own and no other.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from perijove.core.audit import Audit
from perijove.core.database import Database
from perijove.core.events import Events
from perijove.core.executions import Executions
from perijove.core.kernels import Kernels
from perijove.core.lineage import Lineage
from perijove.core.openlineage.sender import Sender
from perijove.core.openlineage.settings import ours, read_settings
from perijove.core.plugins import Parts
from perijove.core.project import Project
from perijove.core.routing import Route
from perijove.core.settings import Settings
from perijove.core.spool import Spool
from perijove.core.statements import learn, work_out_quietly
from perijove.core.tasks import Tasks

if TYPE_CHECKING:
    from perijove.catalog.service import Catalog
    from perijove.clusters.service import Clusters
    from perijove.experiments.service import Experiments
    from perijove.jobs.service import Jobs
    from perijove.search.service import Search
    from perijove.storage.documents import Documents
    from perijove.storage.service import Storage


def routes() -> list[Route]:
    """Every route there is."""
    from perijove.catalog.team_routes import router as catalog_router
    from perijove.clusters import routes as clusters_routes
    from perijove.core import routes as core_routes
    from perijove.experiments import routes as experiments_routes
    from perijove.jobs import routes as jobs_routes
    from perijove.search import routes as search_routes
    from perijove.storage import routes as storage_routes

    routers = (
        catalog_router,
        clusters_routes.router,
        storage_routes.router,
        experiments_routes.router,
        jobs_routes.router,
        search_routes.router,
        core_routes.tasks_router,
        core_routes.lineage_router,
        core_routes.settings_router,
        core_routes.audit_router,
    )
    return [route for router in routers for route in router.routes]


class Perijove:
    """All services of one project or team, each made when it is first asked for."""

    def __init__(
        self,
        project: Project,
        *,
        database_url: str = "",
        allowed: dict[str, tuple[str, ...]] | None = None,
        door: str = "web",
        documents: Documents | None = None,
    ) -> None:
        self.project = project
        self._documents = documents
        self.allowed = allowed or {}
        project.prepare()
        self.database = Database(database_url or project.database_url)
        self.events = Events(door)
        self.audit = Audit(self.database)
        self.events.listen(self.audit.hear)
        self.lineage = Lineage(self.database)
        self.tasks = Tasks(self.database, self.events)
        self.settings = Settings(self.database, self.events)
        self.spool = Spool(project, self.database, self.lineage)
        self.lineage.before_reading = self.spool.take_in
        self.lineage.tell = self.events.publish
        self.lineage.ours = lambda: ours(project, read_settings(project))
        self.openlineage = Sender(project, self.lineage)
        self.spool.waits_for = self.openlineage.waits_for
        self.spool.after = lambda: work_out_quietly(self.lineage)
        self.lineage.learnt = lambda refs: learn(self.lineage, refs)
        if door == "web":
            self.openlineage.start()
        self.kernels = Kernels()
        self.lineage.hidden = lambda who, refs: self.catalog.access.hidden(who, refs)
        self.lineage.sees_all = lambda who: self.catalog.access.hides_nothing(who)
        self.lineage.schemas = lambda uri: self.catalog.columns_of(uri)

    def all_routes(self) -> list[Route]:
        """Every route, for the host."""
        return self._routes

    @cached_property
    def _routes(self) -> list[Route]:
        return routes()

    def service(self, name: str) -> Any:
        """A service by its name."""
        return getattr(self, name)

    def parts(self, group: str) -> Parts:
        """The installed parts of a group, as far as an admin allows them."""
        return Parts(group, self.allowed.get(group, ()))

    @cached_property
    def catalog(self) -> Catalog:
        """Find data."""
        from perijove.catalog.service import Catalog
        from perijove.catalog.store import CatalogStore

        parts = self.parts("perijove.catalog_sources_v1")
        return Catalog(
            self.project,
            CatalogStore(self.database),
            parts,
            self.events,
            self.tasks,
            self.lineage,
            most_rows=lambda: int(self.settings.get("catalog.preview_rows")),
            kernels=self.kernels,
        )

    @cached_property
    def clusters(self) -> Clusters:
        """Compute."""
        from perijove.clusters.service import Clusters

        parts = self.parts("perijove.cluster_backends_v1")
        return Clusters(self.project, parts, self.events, lambda: int(self.settings.get("clusters.workers")))

    @cached_property
    def documents(self) -> Documents:
        """Notebooks on disk; the contents manager's own where there is one."""
        from perijove.storage.documents import Documents

        return self._documents or Documents(self.project)

    @cached_property
    def storage(self) -> Storage:
        """Notebooks: what changed, merges, history, conversion."""
        from perijove.storage.service import Storage

        return Storage(self.project, self.documents, self.events, self.tasks)

    @cached_property
    def experiments(self) -> Experiments:
        """Runs."""
        from perijove.experiments.service import Experiments

        return Experiments(self.project)

    @cached_property
    def jobs(self) -> Jobs:
        """Cells to production."""
        from perijove.jobs.service import Jobs
        from perijove.jobs.store import JobStore

        return Jobs(
            project=self.project,
            store=JobStore(self.database),
            parts=self.parts("perijove.job_targets_v1"),
            events=self.events,
            tasks=self.tasks,
            lineage=self.lineage,
            runs=self.experiments,
            kernels=self.kernels,
            notebooks=self.storage,
            executions=Executions(self.database, self.spool.take_in),
        )

    @cached_property
    def search(self) -> Search:
        """One box over everything."""
        from perijove.search.service import Listed, Search

        return Search(
            [
                Listed("catalog.read", self.catalog.found),
                Listed("lineage.read", self.lineage.found_cells),
                Listed("experiments.read", lambda q, limit, who: self.experiments.found(q, limit)),
                Listed("jobs.read", lambda q, limit, who: self.jobs.found(q, limit)),
            ]
        )

    def close(self) -> None:
        """Stop tasks and give the database back."""
        self.tasks.stop()
        self.openlineage.stop()
        self.database.close()
