"""The kernel side of Perijove: a connected Dask client, a log of what cells did, and values for verification.

``%load_ext perijove_kernel`` in a notebook, or ``import perijove_kernel; perijove_kernel.record()`` anywhere.
Importing this package is cheap: the provisioner imports it inside the Jupyter server.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perijove_kernel.recorder import Recorder

__version__ = "0.1.0"
_active: Recorder | None = None


def active() -> Recorder | None:
    """The recorder of this process, None while nothing is recorded."""
    return _active


def load_ipython_extension(shell: Any) -> None:
    """Record this kernel, and give it its ``client`` when it was started with a cluster."""
    from perijove_kernel import extension

    _remember(extension.load(shell, _active))


def unload_ipython_extension(shell: Any) -> None:
    """Stop recording cells; readers stay wrapped but note nothing more."""
    from perijove_kernel import extension

    if _active is not None:
        extension.unload(shell, _active)
    _remember(None)


def record() -> Recorder:
    """Record from here on: the cells of a kernel, or a whole script as one cell."""
    global _active
    if _active is not None:
        return _active
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        load_ipython_extension(shell)
    else:
        from perijove_kernel import extension

        _remember(extension.load_script())
    assert _active is not None
    return _active


def _remember(recorder: Recorder | None) -> None:
    global _active
    _active = recorder


def cluster_id() -> str:
    """The id of this kernel's cluster, empty when it has none."""
    return os.environ.get("PERIJOVE_CLUSTER_ID", "")
