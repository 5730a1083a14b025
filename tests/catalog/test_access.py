"""A restricted dataset is shown to its readers only, wherever datasets are shown, and every decision is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.people import ADMIN, ANN, BOB, OWNER, VERA

from perijove.catalog.model import Source, Window
from perijove.catalog.service import Catalog
from perijove.catalog.shapes import Ask, Decide, Grant, NewAbout, Restrict
from perijove.core import tables
from perijove.core.access import Person
from perijove.core.audit import Audit
from perijove.core.errors import Conflict, Invalid, NotAllowed, NotFound
from perijove.core.model import Edge, Node
from perijove.core.refs import Ref
from perijove.wiring import Perijove

Scan = Callable[..., Source]
SECRET = "These are patients."


@pytest.fixture
def tumours(catalog: Catalog, scan: Scan, lab: Path) -> str:
    catalog.lineage.hidden = catalog.access.hidden
    scan("lab", "data")
    return f"dataset:{lab.as_uri()}/tumours.parquet"


def names(catalog: Catalog, who: Person, question: str = "mean radius") -> set[str]:
    return {hit.name for hit in catalog.search(question, who).hits}


def shown(catalog: Catalog, ref: str, who: Person) -> dict[str, bool]:
    """Where a dataset is shown to a person."""
    at = Ref.parse(ref)
    cell = Ref("cell", "n.ipynb#a")
    catalog.lineage.add_edges([Edge(ref, str(cell), "read", "observed", datetime.now(UTC))])
    looks: dict[str, Callable[[], object]] = {
        "show": lambda: catalog.show(at, who),
        "preview": lambda: catalog.preview(at, 5, who),
        "look": lambda: catalog.look(at, Window(), who),
        "code": lambda: catalog.code(at, "pandas", who),
        "profile": lambda: catalog.figures.profile(at, "footer", who),
        "versions": lambda: catalog.versions.all(at, who),
        "uses": lambda: catalog.uses(at, who),
        "about": lambda: catalog.about.get(ref, who),
        "named": lambda: catalog.named("tumours", who).show(),
        "path": lambda: catalog.named("data/tumours.parquet", who).show(),
    }
    answers = {name: _allowed(look) for name, look in looks.items()}
    answers["search"] = "tumours" in names(catalog, who)
    answers["browse"] = "tumours" in names(catalog, who, "")
    answers["list"] = "tumours" in {row.name for row in catalog.datasets("lab", who).datasets}
    answers["everything"] = ref in {hit[0] for hit in catalog.found("tumours", 20, who)}
    answers["lineage"] = ref in {node.ref for node in catalog.lineage.around(cell, 2, 2, who=who).nodes}
    return answers


def _allowed(look: Callable[[], object]) -> bool:
    try:
        look()
    except (NotAllowed, NotFound):
        return False
    return True


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_asked_approved_and_revoked_everywhere_at_once(catalog: Catalog, tumours: str, database: object) -> None:
    audit = Audit(catalog.store.database)
    catalog.events.listen(audit.hear)
    assert set(shown(catalog, tumours, VERA).values()) == {True}, "open by default"
    catalog.restrict(Restrict(tumours, SECRET), ADMIN)
    assert set(shown(catalog, tumours, VERA).values()) == {False}
    assert set(shown(catalog, tumours, ADMIN).values()) == {True}
    assert set(shown(catalog, tumours, OWNER).values()) == {True}
    seen = catalog.access.show(Ref.parse(tumours), VERA)
    assert (seen.open, seen.may_read, seen.reason, seen.readers, seen.may_approve) == (False, False, "", [], False)

    request = catalog.ask(Ask(tumours, "For the trial."), VERA)
    with pytest.raises(Conflict, match="asked already"):
        catalog.ask(Ask(tumours, "Again."), VERA)
    for nobody in (VERA, ANN):
        with pytest.raises((NotAllowed, NotFound)):
            catalog.access.decide(Decide(request.id, True), nobody)
    assert [one.id for one in catalog.access.requests(ADMIN, "open")] == [request.id]
    assert catalog.access.requests(BOB) == []
    assert catalog.access.decide(Decide(request.id, True, "Is on the trial."), ADMIN).state == "approved"
    assert set(shown(catalog, tumours, VERA).values()) == {True}
    assert set(shown(catalog, tumours, BOB).values()) == {False}
    seen = catalog.access.show(Ref.parse(tumours), VERA)
    assert [(one.who, one.kind, one.why) for one in seen.readers][0] == ("vera", "person", "Is on the trial.")
    assert seen.why == "It is restricted; you are among its readers."

    catalog.access.revoke(Grant(tumours, "vera", reason="The trial is over."), ADMIN)
    assert set(shown(catalog, tumours, VERA).values()) == {False}
    verbs = [one.what for one in audit.entries().events if one.what.startswith("catalog.access")]
    assert verbs == [f"catalog.access.{verb}" for verb in ("revoked", "approved", "asked", "restricted")]
    assert audit.verify().ok


def test_a_refusal_says_why_and_one_may_ask_again(catalog: Catalog, tumours: str) -> None:
    catalog.restrict(Restrict(tumours, SECRET), ADMIN)
    request = catalog.ask(Ask(tumours, "I am curious."), BOB)
    with pytest.raises(Invalid, match="reason"):
        catalog.access.decide(Decide(request.id, False), ADMIN)
    refused = catalog.access.decide(Decide(request.id, False, "Curiosity is not enough."), ADMIN)
    assert (refused.state, refused.answer, refused.decided_by) == ("refused", "Curiosity is not enough.", "grace")
    with pytest.raises(Conflict, match="decided already"):
        catalog.access.decide(Decide(request.id, True), ADMIN)
    assert catalog.ask(Ask(tumours, "For the audit."), BOB).state == "open"
    assert not catalog.access.may_read(BOB, tumours)


def test_a_source_covers_what_lies_in_it_and_a_dataset_may_have_readers_of_its_own(
    catalog: Catalog, scan: Scan, tumours: str
) -> None:
    catalog.restrict(Restrict("source:lab", SECRET), ADMIN)
    assert names(catalog, BOB, "") == set() == {row.name for row in catalog.datasets("lab", BOB).datasets}
    assert scan("again", "data").datasets == 4, "adding the same folder once more opens nothing"
    scan("inside", "data/screenings")
    assert names(catalog, BOB, "") == set()
    catalog.access.grant(Grant(tumours, "bob"), ADMIN)
    assert names(catalog, BOB, "") == {"tumours"}
    catalog.access.grant(Grant("source:lab", "viewer", "role"), ADMIN)
    assert "tumours" not in names(catalog, Person("nobody"), "")
    assert len(names(catalog, VERA, "")) >= 4, "a role includes those above it"
    catalog.restrict(Restrict("source:lab", "", False), ADMIN)
    assert len(names(catalog, Person("nobody"), "")) >= 4
    assert len(catalog.datasets("lab", BOB, 2, 1).datasets) == 2


def test_new_datasets_of_a_restricted_source_are_hidden_from_the_start(
    catalog: Catalog, scan: Scan, lab: Path, tumours: str
) -> None:
    catalog.restrict(Restrict("source:lab", SECRET), ADMIN)
    (lab / "fresh.csv").write_text("a\n1\n")
    ended = catalog.tasks.wait(catalog.start_scan("lab", OWNER).id, OWNER)
    assert ended.state == "done"
    assert names(catalog, BOB, "fresh") == set() and names(catalog, ADMIN, "fresh") == {"fresh"}


def test_nobody_becomes_an_owner_of_what_is_closed_to_them(catalog: Catalog, tumours: str) -> None:
    with pytest.raises(NotAllowed):
        catalog.restrict(Restrict(tumours, SECRET), ANN)
    catalog.say(NewAbout(tumours, owners=["ann"]), ANN)
    with pytest.raises(NotAllowed, match="owners"):
        catalog.say(NewAbout(tumours, owners=["bob"]), BOB)
    catalog.restrict(Restrict(tumours, SECRET), ANN)
    assert catalog.access.may_read(ANN, tumours) and not catalog.access.may_read(BOB, tumours)
    with pytest.raises(NotAllowed):
        catalog.say(NewAbout(tumours, owners=["bob"]), BOB)
    catalog.access.grant(Grant(tumours, "bob"), ANN)
    with pytest.raises(NotAllowed, match="owners"):
        catalog.say(NewAbout(tumours, owners=["ann", "bob"]), BOB)
    assert catalog.say(NewAbout(tumours, "Bob may describe it."), BOB).description
    catalog.say(NewAbout(tumours, owners=["ann", "bob"]), ANN)
    assert catalog.access.decides(BOB, tumours) and "tumours" in names(catalog, BOB)


def test_wrong_reasons_roles_and_refs_get_a_sentence(catalog: Catalog, tumours: str) -> None:
    with pytest.raises(Invalid, match="reason is missing"):
        catalog.restrict(Restrict(tumours, "  "), ADMIN)
    with pytest.raises(Conflict, match="not restricted"):
        catalog.restrict(Restrict(tumours, "", False), ADMIN)
    catalog.restrict(Restrict(tumours, SECRET), ADMIN)
    with pytest.raises(Conflict, match="restricted already"):
        catalog.restrict(Restrict(tumours, SECRET), ADMIN)
    with pytest.raises(Invalid, match="no role"):
        catalog.access.grant(Grant(tumours, "king", "role"), ADMIN)
    with pytest.raises(NotFound, match="no reader"):
        catalog.access.revoke(Grant(tumours, "bob"), ADMIN)
    with pytest.raises(NotFound):
        catalog.ask(Ask("dataset:file:///nosuch.csv", "Why not."), BOB)
    with pytest.raises(Conflict, match="may read it already"):
        catalog.ask(Ask(tumours, "For me."), ADMIN)


def test_why_one_may_read_is_said_as_it_is(catalog: Catalog, scan: Scan, tumours: str, lab: Path) -> None:
    def why(who: Person, ref: str = tumours) -> tuple[bool, str, str]:
        seen = catalog.access.show(Ref.parse(ref), who)
        return seen.may_read, seen.why, seen.restricted_by

    assert why(OWNER) == (True, "It is open to everyone who may see the catalog.", "")
    catalog.say(NewAbout(tumours, owners=["ann"]), ANN)
    catalog.restrict(Restrict(tumours, SECRET), ADMIN)
    catalog.access.grant(Grant(tumours, "vera"), ADMIN)
    assert {who.name: why(who)[1].removeprefix("It is restricted") for who in (OWNER, ADMIN, ANN, VERA, BOB)} == {
        "ada": " to its readers; you may read it because this project is yours.",
        "grace": "; you may read it because you decide who may.",
        "ann": "; you may read it because you own it.",
        "vera": "; you are among its readers.",
        "bob": ", and you are not among its readers.",
    }
    assert why(BOB)[2] == "grace restricted it."
    inside = f"dataset:{lab.as_uri()}/screenings/part-0.parquet"
    scan("one", "data/screenings/part-0.parquet")
    catalog.restrict(Restrict(inside, SECRET), ADMIN)
    folder = f"dataset:{lab.as_uri()}/screenings"
    assert why(BOB, folder)[2] == "grace restricted “part-0.parquet”, which is part of it."
    catalog.restrict(Restrict("source:lab", SECRET), ADMIN)
    assert why(BOB, "source:lab") == (
        False,
        "It is restricted, and you are not among its readers.",
        "grace restricted all of the source “lab”.",
    )


def test_what_a_cell_says_of_closed_data_finds_no_other_data(catalog: Catalog, tumours: str, lab: Path) -> None:
    diabetes = f"dataset:{lab.as_uri()}/diabetes.csv"
    cell = {"notebook": "n.ipynb", "cell": "both", "kernel": "k", "count": 1, "ok": True, "error": ""}
    ran = {**cell, "source": "# biopsies and sugar\njoin(tumours, diabetes)", "at": datetime.now(UTC)}
    with catalog.store.database.begin() as connection:
        connection.execute(tables.executions.insert().values(**ran))
    edges = [Edge(ref, "cell:n.ipynb#both", "read", "observed", datetime.now(UTC)) for ref in (tumours, diabetes)]
    catalog.lineage.add_edges(edges)
    assert names(catalog, BOB, "biopsies") == {"tumours", "diabetes"}
    catalog.restrict(Restrict(tumours, SECRET), ADMIN)
    assert names(catalog, BOB, "biopsies") == set(), "its text tells of the closed one"
    assert names(catalog, ADMIN, "biopsies") == {"tumours"}
    catalog.restrict(Restrict(tumours, "", False), ADMIN)
    assert names(catalog, BOB, "biopsies") == {"tumours", "diabetes"}


@pytest.fixture
def wired(project: object) -> Iterator[Perijove]:
    made = Perijove(project, door="cli")  # type: ignore[arg-type]
    yield made
    made.close()


def test_the_wiring_asks_the_same_of_lineage(wired: Perijove, lab: Path) -> None:
    from perijove.catalog.model import NewSource

    wired.catalog.add(NewSource("lab", str(lab)), OWNER)
    wired.tasks.wait(wired.catalog.start_scan("lab", OWNER).id, OWNER)
    ref = f"dataset:{lab.as_uri()}/tumours.parquet"
    wired.catalog.restrict(Restrict(ref, SECRET), ADMIN)
    assert wired.catalog.access.hidden(BOB, [ref]) == {ref} and not wired.catalog.access.hidden(ADMIN, [ref])
    with pytest.raises(NotFound):
        wired.lineage.around(Ref.parse(ref), who=BOB)
    at = datetime.now(UTC)
    wired.lineage.add_nodes([Node("cell:n.ipynb#load", "cell", "read('tumours.parquet')", "n.ipynb")])
    wired.lineage.add_edges([Edge(ref, "cell:n.ipynb#load", "read", "observed", at)])
    assert wired.search.search("tumours", 10, BOB).hits == []
    assert {hit.ref for hit in wired.search.search("tumours", 10, ADMIN).hits} == {ref, "cell:n.ipynb#load"}
    assert wired.lineage.schemas(ref.partition(":")[2])[:1] == ["mean radius"]  # type: ignore[index]
