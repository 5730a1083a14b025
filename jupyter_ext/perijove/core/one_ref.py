"""Gives a dataset one ref, however its URI is written: with or without user, usual port, usual schema.

What the catalog knows counts: access, descriptions and search hang on its refs. So what kernels or other systems name
in another way is put under the catalog's ref, also when they came first. Else the first way it was written counts.
Likewise its name: a dataset is called as the catalog calls it, not after the file that a kernel opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select

from perijove.core import tables
from perijove.core.additions import Additions
from perijove.core.database import upsert
from perijove.core.graph import Reader, kind_of
from perijove.core.keys import LONGEST_REF, digest
from perijove.core.uris import canonical

CHUNK = 400


def under_one_ref(connection: Connection, additions: Additions) -> Additions:
    """The same additions with each dataset under the ref it is known by."""
    plain = {ref: canonical(ref.partition(":")[2]) for ref in additions.datasets() if len(ref) <= LONGEST_REF}
    rows = _rows(connection, plain.values())
    known = {name: str(row.ref) for name, row in rows.items()}
    if not additions.names_count:
        additions = additions.without_nodes({ref for ref, name in plain.items() if name in rows and rows[name].known})
    others = [f"dataset:{name}" for ref, name in plain.items() if name not in known and f"dataset:{name}" != ref]
    there = {node.ref for node in Reader(connection, 1).nodes(others)}
    new: dict[str, str] = {}
    found: dict[str, str] = {}
    for ref in sorted(plain):
        name = plain[ref]
        own = f"dataset:{name}"
        if name in known:
            found[ref] = known[name]
        elif own == ref or own in there:
            found[ref] = own
        else:
            found[ref] = new.setdefault(name, own if own in plain else ref)
    first = [{"name": name, "ref": ref, "known": False} for name, ref in new.items() if ref != f"dataset:{name}"]
    upsert(connection, tables.names, first, ("name",), ())
    changed = {ref: one for ref, one in found.items() if ref != one}
    return additions.renamed(lambda ref: changed.get(ref, ref)) if changed else additions


def known_refs(connection: Connection, refs: Iterable[str]) -> dict[str, str]:
    """For refs of datasets that are known by another one, that one."""
    plain = {ref: canonical(ref.partition(":")[2]) for ref in refs if kind_of(ref) == "dataset"}
    known = _known(connection, plain.values())
    own = {f"dataset:{name}" for ref, name in plain.items() if name not in known and f"dataset:{name}" != ref}
    there = {node.ref for node in Reader(connection, 1).nodes(own)}
    found = {ref: known.get(name, f"dataset:{name}") for ref, name in plain.items()}
    return {ref: one for ref, one in found.items() if one != ref and (one in there or plain[ref] in known)}


def make_known(connection: Connection, refs: Iterable[str]) -> None:
    """Let these refs of datasets count from now on, and put what is under another way of writing them there."""
    plain = {ref: canonical(ref.partition(":")[2]) for ref in refs if kind_of(ref) == "dataset"}
    rows: dict[str, dict[str, Any]] = {}
    kept = _rows(connection, plain.values())
    others = [f"dataset:{name}" for ref, name in plain.items() if f"dataset:{name}" != ref and name not in kept]
    there = {node.ref for node in Reader(connection, 1).nodes(others)}
    for ref, name in plain.items():
        row = kept.get(name)
        if (row is not None and row.known) or name in rows:
            continue
        before = row.ref if row is not None else f"dataset:{name}"
        if before != ref and (row is not None or before in there):
            _move(connection, before, ref)
        rows[name] = {"name": name, "ref": ref, "known": True}
    upsert(connection, tables.names, list(rows.values()), ("name",), ("ref", "known"))


def _known(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    return {name: str(row.ref) for name, row in _rows(connection, names).items()}


def _rows(connection: Connection, names: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    wanted = sorted(set(names))
    for begin in range(0, len(wanted), CHUNK):
        query = select(tables.names).where(tables.names.c.name.in_(wanted[begin : begin + CHUNK]))
        found |= {row.name: row for row in connection.execute(query)}
    return found


def _move(connection: Connection, before: str, after: str) -> None:
    """Put all that hangs on one ref under another."""
    for table in (tables.edges, tables.flows, tables.fields):
        ends = or_(table.c.source == before, table.c.target == before)
        rows = [dict(row) for row in connection.execute(select(table).where(ends)).mappings()]
        connection.execute(delete(table).where(ends))
        for row in rows:
            row["source"] = after if row["source"] == before else row["source"]
            row["target"] = after if row["target"] == before else row["target"]
            if table is tables.flows:
                row["key"] = digest(row["via"], row["source"], row["target"])
            elif table is tables.fields:
                row["key"] = digest(
                    row["via"], row["source"], row["source_column"], row["target"], row["target_column"]
                )
        keys = [column.name for column in table.primary_key]
        upsert(connection, table, rows, keys, ())
    node = connection.execute(select(tables.nodes).where(tables.nodes.c.ref == before)).mappings().first()
    if node is not None:
        connection.execute(delete(tables.nodes).where(tables.nodes.c.ref == before))
        if connection.execute(select(tables.nodes.c.ref).where(tables.nodes.c.ref == after)).first() is None:
            connection.execute(insert(tables.nodes).values(**{**node, "ref": after}))
