"""Loaded by IPython into every kernel of this environment: it records where there is a project, and only there.

``etc/ipython/ipython_kernel_config.py`` of the environment names it. ``PERIJOVE_RECORD=0`` switches it off.
"""

from __future__ import annotations

import os
from typing import Any

import perijove_kernel
from perijove_kernel import home


def load_ipython_extension(shell: Any) -> None:
    """Record this kernel if it runs in a project: in a folder of which one upwards has a ``.perijove``."""
    if os.environ.get("PERIJOVE_RECORD") != "0" and home.find_state().is_dir():
        perijove_kernel.load_ipython_extension(shell)
