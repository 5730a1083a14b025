"""What other systems send as OpenLineage is taken in, once, and meets what our own cells read and wrote."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from tests.core.kernel import A, Kernel, data, short
from tests.core.openlineage.spec import BASE, MADE, completed, examples, problems

from perijove.core.database import Database
from perijove.core.errors import Invalid
from perijove.core.impact import impact
from perijove.core.lineage import Lineage
from perijove.core.openlineage.intake import Intake
from perijove.core.openlineage.naming import Name, dataset_name, dataset_uri, job_name, job_ref
from perijove.core.project import Project
from perijove.core.refs import Ref
from perijove.core.tables import metadata

OURS = "perijove://shop"
FILE = {"namespace": "file", "name": "/data/a.parquet"}
LAKE = {"namespace": "s3://lake", "name": "sales/orders"}


@pytest.fixture
def intake(lineage: Lineage) -> Intake:
    return Intake(lineage, OURS)


def event(inputs: list[Any], outputs: list[Any], number: int = 1, **more: Any) -> dict[str, Any]:
    return completed(
        {"eventType": "COMPLETE", "job": {"namespace": "airflow://prod", "name": "daily.load"}}
        | {"inputs": inputs, "outputs": outputs, **more},
        number,
    )


def edges(lineage: Lineage, ref: str, **more: Any) -> set[tuple[str, str, str]]:
    graph = lineage.around(Ref.parse(ref), 5, 5, **more)
    return {(short(edge.source), edge.kind, short(edge.target)) for edge in graph.edges}


def test_every_example_of_the_specification_is_taken(intake: Intake) -> None:
    events = [one for _, one in examples("valid")]
    taken = intake.take(events)
    assert (taken.accepted, taken.known, taken.wrong) == (len(events), 0, [])
    partial = [completed(one, number) for number, (_, one) in enumerate(examples("partial"), 100)]
    assert [problem for one in partial for problem in problems(one)] == []
    taken = intake.take(partial)
    assert (taken.accepted, taken.wrong) == (len(partial), [])
    for number, (place, facets) in enumerate(examples("facets"), 1000):
        side = "dataset" if "Dataset" in place else "job" if "Job" in place or "Lineage" in place else "run"
        one = event([], [], number)
        target = one[side] if side != "dataset" else {**FILE}
        target["facets"] = copy.deepcopy(facets)
        one["outputs"] = [target] if side == "dataset" else []
        assert intake.take(completed(one, number)).accepted == 1, place


def test_what_is_wrong_is_said_with_its_place(intake: Intake) -> None:
    whole = event([FILE], [LAKE])
    wrong = [
        ({**whole, "run": {}}, "runId"),
        ({**whole, "run": {"runId": "seven"}}, "“seven” is not a UUID"),
        ({**whole, "eventTime": "yesterday"}, "“yesterday” is not a time"),
        ({**whole, "eventTime": "0001-01-01T00:00:00+14:00"}, "is not a time"),
        ({**whole, "eventTime": "9999-12-31T23:59:59-14:00"}, "is not a time"),
        ({**whole, "eventType": "DONE"}, "DONE"),
        ({**whole, "producer": "me and you"}, "producer"),
        ({**whole, "inputs": [{"name": "x"}]}, "namespace"),
        ({**whole, "job": None}, "neither a job nor a dataset"),
        ({**whole, "outputs": [{**LAKE, "facets": {"schema": {"fields": []}}}]}, "outputs[0].facets.schema lacks"),
        ({**whole, "outputs": [{**LAKE, "name": "x" * 1200}]}, "longer than 1000"),
        (examples("invalid")[0][1], "runId"),
        (17, "object"),
    ]
    for one, reason in wrong:
        with pytest.raises(Invalid, match="is not understood") as told:
            intake.take(one)
        assert reason in told.value.message
    taken = intake.take([whole, *(one for one, _ in wrong)])
    assert (taken.accepted, [one.index for one in taken.wrong]) == (1, list(range(1, len(wrong) + 1)))


def test_an_event_sent_again_counts_once(intake: Intake) -> None:
    one = event([FILE], [LAKE])
    assert intake.take([one, one]).accepted == 1
    assert intake.take(one).known == 1
    assert intake.take({**one, "eventType": "START"}).accepted == 1
    running = {**one, "eventType": "RUNNING"}
    assert intake.take([running, {**running, "eventTime": "2026-11-01T13:00:00Z"}]).accepted == 2


def test_others_data_meets_ours(intake: Intake, project: Project, database: Database, lineage: Lineage) -> None:
    kernel = Kernel(project, database, lineage)
    lake, table = "s3://lake/sales/orders", "postgresql://ana@db.example/shop#orders"
    kernel.line("read", "x", uri=A)
    kernel.line("write", "x", uri=lake)
    kernel.line("write", "x", uri=table)
    kernel.cell("x")
    lineage.before_reading()
    named = {"namespace": "postgres://db.example:5432", "name": "shop.public.orders"}
    s3a = {"namespace": "s3a://lake", "name": "/sales/orders/"}
    intake.take([event([s3a], [], 1), event([named], [{"namespace": "snowflake://acme-x", "name": "db.s.t"}], 2)])
    assert edges(lineage, data("a")) >= {
        (f"dataset:{lake}", "read", "job:airflow://prod/daily.load"),
        (f"dataset:{table}", "read", "job:airflow://prod/daily.load"),
        ("job:airflow://prod/daily.load", "wrote", "dataset:snowflake://acme-x/db#s.t"),
    }


def test_explicit_lineage_makes_no_product_of_inputs_and_outputs(intake: Intake, lineage: Lineage) -> None:
    other, report, made = ({"namespace": "file", "name": f"/data/{name}.parquet"} for name in "bcd")
    entries = [
        {**report, "type": "DATASET", "inputs": [{**FILE, "type": "DATASET"}]},
        {**made, "type": "DATASET", "inputs": []},
        {"type": "JOB", "inputs": [{"namespace": "airflow://prod", "name": "daily.extract", "type": "JOB"}]},
    ]
    job = {"namespace": "airflow://prod", "name": "daily.load", "facets": {"lineage": {"entries": entries}}}
    intake.take(event([FILE, other], [report, made], job=job))
    load = "job:airflow://prod/daily.load"
    assert edges(lineage, data("c")) == {("a", "read", load), (load, "wrote", "c")}
    assert edges(lineage, data("d")) == {(load, "wrote", "d")}
    assert edges(lineage, data("b")) == {("b", "read", load)}
    assert ("job:airflow://prod/daily.extract", "fed", load) in edges(lineage, load)


def test_columns_that_others_report_are_followed(intake: Intake, lineage: Lineage) -> None:
    by_name = {one["job"]["name"]: one for _, one in examples("partial") if "name" in one.get("job", {})}
    merge = by_name["delta_integration_test.execute_merge_into_command.delta_new-events"]
    inputs = [{"namespace": "file", "name": f"/tmp/delta/{name}"} for name in ("updates", "unrelated")]
    intake.take(completed({**merge, "inputs": inputs}, 1))
    updates = Ref.parse("dataset:file:///tmp/delta/updates")
    found = impact(lineage, updates, "updated_at")
    assert [(one.ref, one.columns, one.level) for one in found.items if one.kind == "dataset"] == [
        ("dataset:file:///tmp/delta/new-events", ["last_updated_at"], "column")
    ]
    assert impact(lineage, updates, "other").items == []
    up = lineage.around(Ref.parse("dataset:file:///tmp/delta/new-events"), 3, 0)
    assert "dataset:file:///tmp/delta/unrelated" not in {node.ref for node in up.nodes}


URIS = [
    ("file:///data/orders.parquet", Name("file", "/data/orders.parquet")),
    ("file:///data/two%20words%23.csv", Name("file", "/data/two words#.csv")),
    ("s3://lake/sales/orders", Name("s3://lake", "sales/orders")),
    ("gs://lake/x.csv", Name("gs://lake", "x.csv")),
    ("abfss://box@acme.dfs.core.windows.net/x/y", Name("abfss://box@acme.dfs.core.windows.net", "x/y")),
    ("postgresql://db.example/shop#s.orders", Name("postgres://db.example:5432", "shop.s.orders")),
    ("postgresql://db.example/shop#orders", Name("postgres://db.example:5432", "shop.public.orders")),
    ("postgresql://db.example:6543/shop#orders", Name("postgres://db.example:6543", "shop.public.orders")),
    ("mysql://db.example/shop#orders", Name("mysql://db.example:3306", "shop.orders")),
    ("sqlite:////data/wine.db#wines", Name("sqlite:////data/wine.db", "wines")),
    ("bigquery://acme/sales#orders", Name("bigquery", "acme.sales.orders")),
    ("https://data.example/x.csv", Name("https://data.example", "/x.csv")),
    ("openlineage://food_delivery/public.menus", Name("food_delivery", "public.menus")),
]


@pytest.mark.parametrize(("uri", "name"), URIS)
def test_datasets_are_named_as_the_specification_says_and_back(uri: str, name: Name) -> None:
    assert dataset_name(uri) == name
    assert dataset_uri(name) == uri


def test_jobs_are_named_and_back() -> None:
    for ref in ("cell:work/a b.ipynb#x1", "job:churn", "job:airflow://prod/daily.load"):
        assert job_ref(job_name(ref, OURS), OURS) == ref
    assert job_name("cell:work/n.ipynb#x1", OURS) == Name(f"{OURS}/work/n.ipynb", "x1")


def test_the_schemas_are_those_of_2_0_2() -> None:
    assert problems({"eventTime": "2026-11-01T12:00:00Z", "producer": MADE, "schemaURL": BASE}) != []


def test_a_file_of_events_is_a_file_and_a_deep_line_is_only_not_understood(tmp_path: Path) -> None:
    from perijove.core.openlineage.cli import _parts

    deep = tmp_path / "deep.ndjson"
    deep.write_text("1\n" + "[" * 100_000 + "]" * 100_000 + "\n")
    ((first, (one, other)),) = _parts(str(deep))
    assert (first, one) == (0, 1) and isinstance(other, str)
    with pytest.raises(Invalid, match="is no file"):
        list(_parts("/dev/zero"))


def test_no_login_and_no_key_of_a_name_is_kept(intake: Intake, lineage: Lineage) -> None:
    secret = "hunter2"
    far = {"namespace": f"https://u:{secret}@files.example", "name": f"/x.csv?sig={secret}&part=3"}
    shop = {"namespace": f"postgres://me:{secret}@db:5432", "name": "shop.public.orders"}
    sent = event([far, shop], [{**LAKE}])
    sent["producer"] = f"https://u:{secret}@ci.example/job?token={secret}"
    sent["job"]["namespace"] = f"airflow://u:{secret}@prod"
    assert intake.take(sent).accepted == 1
    with lineage.database.read() as connection:
        kept = [str(row) for table in metadata.sorted_tables for row in connection.execute(table.select())]
    assert not [row for row in kept if secret in row]
    assert ("dataset:https://files.example/x.csv?part=3", "read", "job:airflow://prod/daily.load") in {
        (edge.source, edge.kind, edge.target)
        for edge in lineage.around(Ref.parse("job:airflow://prod/daily.load"), 1, 1).edges
    }
