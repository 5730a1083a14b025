"""What can go wrong, in the words of the domain.

    PerijoveError
    ├── Invalid      the request cannot be understood or is refused as it stands   400, exit 2
    ├── NotFound     there is no such thing, or not for this person               404, exit 2
    ├── NotAllowed   the person lacks the permission                              403, exit 2
    ├── Conflict     it clashes with what is there already                        409, exit 1
    ├── Busy         it can be had later                                          409, exit 1
    └── Failed       it was tried and did not work                                500, exit 1

Each carries a sentence for the person and, where there is one, a hint that says what to do next.
Only ``core/web.py`` turns them into HTTP, only ``cli.py`` into exit codes.
"""

from __future__ import annotations

from typing import ClassVar


class PerijoveError(Exception):
    """A sentence for the person, and a hint on what to do."""

    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def kind(self) -> str:
        """The name that scripts see: Invalid, NotFound, NotAllowed, Conflict, Busy or Failed."""
        return type(self).__name__


class Invalid(PerijoveError):
    """The request cannot be understood, or is refused as it stands."""

    status = 400
    exit_code = 2


class NotFound(PerijoveError):
    """There is no such thing, or this person may not know of it."""

    status = 404
    exit_code = 2


class NotAllowed(PerijoveError):
    """The person lacks the permission."""

    status = 403
    exit_code = 2


class Conflict(PerijoveError):
    """It clashes with what is there already."""

    status = 409


class Busy(PerijoveError):
    """It cannot be had now, but later."""

    status = 409


class Failed(PerijoveError):
    """It was tried and did not work."""

    status = 500
