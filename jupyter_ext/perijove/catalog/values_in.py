"""Values as people write them in a filter, which is as previews show them, in the type of a column.

What Arrow does not read by itself is read here: bytes as hex, times of day, durations, and days after the year 9999.
"""

from __future__ import annotations

import re
from typing import Any

from perijove.catalog.model import Filter
from perijove.catalog.plain import LONGEST_TEXT
from perijove.catalog.rows import scalar
from perijove.catalog.views import unviewed_type
from perijove.core.errors import Invalid

UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
DAY = 24 * 3600 * 10**9
CLOCK = re.compile(r"(\d+):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?")
MOMENT = re.compile(r"\+?(-?\d{4,6}-\d\d-\d\d)(?:[T ]([\d:.]+))?(Z|[+-]\d\d:?\d\d)?")
SPAN = re.compile(r"(?:([+-]?\d+) days?,? )?([+-]?)([\d:.]+)")
MIDDLE = re.compile(r"(?<=\d)T(?=\d)")
FINE = re.compile(r"\.\d|[+-]\d\d:?\d\d$|Z$")
CUT = "…"


def value_of(field: Any, one: Filter) -> Any:
    """The value of a filter as a scalar of its column's type; raises Invalid where it is none of that type."""
    import pyarrow as pa

    if one.op in ("null", "not null"):
        return None
    kind = comparable_type(field.type)
    if one.op in ("contains", "starts"):
        text = _written(one.value)
        return MIDDLE.sub(" ", text) if pa.types.is_timestamp(kind) else text
    if pa.types.is_nested(kind):
        raise Invalid(f"Column “{field.name}” ({kind}) cannot be compared.", hint="Filter by null, or another column.")
    if one.value is None:
        raise Invalid(f"A comparison of “{field.name}” needs a value.", hint="Missing values: use the operator null.")
    text = _written(one.value)
    if text.endswith(CUT) and (len(text) > LONGEST_TEXT or _is_bytes(kind)):
        raise Invalid(f"The value of “{field.name}” is only the begin of one.", hint="Use “starts” without the “…”.")
    try:
        return _scalar(one.value, text, kind)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        hint = "Write the bytes as hex." if _is_bytes(kind) else "Write one."
        raise Invalid(f"“{one.value}” is no value of column “{field.name}” ({kind}).", hint=hint) from error


def comparable_type(kind: Any) -> Any:
    """The type in which values of a type can be compared and ordered: Arrow has no order of some narrow types."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return comparable_type(kind.value_type)
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
        return pa.decimal128(kind.precision, kind.scale)
    return unviewed_type(kind)


def comparable(column: Any) -> Any:
    """A column in a type that can be compared."""
    kind = comparable_type(column.type)
    return column if kind == column.type else column.cast(kind)


def texts(column: Any, wanted: str) -> Any:
    """A column as the text that previews show, for a search in it; raises Invalid for one that has no text.

    Day and time of day are parted by a space. Arrow writes times soonest, but fractions and zones in another way.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column
    if _is_bytes(kind) or pa.types.is_duration(kind) or (pa.types.is_temporal(kind) and FINE.search(wanted)):
        found = [None if not one.is_valid else str(scalar(one)) for one in column]
        if pa.types.is_timestamp(kind):
            found = [None if one is None else MIDDLE.sub(" ", one) for one in found]
        return pa.array(found, pa.string())
    try:
        return column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise Invalid(f"Columns of {kind} cannot be searched as text.", hint="Use another comparison.") from error


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_bytes(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _scalar(value: Any, text: str, kind: Any) -> Any:
    import pyarrow as pa

    checks = pa.types
    if _is_bytes(kind):
        if isinstance(value, float):
            raise ValueError(value)  # 1e10 was read as a number, and its digits are lost
        return pa.scalar(bytes.fromhex(text), kind)
    if checks.is_floating(kind) or checks.is_boolean(kind):
        return pa.scalar(text.lower() if isinstance(value, bool | str) else value).cast(kind)
    if checks.is_integer(kind) and isinstance(value, float):
        return pa.scalar(value)  # 1.5 is a fair bound for whole numbers
    if checks.is_time(kind):
        return _of_int(_in_unit(_clock(text), kind.unit), kind)
    if checks.is_duration(kind):
        return _of_int(int(text) if re.fullmatch(r"-?\d+", text) else _in_unit(_span(text), kind.unit), kind)
    try:
        return pa.scalar(text).cast(kind)
    except pa.ArrowInvalid:
        if checks.is_date(kind) or checks.is_timestamp(kind):
            return _of_int(_moment(text, kind), kind)
        if checks.is_integer(kind):
            return pa.scalar(float(text))
        raise


def _of_int(number: int, kind: Any) -> Any:
    import pyarrow as pa

    return pa.scalar(number, pa.int32() if kind.bit_width == 32 else pa.int64()).cast(kind)


def _in_unit(nanoseconds: int, unit: str) -> int:
    whole, rest = divmod(nanoseconds, UNITS[unit])
    if rest:
        raise ValueError(nanoseconds)  # finer than any value of the column
    return whole


def _clock(text: str) -> int:
    """The nanoseconds of hours, minutes, seconds and their fraction."""
    found = CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    hours, minutes, seconds, fraction = found.groups()
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds or 0)
    return whole * 10**9 + int((fraction or "").ljust(9, "0"))


def _span(text: str) -> int:
    """The nanoseconds of a duration as Python writes it: ``1 day, 2:03:04.5``."""
    found = SPAN.fullmatch(text)
    if found is None:
        raise ValueError(text)
    days, sign, clock = found.groups()
    return int(days or 0) * DAY + (-1 if sign == "-" else 1) * _clock(clock)


def _moment(text: str, kind: Any) -> int:
    """A day or time of any year, as the number that a column keeps for it."""
    import numpy as np
    import pyarrow as pa

    found = MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    day, clock, zone = found.groups()
    days = int(np.datetime64(day, "D").astype(np.int64))
    if pa.types.is_date(kind):
        if clock or zone:
            raise ValueError(text)
        return days if pa.types.is_date32(kind) else days * DAY // UNITS["ms"]
    if bool(zone) != bool(kind.tz):
        raise ValueError(text)
    away = 0
    if zone and zone != "Z":
        away = (-1 if zone.startswith("-") else 1) * _clock(f"{zone[1:3]}:{zone[-2:]}")
    return _in_unit(days * DAY + (_clock(clock) if clock else 0) - away, kind.unit)
