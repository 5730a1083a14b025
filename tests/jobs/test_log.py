"""The program that a choice is taken from: as a kernel ran it, or as the notebook reads; and what is odd about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from perijove.core import tables
from perijove.core.database import Database
from perijove.core.errors import Invalid, NotFound
from perijove.core.executions import Executions
from perijove.core.lineage import Lineage
from perijove.core.model import Edge
from perijove.core.project import Project
from perijove.core.spool import Spool
from perijove.jobs.choose import pick
from perijove.jobs.model import Choice, LineRef
from perijove.jobs.notebook import read_notebook

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'state.db'}")
    yield database
    database.close()


@pytest.fixture
def log(database):
    return Executions(database)


@pytest.fixture
def ran(database):
    """Notes that cells ran, each given as id, source and whatever else is not as usual."""
    steps = [0]

    def note(*runs, kernel="k1", count=0):
        rows = []
        for at, (cell, source, *other) in enumerate(runs, 1):
            steps[0] += 1
            row = {"notebook": "a.ipynb", "cell": cell, "kernel": kernel, "count": count + at, "ok": True}
            row |= {"source": source, "error": "", "at": START + timedelta(seconds=steps[0])}
            rows.append(row | (other[0] if other else {}))
        with database.begin() as connection:
            connection.execute(insert(tables.executions), rows)

    return note


@pytest.fixture
def notebook(tmp_path):
    def write(**cells):
        path = tmp_path / "a.ipynb"
        raw = [{"cell_type": "code", "id": name, "source": text} for name, text in cells.items()]
        path.write_text(json.dumps({"cells": raw, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        return read_notebook(path, "a.ipynb")

    return write


def kept(picked):
    """The kept entries as (cell, run, lines)."""
    return [(picked.entries[one.cell].cell, picked.entries[one.cell].nth, one.first) for one in picked.found.statements]


def kinds(picked):
    return [one.kind for one in picked.findings]


def test_a_session_ends_where_the_counter_begins_anew(log, ran):
    ran(("a", "x = 1"), ("b", "y = 2"))
    ran(("a", "x = 3"))
    assert [one.source for one in log.session("a.ipynb").executions] == ["x = 3"]
    assert [len(one.executions) for one in log.sessions("a.ipynb")] == [1, 2]
    assert log.session("other.ipynb") is None


def test_the_newest_session_counts_whatever_order_lines_were_taken_in(log, ran):
    ran(("a", "x = 2"), kernel="k2")
    ran(("a", "x = 1", {"at": START - timedelta(hours=1)}))
    assert log.session("a.ipynb").kernel == "k2"
    assert log.session("a.ipynb", "k1").executions[0].source == "x = 1"


def test_without_a_log_the_notebook_counts(notebook, log):
    picked = pick(notebook(a="x = 1", b="y = 2", c="out = x"), Choice("a.ipynb", ["c"]), log)
    assert (picked.order, kept(picked), picked.findings) == ("document", [("a", 1, 1), ("c", 1, 1)], ())


def test_the_log_alone_is_refused_where_there_is_none(notebook, log):
    with pytest.raises(NotFound, match="Nothing is known of how a.ipynb ran"):
        pick(notebook(a="x = 1"), Choice("a.ipynb", ["a"], order="log"), log)


def test_a_log_that_tells_the_same_story_gives_the_order_of_the_notebook(notebook, log, ran):
    book = notebook(a="x = 1", b="y = 2", c="out = x + y")
    ran(("b", "y = 2"), ("a", "x = 1"), ("b", "y = 2"), ("c", "out = x + y"))
    picked = pick(book, Choice("a.ipynb", ["c"]), log)
    assert (picked.order, kept(picked), picked.findings) == ("document", [("a", 1, 1), ("b", 1, 1), ("c", 1, 1)], ())


def test_an_order_that_matters_is_kept_and_named(notebook, log, ran):
    book = notebook(a="x = [1]", b="x.append(2)", c="x.append(3)", d="out = x")
    ran(("a", "x = [1]"), ("c", "x.append(3)"), ("b", "x.append(2)"), ("d", "out = x"))
    picked = pick(book, Choice("a.ipynb", ["d"]), log)
    assert [name for name, _, _ in kept(picked)] == ["a", "c", "b", "d"]
    assert (picked.order, kinds(picked)) == ("log", ["out_of_order"])
    assert picked.findings[0].message == "Cell 2 (c) ran before cell 1 (b), which stands above it."
    document = pick(book, Choice("a.ipynb", ["d"], order="document"), log)
    assert (document.order, kinds(document)) == ("document", ["out_of_order"])


def test_a_cell_that_ran_again_counts_as_often_as_it_matters(notebook, log, ran):
    book = notebook(a="x = [1]", b="x.append(2)", c="out = x")
    ran(("a", "x = [1]"), ("b", "x.append(2)"), ("b", "x.append(2)"), ("c", "out = x"))
    picked = pick(book, Choice("a.ipynb", ["c"]), log)
    assert kept(picked) == [("a", 1, 1), ("b", 1, 1), ("b", 2, 1), ("c", 1, 1)]
    assert [(one.kind, one.message) for one in picked.findings] == [
        ("run_again", "Cell 1 (b) ran 2 times, and each run counts.")
    ]
    assert picked.entries[2].label == "cell 1 (b), second run"


def test_a_run_that_a_later_one_makes_void_is_left_out(notebook, log, ran):
    book = notebook(a="x = [1]", b="x.append(2)", c="out = x")
    for _ in range(2):
        ran(("a", "x = [1]"), ("b", "x.append(2)"), count=2 * _)
    ran(("c", "out = x"), count=4)
    picked = pick(book, Choice("a.ipynb", ["c"], order="log"), log)
    assert kept(picked) == [("a", 2, 1), ("b", 2, 1), ("c", 1, 1)]
    assert picked.findings == ()


def test_a_deleted_cell_is_still_there_and_named(notebook, log, ran):
    ran(("gone", "x = 1"), ("c", "out = x"))
    picked = pick(notebook(c="out = x"), Choice("a.ipynb", ["c"], kernel_id="k1"), log)
    assert kept(picked) == [("gone", 1, 1), ("c", 1, 1)]
    assert kinds(picked) == ["hidden_state"]
    assert "began with “x = 1”" in picked.findings[0].message


def test_a_text_that_changed_since_counts_as_it_ran_in_a_live_kernel(notebook, log, ran):
    book = notebook(a="x = 5", c="out = x")
    ran(("a", "x = 1"), ("c", "out = x"))
    live = pick(book, Choice("a.ipynb", ["c"], kernel_id="k1"), log)
    assert (live.order, kinds(live), live.entries[0].source) == ("log", ["changed_since_run"], "x = 1")
    later = pick(book, Choice("a.ipynb", ["c"]), log)
    assert (later.order, later.entries[0].source) == ("document", "x = 5")


def test_a_failed_cell_counts_up_to_the_line_where_it_failed(notebook, log, ran):
    book = notebook(a="x = 1", b="x = 2\nx = 1 / 0\nx = 3", c="out = x")
    failed = {"ok": False, "error": "line 2: ZeroDivisionError: division by zero"}
    ran(("a", "x = 1"), ("b", book.cells[1].source, failed), ("c", "out = x"))
    picked = pick(book, Choice("a.ipynb", ["c"], order="log"), log)
    assert kept(picked) == [("a", 1, 1), ("b", 1, 1), ("c", 1, 1)]
    assert kinds(picked) == ["hidden_state"]
    assert "failed in line 2" in picked.findings[0].message


def test_a_failed_cell_that_does_not_matter_says_nothing(notebook, log, ran):
    book = notebook(a="x = 1", b="y = 1 / 0", d="def", c="out = x")
    ran(("a", "x = 1"), ("b", "y = 1 / 0", {"ok": False}), ("d", "def", {"ok": False}), ("c", "out = x"))
    picked = pick(book, Choice("a.ipynb", ["c"], order="log"), log)
    assert (kept(picked), picked.findings) == ([("a", 1, 1), ("c", 1, 1)], ())


def test_a_cell_that_failed_cannot_be_chosen(notebook, log, ran):
    ran(("a", "x = 1 / 0", {"ok": False}))
    with pytest.raises(Invalid, match=r"Cell 0 \(a\) failed when it ran"):
        pick(notebook(a="x = 1 / 0"), Choice("a.ipynb", ["a"], order="log"), log)


def test_the_last_run_that_went_well_is_chosen(notebook, log, ran):
    ran(("a", "x = 1"), ("a", "x = 2"), ("a", "x = 1 / 0", {"ok": False}))
    picked = pick(notebook(a="x = 2"), Choice("a.ipynb", ["a"], order="log"), log)
    assert picked.targets == (1,)


def test_a_secret_that_was_masked_comes_from_the_notebook_if_it_still_fits(notebook, log, ran):
    ran(("a", "token = '***'\nx = 1"), ("c", "out = [x, token]"))
    fits = pick(notebook(a="token = 'abc'\nx = 1", c="out = [x, token]"), Choice("a.ipynb", ["c"], order="log"), log)
    assert (fits.entries[0].source, fits.findings) == ("token = 'abc'\nx = 1", ())
    gone = pick(notebook(a="y = 1", c="out = [x, token]"), Choice("a.ipynb", ["c"], order="log"), log)
    assert ("secret", "refusal") in [(one.kind, one.severity) for one in gone.findings]


def test_a_variable_counts_at_the_end(notebook, log):
    picked = pick(notebook(a="x = [1]", b="out = x", c="x.append(2)"), Choice("a.ipynb", variable="x"), log)
    assert (picked.targets, [name for name, _, _ in kept(picked)]) == ((), ["a", "c"])


def test_a_run_is_traced_to_the_cell_that_logged_it(notebook, log, database):
    book = notebook(a="x = 1", b="y = 2", c="print(x)")
    Lineage(database).add_edges([Edge("cell:a.ipynb#c", "run:7", "logged", "observed", START)])
    assert [name for name, _, _ in kept(pick(book, Choice("a.ipynb", ref="run:7"), log))] == ["a", "c"]
    with pytest.raises(NotFound, match="No cell of a.ipynb is known to have made run:8"):
        pick(book, Choice("a.ipynb", ref="run:8"), log)


def test_a_file_is_traced_to_the_cell_that_writes_it(notebook, log, tmp_path):
    book = notebook(a="import pandas as pd\ndf = pd.DataFrame()", b="df.to_csv('x.csv')", c="df.to_csv('y.csv')")
    picked = pick(book, Choice("a.ipynb", ref=f"dataset:{(tmp_path / 'x.csv').as_uri()}"), log)
    assert [name for name, _, _ in kept(picked)] == ["a", "a", "b"]


def test_lines_are_forced_in_and_out(notebook, log):
    book = notebook(a="x = 1\ny = 2", b="x += 1", c="out = x")
    picked = pick(book, Choice("a.ipynb", ["c"], keep=[LineRef("a", 2)], drop=[LineRef("1", 1)]), log)
    assert kept(picked) == [("a", 1, 1), ("a", 1, 2), ("c", 1, 1)]
    assert picked.warnings == [
        "Line 1 of cell 1 (b) left out by hand is needed by cell 2 (c): defines x. Take it in again."
    ]


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({}, "Nothing is chosen"),
        ({"cells": ["a"], "variable": "x"}, "not several of them"),
        ({"variable": "nobody"}, "No cell defines"),
        ({"ref": "job:x"}, "no ref of a run"),
        ({"cells": ["a"], "drop": [LineRef("a", 9)]}, "holds no statement"),
    ],
)
def test_a_choice_that_means_nothing_is_refused_in_a_sentence(notebook, log, wish, words):
    with pytest.raises(Invalid, match=words):
        pick(notebook(a="x = 1"), Choice("a.ipynb", **wish), log)


def test_a_spooled_line_says_where_a_cell_failed(database, tmp_path, log):
    spool = Spool(Project(tmp_path, tmp_path / ".perijove"), database, Lineage(database))
    line = {"type": "cell", "notebook": "a.ipynb", "cell": "a", "count": 1, "ok": False, "source": "1\n1 / 0"}
    line |= {"error": "ZeroDivisionError: division by zero", "line": 2, "kernel": "k", "at": START.isoformat()}
    spool.folder.mkdir(parents=True)
    (spool.folder / "k.jsonl").write_text(json.dumps(line) + "\n")
    (one,) = Executions(database, spool.take_in).session("a.ipynb").executions
    assert (one.line, one.error, one.ok) == (2, "ZeroDivisionError: division by zero", False)


def test_two_runs_at_the_same_time_are_two_sessions(notebook, log, ran):
    book = notebook(a="x = 1", b="y = x")
    ran(("a", "x = 1"), kernel="alone-1")
    ran(("a", "x = 1"), kernel="alone-2")
    ran(("b", "y = x"), kernel="alone-1", count=1)
    ran(("b", "y = x"), kernel="alone-2", count=1)
    assert [(one.kernel, len(one.executions), one.alone) for one in log.sessions("a.ipynb")] == [
        ("alone-2", 2, True),
        ("alone-1", 2, True),
    ]
    found = pick(book, Choice("a.ipynb", cells=["b"], kernel_id="gone"), log)
    assert sorted(found.found.value_cells) == [0, 1] and not found.found.notes.missing
