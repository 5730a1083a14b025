"""From data to production without leaving JupyterLab."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where the built lab extension lies; asked by ``jupyter labextension develop``."""
    return [{"src": "labextension", "dest": "perijove"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """What Jupyter Server loads."""
    return [{"module": "perijove"}]


def _link_jupyter_server_extension(server: Any) -> None:
    """Called by Jupyter Server before it makes its contents manager."""
    from perijove.app import link

    link(server)


def _load_jupyter_server_extension(server: Any) -> None:
    """Called by Jupyter Server at its start."""
    from perijove.app import load

    load(server)
