"""People of the tests: who owns the machine, and members of a team by their roles."""

from __future__ import annotations

from perijove.core.access import Person

OWNER = Person("ada", owner=True)
ADMIN = Person("grace", roles=("admin",))
ANN = Person("ann", roles=("contributor",))
BOB = Person("bob", roles=("contributor",))
VERA = Person("vera", roles=("viewer",))
