"""Team policy: the settings that bind everyone, kept in the database.

Settings live in three places: what an admin decides for a host is a trait in the server's configuration, what a person
prefers is a JupyterLab setting, and what a team agrees on is policy, here.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import delete, insert, select

from perijove.core import tables
from perijove.core.access import Person
from perijove.core.database import Database
from perijove.core.errors import Invalid
from perijove.core.events import Events, Happened
from perijove.core.model import NewPolicy, Policy
from perijove.core.refs import Ref


class Rule(msgspec.Struct, frozen=True):
    """One team setting: what it means, and its default; all are whole numbers of at least 1."""

    sentence: str
    default: int


POLICY: dict[str, Rule] = {
    "catalog.preview_rows": Rule("The most rows that a preview may show.", 1000),
    "clusters.workers": Rule("The most workers that one cluster may have.", 64),
}


class Settings:
    """Reads and changes the team's policy."""

    def __init__(self, database: Database, events: Events) -> None:
        self.database = database
        self.events = events

    def policy(self) -> Policy:
        """All settings, defaults included."""
        with self.database.begin() as connection:
            kept = {row.name: row.value for row in connection.execute(select(tables.policy))}
        return Policy({name: kept.get(name, rule.default) for name, rule in POLICY.items()})

    def get(self, name: str) -> Any:
        """One setting."""
        return self.policy().values[name]

    def change(self, body: NewPolicy, who: Person) -> Policy:
        """Change one setting, or put it back to its default with null; raises Invalid for a wrong name or type."""
        rule = POLICY.get(body.name)
        if rule is None:
            raise Invalid(f"There is no setting “{body.name}”.", hint=f"Known: {', '.join(POLICY)}.")
        if body.value is not None and not _fits(body.value):
            raise Invalid(f"{body.name} takes a whole number of at least 1.", hint=rule.sentence)
        old = self.get(body.name)
        with self.database.begin() as connection:
            connection.execute(delete(tables.policy).where(tables.policy.c.name == body.name))
            if body.value is not None:
                connection.execute(insert(tables.policy).values(name=body.name, value=body.value))
        new = rule.default if body.value is None else body.value
        ref = Ref("user", who.name)
        self.events.publish(
            Happened("settings.policy.changed", ref, who.name, old={body.name: old}, new={body.name: new})
        )
        return self.policy()


def _fits(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
