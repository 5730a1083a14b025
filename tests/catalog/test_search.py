"""The search finds what people mean, best first, and shows nobody what they may not read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.people import OWNER

from perijove.catalog import search_index
from perijove.catalog.cli import _say_hits
from perijove.catalog.documents import Document, impact, impacts
from perijove.catalog.model import Hits, Source
from perijove.catalog.search_index import Narrow
from perijove.catalog.service import Catalog
from perijove.catalog.shapes import NewAbout
from perijove.catalog.stem import stem
from perijove.catalog.tables import terms
from perijove.catalog.words import asked, bones, pieces
from perijove.core.database import Database
from perijove.core.model import Edge

Scan = Callable[..., Source]


def found(catalog: Catalog, question: str, **narrow: object) -> list[str]:
    return [hit.name for hit in catalog.search(question, OWNER, narrow=Narrow(**narrow)).hits]  # type: ignore[arg-type]


@pytest.fixture
def shop(catalog: Catalog, scan: Scan, lab: Path) -> Catalog:
    (lab / "custOrdersDly.csv").write_text("orderId,amount\n1,2\n")
    (lab / "amounts.csv").write_text("cust_orders\n1\n")
    scan("lab", "data")
    return catalog


def test_an_identifier_is_found_by_what_it_means(shop: Catalog) -> None:
    for question in ("customer orders daily", "custOrdersDly", "orders daily", "custorders", "ordering customers"):
        assert found(shop, question)[0] == "custOrdersDly", question
    assert found(shop, "orders") == ["custOrdersDly", "amounts"]
    assert found(shop, "ORD cust") == ["custOrdersDly", "amounts"]
    assert found(shop, "amt") == ["amounts", "custOrdersDly"]


def test_a_short_question_wants_all_its_words_and_the_last_may_be_unfinished(shop: Catalog) -> None:
    assert found(shop, "tumours texture") == ["tumours"]
    assert found(shop, "worst rad")[0] in ("tumours", "screenings", "visits")
    assert shop.search("mean rad worst", OWNER).hits[0].snippet.startswith("columns mean radius, ")
    hits = shop.search("amount", OWNER).hits
    assert [(hit.name, hit.matched, hit.snippet) for hit in hits] == [
        ("amounts", "name", "name amounts"),
        ("custOrdersDly", "column", "column amount"),
    ]
    assert found(shop, "nosuchword") == []
    assert len(shop.search("mean", OWNER, limit=2).hits) == 2
    assert shop.search("mean", OWNER, limit=2).total == 3


def test_nothing_asked_shows_what_there_is_and_facets_narrow_it(shop: Catalog) -> None:
    for nothing in ("", "  "):
        everything = shop.search(nothing, OWNER)
        assert everything.total == 6
    assert {facet.name for facet in everything.facets} == {"source", "format", "problem"}
    assert sorted(found(shop, "", format="parquet")) == ["screenings", "tumours", "visits"]
    assert found(shop, "amount", source="nosuch") == []
    assert found(shop, "", since=datetime(2999, 1, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize("question", ["%", "_", "'", '"', "(", "'; --", "¿?"])
def test_a_question_without_a_letter_or_digit_finds_nothing(shop: Catalog, question: str) -> None:
    answer = shop.search(question, OWNER)
    assert (answer.hits, answer.total, answer.more, answer.facets) == ([], 0, False, [])


def test_the_terminal_says_what_a_question_needs(capsys: pytest.CaptureFixture[str]) -> None:
    _say_hits(("%", "nosuch"), [Hits([], 0), Hits([], 0)])
    assert capsys.readouterr().out == (
        "Nothing matches “%”. Ask with a letter or a digit.\nNothing matches “nosuch”.\n"
    )


def test_an_exact_identifier_comes_first(catalog: Catalog, scan: Scan, lab: Path) -> None:
    wide = ",".join(f"c{n}" for n in range(5_000))
    values = ",".join("1" for _ in range(5_000))
    for name in ("first", "second"):
        (lab / f"{name}.csv").write_text(f"{wide}\n{values}\n")
    for n in range(7):
        (lab / f"c{n}.csv").write_text("c,other\n1,2\n")
    (lab / "c.4999.csv").write_text("c\n1\n")
    scan("lab", "data")
    assert set(found(catalog, "c4999")[:2]) == {"first", "second"}
    assert catalog.search("C4999", OWNER).hits[0].snippet == "column c4999"


def test_what_people_say_is_found_at_once(shop: Catalog) -> None:
    ref = shop.search("tumours", OWNER).hits[0].ref
    assert found(shop, "biopsy") == []
    about = NewAbout(
        ref, "Fine needle **biopsies** of Wisconsin.", ["lena"], ["gold"], {"mean radius": "In micrometres"}
    )
    shop.say(about, OWNER)
    for question, matched in (
        ("biopsy", "description"),
        ("lena", "owner"),
        ("gold", "tag"),
        ("micrometre", "description"),
    ):
        hits = shop.search(question, OWNER).hits
        assert [(hit.name, hit.matched) for hit in hits] == [("tumours", matched)]
    assert found(shop, "", tag="gold") == found(shop, "", owner="lena") == ["tumours"]
    shop.say(NewAbout(ref, ""), OWNER)
    assert found(shop, "biopsy") == []


def test_what_cells_do_with_it_is_found_and_use_lifts_it(shop: Catalog) -> None:
    from sqlalchemy import insert

    from perijove.core import tables

    refs = {hit.name: hit.ref for hit in shop.search("mean radius", OWNER).hits}
    now = datetime.now(UTC)
    for number in range(5):
        row = {
            "notebook": "n.ipynb",
            "cell": f"c{number}",
            "kernel": "k",
            "count": 1,
            "ok": True,
            "error": "",
            "at": now,
        }
        with shop.store.database.begin() as connection:
            connection.execute(insert(tables.executions).values(**row, source="churn = survival_model(frame)"))
        shop.lineage.add_edges([Edge(refs["visits"], f"cell:n.ipynb#c{number}", "read", "observed", now)])
    hits = shop.search("churn survival", OWNER).hits
    assert [(hit.name, hit.matched) for hit in hits] == [("visits", "cell")]
    assert found(shop, "")[0] == "visits", "without a question the most used comes first"


def test_a_scan_writes_only_what_changed(shop: Catalog, lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    put = search_index.put
    monkeypatch.setattr(search_index, "put", lambda *given: written.append(put(*given)))
    (lab / "fresh.csv").write_text("a\n1\n")
    assert shop.tasks.wait(shop.start_scan("lab", OWNER).id, OWNER).state == "done"
    assert written == [1] and found(shop, "fresh") == ["fresh"]


def test_an_index_is_the_same_whether_written_once_or_often(database: Database) -> None:
    first = [Document(f"dataset:{n}", "s", "csv", f"orders {n}", columns=["amount"], prior=n) for n in range(50)]
    with database.begin() as connection:
        search_index.put(connection, first)
        assert search_index.put(connection, first) == 0
        changed = [Document(f"dataset:{n}", "t", "csv", f"sales {n}", prior=50 - n) for n in range(25)]
        assert search_index.put(connection, changed) == 25
        search_index.drop(connection, [f"dataset:{n}" for n in range(40, 50)])
        both = [search_index.find(connection, question, 100).total for question in ("orders", "sales", "amount", "")]
        assert both == [15, 25, 15, 40]
        assert search_index.find(connection, "sales", 1).best[0].ref == "dataset:0"
        with_guard = search_index.find(connection, "sales", 10, [1, 2])
        assert with_guard.best == []


def test_words_and_impacts() -> None:
    assert pieces("custOrdersDly_v2 HTTPServer") == ["cust", "orders", "dly", "v", "2", "http", "server"]
    assert asked("What is the total of the orders?") == ["total", "orders"]
    assert asked("the") == ["the"]
    assert bones("daily") == bones("dly") == "dly"
    assert [stem(word) for word in ("orders", "ordered", "ordering")] == ["order"] * 3
    written = impacts(Document("dataset:x", "s", "csv", "größe_orders", columns=["order", "amount"]))
    assert impact(written, "order") > impact(written, "amount") > 0 == impact(written, "ord")
    assert impact(written, "größe") > 0


def test_words_of_any_language_are_found(database: Database) -> None:
    with database.begin() as connection:
        names = ["Größen", "注文", "заказы клиентов", "naïve_été", "one", "a" * 300, "¿?"]
        search_index.put(connection, [Document(f"dataset:{name}", "s", "csv", name) for name in names])
        for name in names[:5]:
            best = search_index.find(connection, name, 5).best
            assert [match.ref for match in best] == [f"dataset:{name}"]


def test_a_word_that_is_rare_in_names_lifts_what_is_called_so(database: Database) -> None:
    others = [Document(f"dataset:{n}", "s", "csv", f"lab{n}", columns=["building", "room"]) for n in range(30)]
    called = Document("dataset:b", "s", "csv", "buildings", columns=["street", "city", "state"])
    often = Document("dataset:o", "s", "csv", "rooms", columns=["building", "building_key", "building_name"])
    so_called = select(terms.c.documents).where(terms.c.term == "n~build")
    with database.begin() as connection:
        search_index.put(connection, [*others, called, often])
        assert [match.ref for match in search_index.find(connection, "building", 2).best] == ["dataset:b", "dataset:o"]
        assert connection.execute(so_called).scalar() == 1
        search_index.drop(connection, ["dataset:b"])
        assert connection.execute(so_called).scalar() == 0
