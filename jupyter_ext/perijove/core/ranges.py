"""Whole numbers that a person asks for, held within what can be answered."""

from __future__ import annotations

from perijove.core.errors import Invalid


def within(name: str, value: int, least: int, most: int) -> None:
    """Raise Invalid unless a number lies in its range."""
    if not least <= value <= most:
        raise Invalid(f"“{name}” goes from {least} to {most:,}.", hint=f"Ask for a {name} in that range.")
