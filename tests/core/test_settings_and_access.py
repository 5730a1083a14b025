"""Policy and permissions: defaults, changes, refusals."""

from __future__ import annotations

import pytest

from perijove.core.access import PERMISSIONS, Person, may, require
from perijove.core.database import Database
from perijove.core.errors import Invalid, NotAllowed
from perijove.core.events import Events
from perijove.core.model import NewPolicy
from perijove.core.settings import POLICY, Settings


def test_policy_has_defaults_and_keeps_changes(database: Database, events: Events, who: Person) -> None:
    heard = []
    events.listen(lambda happened: heard.append((happened.what, happened.old, happened.new)))
    settings = Settings(database, events)
    assert settings.policy().values == {name: rule.default for name, rule in POLICY.items()}
    assert settings.change(NewPolicy("clusters.workers", 8), who).values["clusters.workers"] == 8
    assert settings.change(NewPolicy("clusters.workers", None), who).values["clusters.workers"] == 64
    assert heard[0] == ("settings.policy.changed", {"clusters.workers": 64}, {"clusters.workers": 8})


@pytest.mark.parametrize(
    "body",
    [
        NewPolicy("nope", 1),
        NewPolicy("clusters.workers", "8"),
        NewPolicy("clusters.workers", 0),
        NewPolicy("clusters.workers", True),
    ],
)
def test_wrong_policy_is_refused(database: Database, events: Events, who: Person, body: NewPolicy) -> None:
    with pytest.raises(Invalid):
        Settings(database, events).change(body, who)


def test_roles_include_those_before_them() -> None:
    viewer, admin = Person("v", roles=("viewer",)), Person("a", roles=("admin",))
    assert may(viewer, "catalog.read")
    assert not may(viewer, "catalog.write")
    assert all(may(admin, name) for name in PERMISSIONS)
    assert not may(Person("nobody"), "catalog.read")
    assert not may(Person("owner", owner=True), "unknown.permission")
    with pytest.raises(NotAllowed, match="v may not do this: Add, scan and remove sources"):
        require(viewer, "catalog.write")
