"""Numbers and queries of people, held within what can be answered."""

from __future__ import annotations

from perijove.core.errors import Invalid

LONGEST_QUERY = 1_000


def short(query: str) -> None:
    """Raise Invalid for a query that is longer than a database can match."""
    if len(query) > LONGEST_QUERY:
        raise Invalid(f"The query is longer than {LONGEST_QUERY:,} letters.", hint="Search for fewer words.")


def within(name: str, value: int, least: int, most: int) -> None:
    """Raise Invalid unless a number lies in its range."""
    if not least <= value <= most:
        raise Invalid(f"“{name}” goes from {least} to {most:,}.", hint=f"Ask for a {name} in that range.")
