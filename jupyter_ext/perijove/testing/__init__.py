"""Contract suites: subclass one in your tests to know that a part of yours does what Perijove asks of it."""

from __future__ import annotations

from perijove.testing.sources import SourceContract

__all__ = ["SourceContract"]
