"""Asks the job's model: what a row must hold, whether rows do, and the answers, which are kept for a profile.

What a row must hold is what the model was shown in its training; a range is that of ``contract.json`` where it names
the same column. A missing column or another kind is refused with a sentence; a value out of range gives a warning, and
so does a word that was not among the few of the training.
"""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

contract, models, profiles = (import_module(f"{__package__}.{one}") for one in ("contract", "models", "profiles"))

log = logging.getLogger(__package__)
MOST_ROWS = 10_000
MOST_PROBLEMS = 20  # that are listed
WINDOW = 10_000  # answered rows that go into one profile
JSON_KINDS = {"integer": "integer", "number": "number", "boolean": "boolean", "text": "string", "date": "string"}
Row = dict[str, Any]


class BadRows(Exception):
    """Rows that the model cannot be asked with; ``problems`` name them, ``status`` is HTTP's word for it.

    ``more`` is how many problems there are beside those that are named.
    """

    def __init__(self, text: str, hint: str, problems: Sequence[Row] = (), status: int = 422, more: int = 0) -> None:
        super().__init__(text)
        self.hint, self.problems, self.status, self.more = hint, list(problems), status, more


@dataclass
class Scorer:
    """A model with what it takes and gives, and the answers that wait to be written into a profile."""

    out: Path
    facts: dict[str, Any]
    ask: Callable[[Any], dict[str, Any]]
    columns: dict[str, dict[str, Any]]
    rows: list[Row] = field(default_factory=list)
    answers: list[Row] = field(default_factory=list)
    breached: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    # -- schemas

    def request_schema(self) -> Row:
        """The JSON schema of a request."""
        properties = {name: _property(one) for name, one in self.columns.items()}
        needed = [name for name, one in self.columns.items() if not one["nulls"]]
        row = {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}
        rows = {"type": "array", "items": row, "minItems": 1, "maxItems": MOST_ROWS}
        return {
            **_SCHEMA,
            "type": "object",
            "properties": {"rows": rows},
            "required": ["rows"],
            "additionalProperties": False,
        }

    def response_schema(self) -> Row:
        """The JSON schema of an answer."""
        given = self.facts["gives"]
        number = {"type": ["number", "null"]}
        label: Row = {"enum": given["classes"]} if given["classes"] else number
        each = {name: label if name == "prediction" else number for name in given["columns"]}
        row = {"type": "object", "properties": each, "required": given["columns"]}
        texts = {"type": "array", "items": {"type": "string"}}
        properties = {"predictions": {"type": "array", "items": row}, "warnings": texts, "model": {"type": "string"}}
        return {**_SCHEMA, "type": "object", "properties": properties, "required": list(properties)}

    # -- answering

    def checked(self, body: Any) -> list[Row]:
        """The rows of a request; raises BadRows."""
        rows = body.get("rows") if isinstance(body, dict) else None
        if not isinstance(rows, list) or set(body) != {"rows"}:
            raise BadRows('The request is not {"rows": [...]}.', "GET /schema shows what one looks like.")
        if not rows or len(rows) > MOST_ROWS:
            raise BadRows(
                f"A request holds 1 to {MOST_ROWS:,} rows, this one {len(rows):,}.",
                "Send more requests, or use serve --batch.",
            )
        problems: list[Row] = []
        for at, row in enumerate(rows):
            problems += problems_of(at, row, self.columns)
            if len(problems) >= MOST_PROBLEMS:
                break
        if problems:
            raise BadRows(
                "The rows are not what the model takes.",
                "GET /schema lists the columns and kinds.",
                problems[:MOST_PROBLEMS],
            )
        return rows

    def predict(self, rows: Sequence[Row]) -> list[Row]:
        """Answer for rows that were checked; raises BadRows where the model does not take them."""
        table = _table(rows, self.facts["takes"], self.columns)
        try:
            found = self.ask(table)
        except Exception as error:
            log.warning("the model failed: %s", error)
            text = f"The model does not answer for these rows: {type(error).__name__}: {error}"[:500]
            raise BadRows(text, "Compare them with rows that it was trained on.") from error
        names = list(found)
        plain = [dict(zip(names, map(finite, one), strict=True)) for one in zip(*found.values(), strict=True)]
        self._note(rows, plain)
        return plain

    def warnings(self, rows: Sequence[Row]) -> list[str]:
        """Where rows leave the ranges and the words of the training, by column."""
        found = []
        for name, column in self.columns.items():
            given = [row[name] for row in rows if row.get(name) is not None]
            beyond, words = _beyond(given, column), ""
            if beyond and column["kind"] == "text":
                words = f"were not seen in {column['shown']:,} rows of the training"
            elif beyond:
                words = f"are not between {column['min']} and {column['max']}"
            if beyond:
                found.append(f"{name}: {len(beyond)} of {len(given)} values {words}, for instance {beyond[0]}.")
        return found

    # -- profiles

    def _note(self, rows: Sequence[Row], answers: Sequence[Row]) -> None:
        with self.lock:
            self.rows += rows
            self.answers += answers
            for text in self.warnings(rows):
                name = text.partition(":")[0]
                self.breached[name] = self.breached.get(name, 0) + 1
            full = len(self.rows) >= WINDOW
        if full:
            self.write_profile("serve")

    def write_profile(self, source: str, **more: Any) -> Path | None:
        """Write what was asked and answered since the last profile; gives its file."""
        with self.lock:
            rows, answers, breached = self.rows, self.answers, self.breached
            self.rows, self.answers, self.breached = [], [], {}
        if not rows:
            return None
        features = {name: profiles.summary(_spread([row.get(name) for row in rows])) for name in self.columns}
        given = {name: profiles.summary(_spread([one[name] for one in answers])) for name in answers[0]}
        told = [
            f"{name} left what the model was trained on in {count} request{'s' if count > 1 else ''}."
            for name, count in sorted(breached.items())
        ]
        return Path(
            profiles.record(
                self.out, source, rows=len(rows), model=self.facts["name"], sha256=self.facts["sha256"],
                features=features, predictions=given, breaches=told, **more,
            )
        )  # fmt: skip


_SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def scorer(out: Path, name: str = "", form: str = "") -> Scorer:
    """The model of a run, ready to answer; raises models.Unusable."""
    facts, ask = models.read(out, name, form)
    columns = {name: dict(one) for name, one in facts["takes"]["columns"].items()}
    known = {name: one for columns in contract.expected().values() for name, one in columns.items()}
    for name, column in columns.items():
        if name in known and known[name]["kind"] == column["kind"]:
            column |= {key: known[name][key] for key in ("min", "max") if key in known[name]}
        seen = facts.get("features", {}).get(name, {})
        if column["kind"] == "text" == seen.get("kind") and "values" in seen:
            column |= {"words": {text for text, _ in seen["values"]}, "shown": seen["rows"]}
    return Scorer(out, facts, ask, columns)


def _beyond(given: Sequence[Any], column: Mapping[str, Any]) -> list[Any]:
    """The values that the model was shown none like."""
    low, high = column.get("min"), column.get("max")
    if column["kind"] in ("integer", "number") and low is not None and high is not None:
        slack = contract.SLACK * (high - low)
        return [one for one in given if not low - slack <= one <= high + slack]
    words = column.get("words")
    return [one for one in given if one not in words] if words else []


def _spread(values: list[Any]) -> list[Any]:
    return values[:: max(1, -(-len(values) // profiles.ROWS))]


def _property(column: Mapping[str, Any]) -> Row:
    kind = JSON_KINDS.get(column["kind"], "string")
    made: Row = {"type": [kind, "null"] if column["nulls"] else kind}
    if column["kind"] == "date":
        made["format"] = "date-time"
    if column.get("categories"):
        made["enum"] = [*column["categories"], *([None] if column["nulls"] else [])]
    if column.get("min") is not None:
        made["description"] = f"in the training from {column['min']} to {column['max']}"
    return made


def problems_of(at: int, row: Any, columns: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """What is wrong with one row."""
    if not isinstance(row, dict):
        return [{"row": at, "column": "", "message": "It is not an object of columns."}]
    found = []
    for name, column in columns.items():
        if row.get(name) is None:
            if not column["nulls"]:
                text = "It is null, and the model was never shown a null here." if name in row else "It is missing."
                found.append({"row": at, "column": name, "message": text})
        elif not _is_of(row[name], column["kind"]):
            wanted = {"date": "an ISO 8601 date", "integer": "a whole number"}.get(
                column["kind"], f"a {column['kind']}"
            )
            found.append({"row": at, "column": name, "message": f"{json.dumps(row[name])[:60]} is not {wanted}."})
        elif column.get("categories") and row[name] not in column["categories"]:
            found.append(
                {"row": at, "column": name, "message": f"{json.dumps(row[name])[:60]} is none of its categories."}
            )
    found += [
        {"row": at, "column": str(one)[:100], "message": "The model takes no such column."}
        for one in row
        if one not in columns
    ]
    return found


def _is_of(value: Any, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63) or (
            isinstance(value, float) and value.is_integer() and abs(value) < 2**63
        )
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    if kind == "date":
        return isinstance(value, str) and contract._is_date(value)
    return isinstance(value, str)


def finite(value: Any) -> Any:
    """A number that JSON can hold, else None."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _table(rows: Sequence[Row], takes: Mapping[str, Any], columns: Mapping[str, Mapping[str, Any]]) -> Any:
    """Rows as the model was shown them: a frame with the same types, an array, or texts."""
    if takes["kind"] == "texts":
        return [row["text"] for row in rows]
    if takes["kind"] == "array":
        import numpy

        dtype = next(iter(columns.values()))["dtype"]
        absent = any(row.get(name) is None for row in rows for name in columns)
        table = [[row.get(name) if row.get(name) is not None else math.nan for name in columns] for row in rows]
        return numpy.array(table, dtype="float64" if absent else dtype)
    import pandas

    return pandas.DataFrame({name: _series([row.get(name) for row in rows], one) for name, one in columns.items()})


def _series(values: list[Any], column: Mapping[str, Any]) -> Any:
    import pandas

    dtype = str(column["dtype"])
    if dtype == "category":
        return pandas.Categorical(values, categories=column["categories"])
    if column["kind"] == "date":
        return pandas.to_datetime(
            pandas.Series([datetime.fromisoformat(one) if one else None for one in values])
        ).astype(dtype)
    if any(one is None for one in values) and dtype.startswith(("int", "uint", "float")):
        return pandas.Series([math.nan if one is None else float(one) for one in values], dtype="float64")
    return pandas.Series(values, dtype=dtype)


def shown(problems: Iterable[Row], more: int = 0) -> str:
    """Problems as lines of text, and how many more there are."""
    lines = [f"row {one['row']}, {one['column'] or 'as a whole'}: {one['message']}" for one in problems]
    return "\n".join([*lines, f"and {more:,} more"] if more else lines)
