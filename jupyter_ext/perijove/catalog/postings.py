"""Which datasets have a word: FTS5 in SQLite, a GIN index in PostgreSQL, asked in the same way.

Vocabulary
  token   what is indexed: a term, ``n~term`` for one in the name, or ``s~…`` and others for what can be filtered by
  wanted  an AND of ORs of tokens: ``[["order", "ord"], ["daili", "dly"]]``
Datasets come in the order of their id, which is that of their use, so that the first ones of a common word suffice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2s
from typing import Any

import msgspec
from sqlalchemy import Connection, text

Wanted = Sequence[Sequence[str]]
COLUMNS = "s.id, s.ref, s.source, s.format, s.problem, s.modified_at, s.owners, s.tags, s.prior, s.impacts"


def token(term: str) -> str:
    """A term as both databases index it whole: what is not plain ASCII becomes a hash."""
    return term if term.isascii() else f"u{blake2s(term.encode(), digest_size=8).hexdigest()}"


def facet(kind: str, value: str) -> str:
    """The token of a value to filter by: ``s`` source, ``f`` format, ``o`` owner, ``t`` tag, ``p`` problem."""
    return f"{kind}~{blake2s(value.encode(), digest_size=6).hexdigest()}"


def add(connection: Connection, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
    """Index the tokens of datasets by their ids."""
    if _is_sqlite(connection):
        statement = text("INSERT INTO catalog_search_index (rowid, terms) VALUES (:id, :terms)")
        values: list[dict[str, Any]] = [{"id": id, "terms": " ".join(tokens)} for id, tokens in rows]
    else:
        statement = text("INSERT INTO catalog_search_index (id, terms) VALUES (:id, :terms)")
        values = [{"id": id, "terms": list(tokens)} for id, tokens in rows]
    if values:
        connection.execute(statement, values)


def remove(connection: Connection, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
    """Take datasets out, with the tokens they were indexed by."""
    if _is_sqlite(connection):
        command = "INSERT INTO catalog_search_index (catalog_search_index, rowid, terms) VALUES ('delete', :id, :terms)"
        values = [{"id": id, "terms": " ".join(tokens)} for id, tokens in rows]
    else:
        command = "DELETE FROM catalog_search_index WHERE id = :id"
        values = [{"id": id} for id, _ in rows]
    if values:
        connection.execute(text(command), values)


def first(
    connection: Connection, wanted: Wanted, limit: int, where: str = "", values: dict[str, Any] | None = None
) -> Sequence[Any]:
    """The first datasets that have what is wanted and pass a condition on ``s``, most used first."""
    bound: dict[str, Any] = {"limit": limit, **(values or {})}
    condition = f" AND {where}" if where else ""
    if not wanted:
        query = f"SELECT {COLUMNS} FROM catalog_search s WHERE 1 = 1{condition} ORDER BY s.id LIMIT :limit"
    elif _is_sqlite(connection):
        bound["match"] = " AND ".join(f"({' OR '.join(map(_quoted, group))})" for group in wanted)
        query = (
            f"SELECT {COLUMNS} FROM catalog_search_index i JOIN catalog_search s ON s.id = i.rowid"
            f" WHERE i.catalog_search_index MATCH :match{condition} ORDER BY i.rowid LIMIT :limit"
        )
    else:
        has = []
        for index, group in enumerate(wanted):
            has.append(f"i.terms && CAST(:group{index} AS TEXT[])")
            bound[f"group{index}"] = list(group)
        query = (
            f"SELECT {COLUMNS} FROM catalog_search_index i JOIN catalog_search s ON s.id = i.id"
            f" WHERE {' AND '.join(has)}{condition} ORDER BY i.id LIMIT :limit"
        )
    return rows(connection, query, bound)


def rows(connection: Connection, query: str, values: dict[str, Any]) -> Sequence[Any]:
    """The rows of a query with ``:names``; straight to SQLite, where preparing costs more than answering."""
    if not _is_sqlite(connection):
        return connection.execute(text(query), values).all()
    cursor = connection.connection.cursor()
    try:
        found: list[Any] = cursor.execute(query, values).fetchall()
        return found
    finally:
        cursor.close()


def among(connection: Connection, column: str, name: str) -> str:
    """The condition that a column is one of the texts that ``listed`` gives under this name."""
    return (
        f"{column} IN (SELECT value FROM json_each(:{name}))" if _is_sqlite(connection) else f"{column} = ANY(:{name})"
    )


def listed(connection: Connection, texts: Sequence[str]) -> Any:
    """Texts as one value of a query."""
    return msgspec.json.encode(texts).decode() if _is_sqlite(connection) else list(texts)


def _quoted(token: str) -> str:
    return f'"{token}"'


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
