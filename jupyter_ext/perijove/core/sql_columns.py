"""Which columns a SQL statement needs, and which columns of what it writes they went into.

Vocabulary
  candidate   a dataset that was seen to be read or written by the statement, with its columns where they are known
  direct      a column whose values reach a column of the answer
  indirect    one that decides which rows there are or how they are ordered: in a filter, a join, a group, an order
What cannot be resolved is left unknown; nothing here guesses. Runs in a process of its own, since a statement may take
long: ``python -m perijove.core.sql_columns`` answers one JSON line for each it reads.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from perijove.core.sql_tables import Candidate, matched, parts_of

DIALECTS = {"postgresql": "postgres", "mssql": "tsql", "mariadb": "mysql", "cockroachdb": "postgres"}
LONGEST = 200_000
MEMORY = 1 << 30


@dataclass
class Write:
    """What went into one target: pairs of its columns and theirs, and columns that touch all of it.

    ``whole`` says that every column of the target was resolved, ``sources`` are all datasets it came from.
    """

    sources: list[str] = field(default_factory=list)
    columns: list[tuple[str, str, str]] = field(default_factory=list)  # target column, source, its column
    indirect: list[tuple[str, str]] = field(default_factory=list)  # source, its column
    whole: bool = True


@dataclass
class Found:
    """By ref: the columns that are read, where all of them are known; and what was written."""

    reads: dict[str, list[str]] = field(default_factory=dict)
    writes: dict[str, Write] = field(default_factory=dict)


def columns_of(sql: str, dialect: str, reads: list[Candidate], writes: list[Candidate]) -> Found:
    """The columns of one or several statements; raises what sqlglot raises for what is no SQL."""
    import sqlglot

    found = Found()
    if len(sql) > LONGEST:
        raise ValueError(f"the statement is longer than {LONGEST:,} letters")
    spoken = DIALECTS.get(dialect, dialect) or None
    unknown: set[str] = set()
    for statement in sqlglot.parse(sql, dialect=spoken):
        if statement is not None:
            _Statement(statement, spoken, reads, writes, found, unknown).read()
    for ref in unknown:
        found.reads.pop(ref, None)
    return found


class _Statement:
    """One parsed statement; tables are given plain names first, so that one schema fits all."""

    def __init__(
        self,
        tree: Any,
        dialect: str | None,
        reads: list[Candidate],
        writes: list[Candidate],
        found: Found,
        unknown: set[str],
    ) -> None:
        self.tree = tree
        self.dialect = dialect
        self.candidates = (reads, writes)
        self.found = found
        self.unknown = unknown
        self.tables: dict[str, Candidate | None] = {}

    def read(self) -> None:
        """Add what this statement needs and writes."""
        from sqlglot import exp

        query, target, names = _parted(self.tree)
        if query is None:
            self.unknown |= {one.ref for one in self.candidates[0]}
            return
        query = query.copy()
        self._rename(query)
        seen = {one.ref for one in self.tables.values() if one}
        star = any(isinstance(one, exp.Star) or getattr(one, "is_star", False) for one in _projections(query))
        answer, used, resolved = self._resolve(query)
        if star or not resolved:
            self.unknown |= seen
        for ref, column in used:
            self.found.reads.setdefault(ref, [])
            if column not in self.found.reads[ref]:
                self.found.reads[ref].append(column)
        into = matched(target, self.candidates[1]) if target is not None else None
        if into is not None:
            self._write(into, names, answer, used, resolved)

    def _write(
        self,
        into: Candidate,
        names: list[str],
        answer: list[tuple[str, list[tuple[str, str]]]] | None,
        used: list[tuple[str, str]],
        resolved: bool,
    ) -> None:
        if any(one is None for one in self.tables.values()):
            return  # something else was read too, so the origins are not all known
        write = self.found.writes.setdefault(into.ref, Write())
        write.sources = list(dict.fromkeys([*write.sources, *(one.ref for one in self.tables.values() if one)]))
        if answer is None or not resolved or (names and len(names) != len(answer)):
            write.whole = False
            return
        if not names and isinstance(into.columns, list) and self.tree.key == "insert":
            names = into.columns if len(into.columns) == len(answer) else []
        direct = set()
        for index, (name, leaves) in enumerate(answer):
            column = into.real(names[index] if names else name)
            write.columns += [(column, ref, one) for ref, one in leaves]
            direct |= set(leaves)
        write.indirect += [one for one in used if one not in direct]

    def _rename(self, query: Any) -> None:
        """Give each table that is no part of the statement itself a name of its own: t0, t1 and so on."""
        from sqlglot import exp
        from sqlglot.optimizer.scope import traverse_scope

        for scope in traverse_scope(query):
            for source in list(scope.sources.values()):
                if isinstance(source, exp.Table) and not source.args.get("perijove"):
                    name = f"t{len(self.tables)}"
                    self.tables[name] = matched(source, self.candidates[0], alone=_is_alone(query))
                    alias = source.alias or (source.name if isinstance(source.this, exp.Identifier) else name)
                    for column in scope.columns:
                        if column.table == source.name and column.args.get("db"):
                            column.set("db", None)
                            column.set("catalog", None)
                    source.set("this", exp.to_identifier(name))
                    source.set("db", None)
                    source.set("catalog", None)
                    source.set("perijove", True)
                    if not source.alias:
                        source.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
            _name_only_table(scope)

    def _resolve(
        self, query: Any
    ) -> tuple[list[tuple[str, list[tuple[str, str]]]] | None, list[tuple[str, str]], bool]:
        """Each column of the answer with its origins; all columns that are needed; whether all could be resolved."""
        from sqlglot.errors import SqlglotError
        from sqlglot.lineage import lineage
        from sqlglot.optimizer.qualify import qualify
        from sqlglot.optimizer.scope import build_scope
        from sqlglot.schema import MappingSchema

        shapes: dict[str, object] = {
            name: dict.fromkeys(one.columns, "text") for name, one in self.tables.items() if one and one.columns
        }
        schema = MappingSchema(shapes, dialect=self.dialect, normalize=True)
        qualified = qualify(
            query,
            dialect=self.dialect,
            schema=schema,
            validate_qualify_columns=False,
            identify=False,
            quote_identifiers=False,
        )
        scope = build_scope(qualified)
        if scope is None:
            return None, [], False
        used, resolved = self._used(scope)
        try:
            nodes = lineage(None, qualified, schema, dialect=self.dialect, scope=scope, trim_selects=False, copy=False)
        except SqlglotError:
            return None, used, False
        answer = []
        for name, node in nodes.items():
            leaves = list(dict.fromkeys(self._leaves(node)))
            resolved = resolved and name != "*" and all(column != "*" for _, column in leaves)
            answer.append((name, leaves))
        return answer, used, resolved

    def _leaves(self, node: Any) -> Iterator[tuple[str, str]]:
        from sqlglot import exp

        for one in node.walk():
            if isinstance(one.expression, exp.Table):
                candidate = self.tables.get(one.expression.name)
                if candidate is not None:
                    yield candidate.ref, candidate.real(one.name.rpartition(".")[2].strip('"'))

    def _used(self, root: Any) -> tuple[list[tuple[str, str]], bool]:
        """The columns of tables that stand anywhere in the statement."""
        from sqlglot import exp

        used: dict[tuple[str, str], None] = {}
        resolved = True
        for scope in root.traverse():
            for column in scope.columns:
                if isinstance(column.this, exp.Star):
                    resolved = False
                    continue
                source = scope.sources.get(column.table)
                if isinstance(source, exp.Table):
                    candidate = self.tables.get(source.name)
                    if candidate is not None:
                        used[candidate.ref, candidate.real(column.name)] = None
                elif not column.table and any(isinstance(one, exp.Table) for one in scope.sources.values()):
                    resolved = resolved and column.name in {one.alias_or_name for one in scope.expression.selects}
        return list(used), resolved


def _name_only_table(scope: Any) -> None:
    """Say of bare columns that they are of the only table there is, which holds even if its columns are not known."""
    from sqlglot import exp

    sources = list(scope.sources.values())
    if len(sources) != 1 or not isinstance(sources[0], exp.Table) or scope.is_correlated_subquery or scope.is_subquery:
        return
    for column in scope.columns:
        own = column.find_ancestor(exp.Select) is scope.expression
        if own and not column.table and column.find_ancestor(exp.Order, exp.Having) is None:
            column.set("table", exp.to_identifier(sources[0].alias, quoted=True))


def _parted(tree: Any) -> tuple[Any, Any, list[str]]:
    """The query of a statement, what it writes into, and the columns it names for it."""
    from sqlglot import exp

    if isinstance(tree, exp.Query):
        return tree, None, []
    if isinstance(tree, exp.Create | exp.Insert) and isinstance(tree.expression, exp.Query):
        query = tree.expression
        if tree.args.get("with_") and not query.args.get("with_"):
            query = query.copy()
            query.set("with_", tree.args["with_"].copy())
        into = tree.this
        if isinstance(into, exp.Schema):
            return query, into.this, [one.name for one in into.expressions if one.name]
        return query, into, []
    if isinstance(tree, exp.Copy):
        query = tree.this.unnest() if hasattr(tree.this, "unnest") else tree.this
        if isinstance(query, exp.Table):
            query = exp.select("*").from_(query)
        files = tree.args.get("files") or []
        if isinstance(query, exp.Query) and not tree.args.get("kind") and files:
            return query, files[0], []
    return None, None, []


def _projections(query: Any) -> Iterator[Any]:
    from sqlglot import exp

    for select in query.find_all(exp.Select):
        yield from select.expressions


def _is_alone(query: Any) -> bool:
    from sqlglot import exp

    return len({parts_of(one) for one in query.find_all(exp.Table)}) == 1


def main() -> None:
    """Answer requests from the standard input until it ends."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.disable()  # sqlglot warns of what it cannot read, and so does the answer
    for line in sys.stdin:
        asked = json.loads(line)
        reads, writes = ([Candidate(**one) for one in asked[side]] for side in ("reads", "writes"))
        try:
            found = columns_of(asked["sql"], asked["dialect"], reads, writes)
            answer: dict[str, Any] = {"reads": found.reads}
            answer["writes"] = {ref: vars(write) for ref, write in found.writes.items()}
        except (Exception, RecursionError, MemoryError) as error:  # noqa: BLE001 - a statement that cannot be read is said so
            answer = {"problem": f"{type(error).__name__}: {str(error)[:300]}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
