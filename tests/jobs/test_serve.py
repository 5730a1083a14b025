"""Serving: a model is kept and read again, rows are checked against its schema, and both doors answer the same."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from perijove.core.errors import Failed, Invalid
from perijove.jobs import lock, serve, serving
from perijove.jobs.verify import Silent
from tests.jobs import scoring as given

CONTRACT = {"loans.csv": {"age": {"kind": "integer", "nulls": 0.0, "min": 18, "max": 60}}}


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """The modules of a job after a run that trained a model, and the folder of its outputs."""
    root = tmp_path_factory.mktemp("served")
    modules = given.package(root, "served_loans", CONTRACT)
    table, bad = given.loans()
    model = given.model().fit(table, bad)
    modules["models"].save({"model": model, "n": 3}, [table], root / "outputs", root / "golden", False)
    return modules, root, model


@pytest.fixture
def scorer(job):
    modules, root, _ = job
    return modules["scoring"].scorer(root / "outputs")


@pytest.fixture
def client(job, scorer):
    from starlette.testclient import TestClient

    with TestClient(job[0]["serve"].app(scorer)) as made:
        yield made


GOOD = {"age": 30, "income": 41.5, "city": "Ulm", "member": True}


def test_the_model_is_read_again_as_it_was(job, scorer):
    _, _, model = job
    table, _ = given.loans(50)
    rows = [
        {key: None if value != value else value for key, value in one.items()}
        for one in table.astype(object).to_dict("records")
    ]
    found = scorer.predict(scorer.checked({"rows": rows}))
    assert [one["prediction"] for one in found] == model.predict(table).tolist()
    assert [one["probability_1"] for one in found] == model.predict_proba(table)[:, 1].tolist()


def test_the_schemas_are_valid_and_say_the_truth(client, scorer):
    import jsonschema

    told = client.get("/schema").json()
    for schema in (told["request"], told["response"]):
        jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate({"rows": [GOOD, {**GOOD, "income": None}]}, told["request"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"rows": [{**GOOD, "age": "x"}]}, told["request"])
    answer = client.post("/predict", json={"rows": [GOOD]})
    assert answer.status_code == 200
    jsonschema.validate(answer.json(), told["response"])
    properties = told["request"]["properties"]["rows"]["items"]["properties"]
    assert properties["age"]["description"] == "in the training from 18 to 60"  # the contract's word, not the table's
    assert properties["income"]["type"] == ["number", "null"] and properties["member"]["type"] == "boolean"


def test_health_names_the_model(client, scorer):
    assert client.get("/health").json() == {
        "status": "ok",
        "model": "model",
        "type": "sklearn.pipeline.Pipeline",
        "sha256": scorer.facts["sha256"],
    }


def test_a_value_out_of_range_is_answered_with_a_warning(client):
    answer = client.post("/predict", json={"rows": [GOOD, {**GOOD, "age": 90}]}).json()
    assert len(answer["predictions"]) == 2
    assert answer["warnings"] == ["age: 1 of 2 values are not between 18 and 60, for instance 90."]
    answer = client.post("/predict", json={"rows": [GOOD, {**GOOD, "city": "Atlantis"}]}).json()
    assert answer["warnings"] == [
        "city: 1 of 2 values were not seen in 400 rows of the training, for instance Atlantis."
    ]


BAD = {
    "a missing column": ({"age": 3, "city": "Ulm", "member": True}, None),
    "an unknown column": ({**GOOD, "more": 1}, "more"),
    "text for a number": ({**GOOD, "age": "thirty"}, "age"),
    "a truth value for a number": ({**GOOD, "age": True}, "age"),
    "half a whole number": ({**GOOD, "age": 1.5}, "age"),
    "a number for text": ({**GOOD, "city": 5}, "city"),
    "a number for a truth value": ({**GOOD, "member": 1}, "member"),
    "a null that was never there": ({**GOOD, "city": None}, "city"),
    "a number too large": ({**GOOD, "income": 1e308}, "income"),
    "a whole number too large": ({**GOOD, "age": 10**30}, "age"),
    "a list": ([1, 2], ""),
}


@pytest.mark.parametrize("case", [one for one in BAD if BAD[one][1] is not None])
def test_bad_rows_are_refused_by_place(client, case):
    row, column = BAD[case]
    answer = client.post("/predict", json={"rows": [GOOD, row]})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["hint"] and error["message"]
    assert {(one["row"], one["column"]) for one in error["problems"]} == {(1, column)}


def test_a_column_with_nulls_may_be_left_out(client):
    assert client.post("/predict", json={"rows": [BAD["a missing column"][0]]}).status_code == 200


BODIES = {
    "no JSON": (b"{", 400),
    "not a number": (b'{"rows": [{"age": NaN}]}', 400),
    "deep": (b"[" * 200_000, 400),
    "another shape": (b"[]", 422),
    "more keys": (b'{"rows": [{}], "x": 1}', 422),
    "no rows": (b'{"rows": []}', 422),
    "too many rows": (b'{"rows": [' + b",".join([b"{}"] * 10_001) + b"]}", 422),
    "too many bytes": (b" " * 8_000_001, 413),
}


@pytest.mark.parametrize("case", BODIES)
def test_bad_requests_get_a_status_of_4xx_and_what_to_do(client, case):
    content, status = BODIES[case]
    answer = client.post("/predict", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]["hint"]


def test_a_stream_is_not_read_past_the_limit(client):
    read = []

    def chunks():
        for at in range(100):
            read.append(at)
            yield b" " * 1_000_000

    answer = client.post("/predict", content=chunks(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_other_paths_and_kinds_are_named(client):
    assert client.get("/nowhere").status_code == 404
    assert client.get("/predict").status_code == 405
    assert client.post("/predict", content=b"a=1").status_code == 415
    assert "/schema" in client.get("/nowhere").json()["error"]["hint"]


def test_stopping_writes_a_profile_of_what_was_answered(job):
    from starlette.testclient import TestClient

    modules, root, _ = job
    with TestClient(modules["serve"].app(modules["scoring"].scorer(root / "outputs"))) as client:
        client.post("/predict", json={"rows": [GOOD, {**GOOD, "age": 90}]})
    profile = json.loads((root / "outputs" / "profile.json").read_text())
    assert (profile["source"], profile["rows"]) == ("serve", 2)
    assert profile["features"]["age"]["values"] == [[30.0, 0.5], [90.0, 0.5]]
    assert profile["breaches"] == ["age left what the model was trained on in 1 request."]


def test_a_file_is_scored_as_requests_are(job, scorer, tmp_path):
    from pyarrow import parquet

    modules, _, model = job
    table, _ = given.loans(30)
    table.assign(id=range(30)).to_parquet(tmp_path / "in.parquet")
    assert modules["serve"].batch(scorer, tmp_path / "in.parquet", tmp_path / "out.parquet") == 30
    found = parquet.read_table(tmp_path / "out.parquet").to_pydict()
    assert found["id"] == list(range(30))
    assert found["prediction"] == model.predict(table).tolist()
    assert found["probability_0"] == model.predict_proba(table)[:, 0].tolist()


@pytest.mark.parametrize("wrong", ["column", "kind", "clash", "text", "absent", "empty"])
def test_a_bad_file_is_refused_and_nothing_is_written(job, scorer, tmp_path, wrong):
    modules, _, _ = job
    table, _ = given.loans(30)
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    made = {
        "column": table.drop(columns="city"),
        "kind": table.assign(age="x"),
        "clash": table.assign(prediction=1),
        "empty": table.head(0),
    }
    if wrong in made:
        made[wrong].to_parquet(source)
    elif wrong == "text":
        source.write_text("not Parquet")
    with pytest.raises(modules["scoring"].BadRows) as refused:
        modules["serve"].batch(scorer, source, target)
    assert refused.value.hint
    assert not target.exists()


def test_a_file_with_many_bad_rows_says_how_many_more_there_are(job, scorer, tmp_path):
    modules, _, _ = job
    table, _ = given.loans(10_050)
    source = tmp_path / "in.parquet"
    table.assign(age="x").to_parquet(source)
    with pytest.raises(modules["scoring"].BadRows) as refused:
        modules["serve"].batch(scorer, source, tmp_path / "out.parquet")
    assert len(refused.value.problems) == 20
    lines = modules["scoring"].shown(refused.value.problems, refused.value.more).splitlines()
    assert (lines[0].startswith("row 0, age: "), lines[20:]) == (True, ["and 10,030 more"])


def test_a_file_that_cannot_be_written_is_said_and_nothing_is_left(job, scorer, tmp_path, monkeypatch):
    modules, _, _ = job
    table, _ = given.loans(30)
    table.to_parquet(tmp_path / "in.parquet")
    (tmp_path / "file").write_text("")
    bad_rows = modules["scoring"].BadRows
    with pytest.raises(bad_rows, match="out.parquet cannot be written: (File exists|Not a directory)") as refused:
        modules["serve"].batch(scorer, tmp_path / "in.parquet", tmp_path / "file" / "out.parquet")
    assert "--out" in refused.value.hint

    def read_only(self, target):
        raise OSError(errno.EROFS, "anything", str(self))

    monkeypatch.setattr(Path, "replace", read_only)
    with pytest.raises(bad_rows, match="out.parquet cannot be written: Read-only file system"):
        modules["serve"].batch(scorer, tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "in.parquet"]


def test_a_changed_pickle_is_not_read(job, tmp_path):
    import shutil

    modules, root, _ = job
    shutil.copytree(root / "outputs", tmp_path / "outputs")
    file = next((tmp_path / "outputs" / "models").glob("*.pickle"))
    file.write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    with pytest.raises(modules["models"].Unusable, match="is not the one that the run wrote"):
        modules["scoring"].scorer(tmp_path / "outputs")


def test_what_cannot_be_served_is_said(job, tmp_path):
    modules, root, _ = job
    models = modules["models"]
    with pytest.raises(models.Unusable, match="run the job first"):
        models.read(tmp_path)
    with pytest.raises(models.Unusable, match="no model 'other'"):
        models.read(root / "outputs", "other")
    with pytest.raises(models.Unusable, match="was not kept as onnx"):
        models.read(root / "outputs", "", "onnx")
    local = type("Local", (), {"predict": lambda self, rows: rows})()
    models.save({"local": local}, [], tmp_path, tmp_path, False)
    with pytest.raises(models.Unusable, match="cannot be written to a file"):
        models.read(tmp_path)


def test_arrays_texts_and_boosters_are_served(job, tmp_path):
    import numpy as np
    import xgboost
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline

    modules, _, _ = job
    random = np.random.default_rng(1)
    x = random.normal(size=(60, 3))
    line = LinearRegression().fit(x, x @ [1, 2, 3])
    trees = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(x, x[:, 0] > 0)
    texts = ["good day", "bad night"] * 10
    words = make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, [1, 0] * 10)
    golden = tmp_path / "golden"
    golden.mkdir()
    (golden / "s.json").write_text(json.dumps(texts))
    (golden / "values.json").write_text(json.dumps({"values": [{"name": "words", "sample": "s.json"}]}))
    outputs = {"line": line, "trees": trees, "booster": trees.get_booster(), "words": words}
    modules["models"].save(outputs, [x], tmp_path, golden, False)
    row = {f"x{at}": value for at, value in enumerate(x[0].tolist())}
    wanted = {
        "line": line.predict(x[:1])[0],
        "trees": int(trees.predict(x[:1])[0]),
        "booster": float(trees.predict_proba(x[:1])[0, 1]),
    }
    for name, value in wanted.items():
        ready = modules["scoring"].scorer(tmp_path, name)
        assert ready.predict(ready.checked({"rows": [row]}))[0]["prediction"] == pytest.approx(value), name
    ready = modules["scoring"].scorer(tmp_path, "words")
    found = ready.predict(ready.checked({"rows": [{"text": "good day"}, {"text": "bad night"}]}))
    assert [one["prediction"] for one in found] == [1, 0]


def test_a_real_server_listens_answers_and_stops(job):
    """On a free port, in a process of its own, ended by the signal that people and containers send."""
    import httpx

    _, root, _ = job
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom served_loans import scoring, serve\n"
        "ready = scoring.scorer(Path(sys.argv[2]))\n"
        "sys.exit(serve.listen(ready, '127.0.0.1', 0, lambda address: print(address, flush=True)))"
    )
    argv = [sys.executable, "-c", code, str(root / "job" / "src"), str(root / "outputs")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:")
            with httpx.Client(base_url=address, timeout=60) as client:
                assert client.get("/health").json()["status"] == "ok"
                assert client.post("/predict", json={"rows": [GOOD]}).json()["predictions"][0]["prediction"] in (0, 1)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
    assert json.loads((root / "outputs" / "profile.json").read_text())["rows"] == 1


# -- what an export adds


LISTED = {
    "values": [{"name": "model", "kind": "model", "type": "xgboost.sklearn.XGBClassifier", "file": "model.json"}],
    "packages": {"scikit-learn": "1.9.1", "Starlette": "1.9.0"},
    "python": "3.11.7",
}


def test_groups_take_the_kernels_versions(monkeypatch):
    groups = serving.extras(LISTED)
    assert "starlette==1.9.0" in groups["serve"]
    assert [one.partition("==")[0] for one in groups["portable"]] == sorted(serving.PORTABLE)
    number = {"values": [{"name": "out", "kind": "number"}], "packages": {}}
    assert serving.extras(number) == {}


def test_a_lock_that_cannot_be_made_is_left_out(monkeypatch):
    def locked(lines, *_):
        if any(one.startswith("treelite") for one in lines):
            raise Failed("No such package.")
        return "".join(f"{one}\n" for one in lines)

    monkeypatch.setattr(lock, "lock", locked)
    needs = lock.Needs(("scikit-learn==1.9.1",), {"scikit-learn": "1.9.1"}, ())
    own, beside = serving.files(serving.extras(LISTED), needs, LISTED, "3.11", lambda name: name)
    assert set(own) == set(serving.FILES) and set(beside) == {serving.SERVE_LOCK}
    assert "scikit-learn==1.9.1" in beside[serving.SERVE_LOCK] and "uvicorn" in beside[serving.SERVE_LOCK]


def test_serving_a_job_without_a_model_is_refused(tmp_path):
    (tmp_path / ".perijove-job.json").write_text(json.dumps({"name": "plain", "files": {}, "python": "3.11.7"}))
    with pytest.raises(Invalid, match="yields no model"):
        serve.prepared(tmp_path, ["serve"], tmp_path / "envs", Silent())
