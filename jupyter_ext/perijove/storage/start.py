"""Brings text notebooks into a Jupyter Server, unless an admin chose another contents manager."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perijove.core.project import Project


def link(server: Any) -> None:
    """Before the server makes its parts: choose ours, and places inside ``.perijove`` for what others would scatter."""
    state = Project.find(Path(server.root_dir)).state
    if not _chosen(server):
        from perijove.storage.contents import TextContents

        server.contents_manager_class = TextContents
    _prefer(server, "YDocExtension", "session_store_path", str(state / "collaboration.json"))
    _prefer(server, "Scheduler", "execution_manager_class", "perijove.storage.scheduler.TextExecutionManager")


def load(server: Any) -> None:
    """Once it has them: tell Lab whether programs may be notebooks, and write what waits when the server ends."""
    from perijove.storage.contents import TextContents

    ours = isinstance(server.contents_manager, TextContents)
    page = server.web_app.settings.setdefault("page_config_data", {})
    page["perijoveTextNotebooks"] = "true" if ours else "false"


def _chosen(server: Any) -> bool:
    """Whether somebody configured a contents manager: on the command line, in a file, or in code."""
    from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

    configured = any("contents_manager_class" in server.config.get(name, {}) for name in ("ServerApp", "NotebookApp"))
    return configured or server.contents_manager_class is not AsyncLargeFileManager


def _prefer(server: Any, section: str, name: str, value: str) -> None:
    """Set what nobody configured, in the server and in extensions that took its configuration already."""
    from traitlets.config import Config

    apps = [app for found in server.extension_manager.extension_apps.values() for app in found]
    if any(name in app.config.get(section, {}) for app in [server, *apps]):
        return
    for app in [server, *apps]:
        app.update_config(Config({section: {name: value}}))
