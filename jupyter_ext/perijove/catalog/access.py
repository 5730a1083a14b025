"""Who may read which dataset: everyone with ``catalog.read``, unless it is restricted to its readers.

``may_read`` is the one answer that search, preview, code, lineage and everything else that shows a dataset asks for.
Readers of a restricted dataset are those it was granted to, by login or by role; its owners; and whoever decides over
access. Owners of a dataset and people with ``catalog.approve`` decide, and each decision is an event for the audit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from perijove.catalog.access_store import AccessStore, Book
from perijove.catalog.guards import Cover
from perijove.catalog.shapes import Access, Ask, Decide, Grant, Reader, Request, Restrict, Rule
from perijove.core.access import PERMISSIONS, ROLES, Person, may
from perijove.core.errors import Conflict, Invalid, NotAllowed, NotFound
from perijove.core.events import Events, Happened
from perijove.core.lineage import aware
from perijove.core.refs import Ref
from perijove.core.uris import name_of

ASK_HINT = "Ask for access, with a reason: `perijove catalog access ask REF --reason …`, or on the dataset's page."
DECIDES = "catalog.approve"
LONGEST_REASON = 2_000


class AccessRules:
    """Who may read what, and how that changes."""

    def __init__(self, store: AccessStore, events: Events) -> None:
        self.store = store
        self.events = events

    def may_read(self, who: Person, ref: str) -> bool:
        """Whether a person may read a dataset."""
        return not self.hidden(who, [ref])

    def require(self, who: Person, ref: str) -> None:
        """Raise NotAllowed unless a person may read a dataset."""
        if not self.may_read(who, ref):
            raise NotAllowed("This dataset is restricted to its readers, and you are none of them.", hint=ASK_HINT)

    def hidden(self, who: Person | None, refs: Collection[str]) -> set[str]:
        """Those of some datasets that a person may not read; of no known person, all that are restricted."""
        if who is not None and sees_all(who):
            return set()
        asked = [ref for ref in refs if ref.startswith("dataset:")]
        book, before = self.store.before(asked) if asked else (Book([], set(), {}), {})
        return {ref for ref, chosen in before.items() if who is None or not _passes(book, who, ref, chosen)}

    def hides_nothing(self, who: Person | None) -> bool:
        """Whether a person may read everything there is; no known person may where anything is restricted."""
        return (who is not None and sees_all(who)) or not self.store.restricted()

    def guards(self, connection: Connection, who: Person) -> list[int] | None:
        """The guards that a person may pass, for the search; None where there is nothing to hold them to."""
        found = {} if sees_all(who) else self.store.guards(connection)
        if not found:
            return None
        book = self.store.book(connection)
        allowed = [0]
        for number, (rules, ref) in found.items():
            chosen = [Cover(rule, book.names[rule], "") for rule in rules if rule in book.names]
            if len(chosen) == len(rules) and _passes(book, who, ref, chosen):
                allowed.append(number)
        return allowed

    def decides(self, who: Person, ref: str) -> bool:
        """Whether a person decides who may read a dataset or source."""
        return sees_all(who) or (ref.startswith("dataset:") and who.name in self.store.owners(ref))

    def show(self, ref: Ref, who: Person) -> Access:
        """Who may read a dataset or source, and why this person may or may not."""
        name = str(ref)
        book, before = self.store.before([name])
        chosen = self._chosen(name, before)
        reads = self.may_read(who, name) if ref.kind == "dataset" else (not chosen or self._reads_source(who, name))
        decides = self.decides(who, name)
        rule = self.store.rule(chosen[0].ref) if chosen else None
        readers = self._readers(name, chosen, book) if reads else []
        asked = self.store.requests(ref=name)
        return Access(
            ref=name,
            open=not chosen,
            may_read=reads,
            why=_why(who, name, book, chosen, reads),
            restricted_by=" ".join(self._spoken(name, one) for one in chosen),
            rule=chosen[0].ref if chosen else "",
            reason=rule.reason if rule is not None and reads else "",
            readers=readers,
            requests=[one for one in asked if decides or one.who == who.name],
            may_approve=decides,
        )

    def _spoken(self, ref: str, cover: Cover) -> str:
        """Who restricted it, in words: it itself, a source that holds it, or something inside it."""
        rule = self.store.rule(cover.ref)
        by = rule.by if rule is not None else "Someone"
        kind, _, id_ = cover.ref.partition(":")
        if kind == "source":
            return f"{by} restricted all of the source “{id_}”."
        if cover.ref == ref:
            return f"{by} restricted it."
        return f"{by} restricted “{name_of(id_)}”, which is part of it."

    def _chosen(self, ref: str, before: dict[str, list[Cover]]) -> list[Cover]:
        if ref.startswith("source:"):
            rule = self.store.rule(ref)
            return [Cover(rule.id, ref, rule.uri)] if rule is not None else []
        return before.get(ref, [])

    def _reads_source(self, who: Person, ref: str) -> bool:
        return sees_all(who) or any(
            one.who == who.name if one.kind == "person" else one.who in granted_roles(who)
            for one in self.store.readers([ref])
        )

    def _readers(self, ref: str, chosen: Sequence[Cover], book: Book) -> list[Reader]:
        if not chosen:
            return [Reader("viewer", "role", f"Open: {PERMISSIONS['catalog.read'].sentence}", "")]
        found = [Reader(owner, "person", "Owns the dataset.", "", None, ref) for owner in book.owners.get(ref, [])]
        found += self.store.readers(list(dict.fromkeys([ref, *(rule.ref for rule in chosen)])))
        found.append(Reader("admin", "role", "Decides who may read.", ""))
        return found

    def restrict(self, body: Restrict, uri: str, who: Person) -> None:
        """Restrict a dataset or source to its readers, or open it again."""
        self._need(who, body.ref)
        reason = _reason(body.reason, needed=body.restricted)
        if body.restricted:
            if not self.store.restrict(body.ref, uri, reason, who.name):
                raise Conflict("It is restricted already.", hint="Add or remove readers instead.")
        elif not self.store.open(body.ref, uri):
            raise Conflict("It is not restricted itself.", hint="Where its source is restricted, open that.")
        self._tell("restricted" if body.restricted else "opened", body.ref, who, {"reason": reason})

    def grant(self, body: Grant, who: Person) -> None:
        """Let a person or a role read."""
        self._need(who, body.ref)
        _check_reader(body)
        self.store.grant(body.ref, body.kind, body.who, _reason(body.reason), who.name)
        self._tell("granted", body.ref, who, {"who": body.who, "kind": body.kind, "reason": body.reason})

    def revoke(self, body: Grant, who: Person) -> None:
        """Let a person or a role read no longer; it counts at once."""
        self._need(who, body.ref)
        if not self.store.revoke(body.ref, body.kind, body.who):
            raise NotFound(f"{body.who} is no reader of it.", hint="See who its readers are.")
        self.store.guard(body.ref)
        self._tell("revoked", body.ref, who, {"who": body.who, "kind": body.kind, "reason": body.reason})

    def ask(self, body: Ask, who: Person) -> Request:
        """Ask to read a restricted dataset."""
        reason = _reason(body.reason, needed=True)
        if self.may_read(who, body.ref):
            raise Conflict("You may read it already.", hint="Open it.")
        if self.store.requests(ref=body.ref, person=who.name, state="open"):
            raise Conflict("You have asked already; nobody has decided yet.", hint="Remind an owner or an admin.")
        made = self.store.ask(body.ref, who.name, reason)
        self._tell("asked", body.ref, who, {"request": made, "reason": reason})
        return self.store.requests(id=made)[0]

    def decide(self, body: Decide, who: Person) -> Request:
        """Approve or refuse a request."""
        found = self.store.requests(id=body.id)
        if not found or not (self.decides(who, found[0].ref) or found[0].who == who.name):
            raise NotFound(f"There is no request {body.id}.", hint="See the open requests.")
        request = found[0]
        self._need(who, request.ref)
        reason = _reason(body.reason, needed=not body.approve)
        if not self.store.decide(body.id, "approved" if body.approve else "refused", who.name, reason):
            raise Conflict("This request has been decided already.", hint="See what was decided.")
        if body.approve:
            self.store.grant(request.ref, "person", request.who, reason or request.reason, who.name)
        told = {"request": body.id, "who": request.who, "reason": reason}
        self._tell("approved" if body.approve else "refused", request.ref, who, told)
        return self.store.requests(id=body.id)[0]

    def requests(self, who: Person, state: str = "") -> list[Request]:
        """One's own requests and those that one may decide, the newest first."""
        return [one for one in self.store.requests(state=state) if one.who == who.name or self.decides(who, one.ref)]

    def review(self) -> list[Rule]:
        """All restrictions with their readers, for those who decide over all."""
        return [
            Rule(row.ref, row.reason, row.by, aware(row.since), self.store.readers([row.ref]))
            for row in self.store.rules()
        ]

    def _need(self, who: Person, ref: str) -> None:
        if not self.decides(who, ref):
            raise NotAllowed(
                f"{who.name} may not decide who reads this.", hint=f"Ask an owner of it, or someone with {DECIDES}."
            )

    def _tell(self, verb: str, ref: str, who: Person, new: dict[str, str]) -> None:
        self.events.publish(Happened(f"catalog.access.{verb}", Ref.parse(ref), who.name, new=new))


def sees_all(who: Person) -> bool:
    """Whether a person decides over access everywhere, and so may read everything."""
    return who.owner or may(who, DECIDES)


def granted_roles(who: Person) -> list[str]:
    """A person's roles with those that they include."""
    highest = max((ROLES.index(role) for role in who.roles), default=-1)
    return list(ROLES[: highest + 1])


def _passes(book: Book, who: Person, ref: str, chosen: Sequence[Cover]) -> bool:
    roles = granted_roles(who)
    if ref and book.grants(ref, who.name, roles):
        return True
    return bool(chosen) and all(book.grants(rule.ref, who.name, roles) for rule in chosen)


def _why(who: Person, ref: str, book: Book, chosen: Sequence[Cover], reads: bool) -> str:
    if not chosen:
        return "It is open to everyone who may see the catalog."
    if not reads:
        return "It is restricted, and you are not among its readers."
    if who.name in book.owners.get(ref, []):
        return "It is restricted; you may read it because you own it."
    if who.owner:
        return "It is restricted to its readers; you may read it because this project is yours."
    if sees_all(who):
        return "It is restricted; you may read it because you decide who may."
    return "It is restricted; you are among its readers."


def _reason(text: str, *, needed: bool = False) -> str:
    reason = text.strip()
    if needed and not reason:
        raise Invalid("A reason is missing.", hint="Say in a sentence why.")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"The reason is longer than {LONGEST_REASON:,} letters.", hint="Say it in fewer words.")
    return reason


def _check_reader(body: Grant) -> None:
    if body.kind == "role" and body.who not in ROLES:
        raise Invalid(f"There is no role “{body.who}”.", hint=f"Roles: {', '.join(ROLES)}.")
    if not body.who.strip() or len(body.who) > 200:
        raise Invalid("The reader's name is missing or too long.", hint="Write a login name or a role.")
