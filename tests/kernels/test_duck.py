"""DuckDB is seen whatever becomes of its connections, and a person's own use of its log is left alone."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(120)
MAKE = "import duckdb\nfor name in 'abcd':\n    open(f'{name}.csv', 'w').write('x\\n1\\n')"


@pytest.fixture(scope="module")
def prepared(kernel):
    kernel.run(MAKE, "duck make")


def reads(kernel, cell):
    lines = [line for line in kernel.spooled("read") if line["cell"] == cell]
    return sorted(line["uri"].rpartition("/")[2] for line in lines)


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("closed", "duckdb.sql(\"from 'a.csv'\").df(); duckdb.close(); duckdb.sql(\"from 'b.csv'\").df()"),
        (
            "closed by its method",
            "duckdb.sql(\"from 'a.csv'\").df(); duckdb.sql(\"from 'b.csv'\").df(); duckdb.default_connection().close()",
        ),
        (
            "exchanged",
            "old = duckdb.default_connection(); old.sql(\"from 'a.csv'\").df()\n"
            "duckdb.set_default_connection(duckdb.connect()); duckdb.sql(\"from 'b.csv'\").df()",
        ),
        ("named", "duckdb.sql(\"from 'a.csv'\").df(); duckdb.connect(':default:').sql(\"from 'b.csv'\").df()"),
        (
            "cursors",
            "duckdb.cursor().sql(\"from 'a.csv'\").df()\n"
            "with duckdb.connect() as d: d.cursor().sql(\"from 'b.csv'\").df()",
        ),
        (
            "gone",
            "duckdb.connect().sql(\"from 'a.csv'\").df()\nd = duckdb.connect(); d.sql(\"from 'b.csv'\").df(); del d",
        ),
    ],
)
def test_connections_come_and_go(kernel, name, code):
    kernel.run(code, f"duck {name}")
    kernel.run("duckdb.sql(\"from 'c.csv'\").df()", f"duck after {name}")
    assert reads(kernel, f"duck {name}") == ["a.csv", "b.csv"]
    assert reads(kernel, f"duck after {name}") == ["c.csv"]


@pytest.mark.usefixtures("prepared")
def test_the_log_does_not_grow_with_the_cells(kernel):
    kernel.run("duckdb.close()", "duck fresh")
    kernel.run("for _ in range(300): duckdb.sql(\"from 'a.csv'\").fetchall()", "duck many")
    kernel.run(
        "kept = duckdb.sql('select count(*) from duckdb_logs()').fetchall()[0][0]; assert kept < 20, kept", "duck"
    )
    assert reads(kernel, "duck many") == ["a.csv"]


@pytest.mark.usefixtures("prepared")
def test_a_log_that_a_person_uses_is_not_emptied(kernel):
    kernel.run(
        "duckdb.close(); duckdb.sql(\"CALL enable_logging('QueryLog')\"); duckdb.sql('select 41 + 1')", "duck on"
    )
    kernel.run("duckdb.sql(\"from 'a.csv'\").df(); duckdb.sql('select 42 + 1').df()", "duck logged")
    kernel.run(
        "rows = duckdb.sql(\"select message from duckdb_logs where type = 'QueryLog'\").fetchall()\n"
        "said = [row[0] for row in rows]\n"
        "assert 'select 42 + 1' in said, said",
        "duck asks",
    )
    kernel.run("duckdb.close()", "duck off")
    kernel.run("duckdb.sql(\"from 'b.csv'\").df()", "duck again")
    assert reads(kernel, "duck again") == ["b.csv"]


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("made", ["c = duckdb.connect(); ", "import duckdb as c; "], ids=["own", "process"])
def test_what_a_connection_may_hold_is_not_denied(kernel, made):
    name = made.split()[0]
    kernel.run(
        f"""{made}letter = 'a'; c.execute(f"create or replace table held as from '{{letter}}.csv'")""", f"duck {name} 1"
    )
    kernel.run("c.sql('from held').df().to_csv('held.csv')", f"duck {name} 2")
    cell = next(line for line in kernel.spooled("cell") if line["cell"] == f"duck {name} 2")
    assert cell["uses"] == [f"duck {name} 1"] and not cell["carried"]


@pytest.mark.usefixtures("prepared")
def test_a_connection_without_access_to_files_is_left_alone(kernel):
    shut = "f = duckdb.connect(config={'enable_external_access': False}); print(f.sql('select 1 + 1').fetchall())"
    assert kernel.run(shut, "duck shut") == "[(2,)]\n"
    assert kernel.run("f.close(); print('alive')", "duck shut 2") == "alive\n"
