"""Host 1: beside one person's kernels, as an extension of Jupyter Server."""

from __future__ import annotations

import asyncio
import os
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from traitlets import Bool, List, Unicode
from traitlets.config import LoggingConfigurable

from perijove.core.events import Happened
from perijove.core.project import Project
from perijove.core.web import JupyterAnswering, Lazy, Served

SCHEMA_ID = "https://schema.perijove.dev/happened/v1"
SCHEMA = {
    "$id": SCHEMA_ID,
    "version": "1",
    "title": "Something happened in Perijove",
    "type": "object",
    "personal-data": True,
    "properties": {
        "what": {"type": "string", "description": "<capability>.<thing>.<verb in the past>"},
        "ref": {"type": "string", "description": "The thing, as kind:id"},
        "actor": {"type": "string", "description": "Who did it"},
    },
    "required": ["what", "ref", "actor"],
}


class Perijove(LoggingConfigurable):
    """What an admin may set for Perijove on a Jupyter Server, as ``c.Perijove.…``."""

    database_url = Unicode(
        "", config=True, help="Where state is kept; empty for SQLite in the project's .perijove folder."
    )
    allowed_sources = List(Unicode(), config=True, help="Names of the kinds of sources people may use; empty for all.")
    allowed_backends = List(Unicode(), config=True, help="Names of the cluster backends people may use; empty for all.")
    allowed_targets = List(Unicode(), config=True, help="Names of the job targets people may use; empty for all.")
    text_notebooks = Bool(
        True,
        config=True,
        help="Whether notebooks may be stored as text; false leaves Jupyter's own contents manager in place.",
    )
    clean_at_start = Bool(
        True,
        config=True,
        help="Whether leftovers of an earlier server that was killed (clusters, workers) are removed.",
    )


def link(server: Any) -> None:
    """Choose the contents manager, and where real-time editing keeps its state, before the server makes them."""
    if Perijove(parent=server).text_notebooks:
        from perijove.storage.start import link as link_storage

        link_storage(server)


def load(server: Any) -> None:
    """Add the routes, the live feed and the clean-up to a Jupyter Server."""
    traits = Perijove(parent=server)
    project = Project.find(Path(server.root_dir))
    os.environ["PERIJOVE_HOME"] = str(project.state)  # so that kernels, provisioner and commands agree on the project
    lazy = Lazy(lambda: _make(traits, project, server))
    pattern = url_path_join(server.web_app.settings["base_url"], "perijove", "(.*)")
    server.web_app.add_handlers(".*$", [(pattern, JupyterAnswering, {"lazy": lazy})])
    server.event_logger.register_event_schema(SCHEMA)
    _load_storage(server)
    server.web_app.settings["perijove"] = lazy
    if traits.clean_at_start and (project.state / "clusters").is_dir():
        threading.Thread(target=_clean, args=(project, traits.log), daemon=True).start()


def _load_storage(server: Any) -> None:
    """Text notebooks, and where jupyter-collaboration is installed its rooms with Perijove's merging."""
    from perijove.storage.start import load as load_storage

    load_storage(server)
    if find_spec("jupyter_server_ydoc") is not None:
        from perijove.storage.live.attach import install

        install(server)


def _clean(project: Project, log: Any) -> None:
    from perijove.clusters.leftovers import clean

    for sentence in clean(project.state):
        log.info("Perijove: %s", sentence)


def _make(traits: Perijove, project: Project, server: Any) -> Served:
    from perijove.wiring import Perijove as Wired

    wired = Wired(
        project,
        database_url=traits.database_url,
        allowed={
            "perijove.catalog_sources_v1": tuple(traits.allowed_sources),
            "perijove.cluster_backends_v1": tuple(traits.allowed_backends),
            "perijove.job_targets_v1": tuple(traits.allowed_targets),
        },
        documents=getattr(server.contents_manager, "documents", None),
    )
    loop = server.io_loop.asyncio_loop
    wired.events.listen(lambda happened: _tell(server, loop, happened))
    return wired


def _tell(server: Any, loop: asyncio.AbstractEventLoop, happened: Happened) -> None:
    data = {"what": happened.what, "ref": str(happened.ref), "actor": happened.actor}
    loop.call_soon_threadsafe(lambda: server.event_logger.emit(schema_id=SCHEMA_ID, data=data))
