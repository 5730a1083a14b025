"""A window as SQL, for engines that sort and filter where the data is (DataFusion, DuckDB).

Names and values of people enter the text only quoted: names in double quotes, values as literals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from perijove.catalog.model import Filter, Sort, Window
from perijove.core.errors import Invalid


def name(text: str) -> str:
    """A name in quotes."""
    return '"' + text.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """A value as a literal: numbers and truth as they are, everything else as text."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def check(window: Window, columns: Sequence[str]) -> None:
    """Raise Invalid where a window names a column that is not there."""
    asked = [*window.columns, *(one.column for one in window.sort), *(one.column for one in window.where)]
    for one in asked:
        if one not in columns:
            raise Invalid(f"There is no column “{one}”.", hint=f"Columns: {', '.join(columns[:20])}.")


def condition(filters: Sequence[Filter]) -> str:
    """The filters as the text after WHERE, empty where there are none."""
    return " AND ".join(_one(one) for one in filters)


def order(sorts: Sequence[Sort]) -> str:
    """The order as the text after ORDER BY, missing values last."""
    return ", ".join(f"{name(one.column)} {'DESC' if one.descending else 'ASC'} NULLS LAST" for one in sorts)


def _one(one: Filter) -> str:
    column = name(one.column)
    if one.op in ("null", "not null"):
        return f"{column} IS {'NOT ' if one.op == 'not null' else ''}NULL"
    if one.op in ("contains", "starts"):
        place = f"strpos(lower(CAST({column} AS VARCHAR)), lower({literal(str(one.value))}))"
        return f"{place} {'> 0' if one.op == 'contains' else '= 1'}"
    return f"{column} {'<>' if one.op == '!=' else one.op} {literal(one.value)}"


def select(table: str, window: Window, columns: Sequence[str]) -> str:
    """The statement for the rows of a window, and one more to know whether there are more."""
    check(window, columns)
    shown = ", ".join(name(column) for column in window.columns or columns)
    where, sort = condition(window.where), order(window.sort)
    return (
        f"SELECT {shown} FROM {table}{f' WHERE {where}' if where else ''}{f' ORDER BY {sort}' if sort else ''}"
        f" LIMIT {int(window.rows) + 1} OFFSET {int(window.offset)}"
    )


def count(table: str, filters: Sequence[Filter]) -> str:
    """The statement that counts the rows that pass."""
    where = condition(filters)
    return f"SELECT count(*) AS n FROM {table}{f' WHERE {where}' if where else ''}"
