"""Jobs: chosen cells as a package that is proven to do what the notebook did."""

from __future__ import annotations

from perijove.jobs.slice import BackwardSlice, backward_slice

__all__ = ["BackwardSlice", "backward_slice"]
