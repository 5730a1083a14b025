"""Reads the five fields of a cron schedule, and says them in the words of others."""

from __future__ import annotations

import re
from dataclasses import dataclass

from perijove.core.errors import Invalid

_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
HINT = "Write five fields: minute, hour, day, month, weekday; for instance “0 6 * * 1-5”."


@dataclass(frozen=True)
class Cron:
    """A schedule: its text in five fields, and the values that each field allows; None for every value."""

    text: str
    minute: tuple[int, ...] | None
    hour: tuple[int, ...] | None
    day: tuple[int, ...] | None
    month: tuple[int, ...] | None
    weekday: tuple[int, ...] | None

    def calendar(self, timezone: str) -> list[str]:
        """The schedule as systemd's calendar events. Two where a day may fit either of two fields."""
        time = f"{_list(self.hour)}:{_list(self.minute)}:00 {timezone}"
        month = _list(self.month)
        days = [f"*-{month}-{_list(self.day)} {time}"] if self.day is not None or self.weekday is None else []
        if self.weekday is not None:
            names = ",".join(_DAYS[day].capitalize() for day in self.weekday)
            days.append(f"{names} *-{month}-* {time}")
        return days


def parse(text: str) -> Cron:
    """Read a schedule; raises Invalid with what is wrong."""
    fields = _MACROS.get(text.strip().lower(), text).split()
    if len(fields) != 5 or len(text) > 200:
        raise Invalid(f"“{text[:100]}” is no schedule.", hint=HINT)
    values = [_field(field, *limits) for field, limits in zip(fields, _FIELDS, strict=True)]
    return Cron(" ".join(fields), *values)


def _field(text: str, name: str, low: int, high: int) -> tuple[int, ...] | None:
    if text == "*":
        return None
    found: set[int] = set()
    for part in text.split(","):
        hit = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d{1,2}))?", part, re.ASCII)
        if hit is None or (hit[1] == "*" and hit[2]):
            raise Invalid(f"“{text[:50]}” is no {name} of a schedule.", hint=HINT)
        first = low if hit[1] == "*" else _number(hit[1], name)
        last = high if hit[1] == "*" or (hit[3] and not hit[2]) else _number(hit[2] or hit[1], name)
        step = int(hit[3] or 1)
        if not low <= first <= last <= high or step < 1:
            raise Invalid(f"“{text[:50]}” is no {name} of a schedule.", hint=HINT)
        found |= set(range(first, last + 1, step))
    if name == "weekday":
        found = {day % 7 for day in found}
    return tuple(sorted(found))


def _number(text: str, name: str) -> int:
    words = {"month": dict(zip(_MONTHS, range(1, 13), strict=True)), "weekday": dict(zip(_DAYS, range(7), strict=True))}
    known = words.get(name, {}).get(text.lower())
    if known is None and not re.fullmatch(r"\d{1,2}", text, re.ASCII):
        raise Invalid(f"“{text[:50]}” is no {name} of a schedule.", hint=HINT)
    return int(text) if known is None else known


def _list(values: tuple[int, ...] | None) -> str:
    return "*" if values is None else ",".join(f"{value:02d}" for value in values)
