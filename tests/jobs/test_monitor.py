"""Drift is seen where there is some and not where there is none; alerts arrive once, or wait."""

from __future__ import annotations

import json

import pytest

from perijove.core.errors import Invalid
from perijove.jobs import alerts
from perijove.jobs.monitor import Watch
from tests.jobs.watching import normal, ran, scored


def test_a_run_on_the_same_population_is_steady(job, hook):
    found = Watch(job, send=hook).look()
    assert found.state == "steady"
    assert {(one.place, one.column): one.drifting for one in found.columns} == {
        ("in.csv", "x"): False,
        ("in.csv", "city"): False,
        ("predictions", "prediction"): False,
    }
    assert [(one.source, one.drifting) for one in found.history] == [("run", False)]
    assert hook.got == [] and found.alert.state == "none"


def test_a_shifted_input_drifts_and_is_told_once(job, profiles, hook):
    ran(job, profiles, normal(3, mean=1.5))
    found = Watch(job, send=hook).look()
    assert found.state == "drifting" and found.alert.state == "sent"
    assert [one.column for one in found.columns if one.drifting] == ["x"]
    assert "population stability index" in next(one.reason for one in found.columns if one.drifting)
    (address, message), *more = hook.got
    assert not more and address == "https://hooks.example/secret-token"
    assert message["columns"] == ["in.csv.x"] and message["job"] == "loans"
    assert Watch(job, send=hook).look().alert.state == "none"
    assert len(hook.got) == 1


def test_scoring_is_compared_with_the_training_of_its_model(job, profiles, hook):
    scored(job, profiles, normal(4))
    assert Watch(job, send=hook).look().state == "steady"
    scored(job, profiles, normal(5), answers=(1, 1, 1, 0))
    found = Watch(job, send=hook).look()
    assert [(one.place, one.column) for one in found.columns if one.drifting] == [("predictions", "prediction")]
    scored(job, profiles, normal(6, mean=3), sha256="of another model")
    found = Watch(job, send=hook).look()
    assert found.state == "steady" and not [one for one in found.columns if one.place == "features"]
    assert [one.drifting for one in found.history] == [False, False, True, False]


def test_a_new_run_makes_a_new_model_and_ends_the_old_ones_drift(job, profiles, hook):
    scored(job, profiles, normal(4, mean=3))
    assert Watch(job, send=hook).look().state == "drifting"
    ran(job, profiles, normal(7))
    assert Watch(job, send=hook).look().state == "steady"


def test_what_is_accepted_is_normal_from_then_on(job, profiles, hook):
    ran(job, profiles, normal(3, mean=1.5))
    scored(job, profiles, normal(3, mean=1.5), answers=(1, 1, 1, 0))
    assert Watch(job, send=hook).look().state == "drifting"
    assert Watch(job, send=hook).look(accept=True).state == "steady"
    ran(job, profiles, normal(1))
    assert Watch(job, send=hook).look().state == "drifting"
    assert set(json.loads((job / "reference.json").read_text())) == {"run", "scoring"}


def test_there_must_be_something_to_accept(job, hook):
    for path in (job / "outputs" / "profiles").iterdir():
        path.unlink()
    assert Watch(job, send=hook).look().state == "unknown"
    with pytest.raises(Invalid, match="no profile to accept"):
        Watch(job, send=hook).look(accept=True)


def test_a_breach_of_the_contract_is_told(job, profiles, hook):
    ran(job, profiles, normal(2), ["in.csv has no column 'y'."])
    found = Watch(job, send=hook).look()
    assert found.breaches == ["in.csv has no column 'y'."] and found.state == "steady"
    assert [message["breaches"] for _, message in hook.got] == [1]


@pytest.mark.parametrize("status", [None, 500, 302])
def test_an_alert_that_does_not_arrive_waits_and_names_no_address(job, profiles, hook, status):
    hook.status = status
    ran(job, profiles, normal(3, mean=1.5))
    found = Watch(job, send=hook).look()
    assert found.alert.state == "waiting" and found.alert.waiting == 1
    kept = (job / "outputs" / "monitor.json").read_text()
    assert "secret-token" not in found.alert.detail + kept and "hooks.example" not in found.alert.detail + kept
    hook.status = 200
    assert Watch(job, send=hook).look().alert.state == "sent"
    assert len(hook.got) == 1


@pytest.mark.parametrize("value", [None, "file:///etc/passwd", "hooks"])
def test_without_an_address_the_alert_is_kept(job, profiles, hook, monkeypatch, value):
    monkeypatch.delenv("JOB_ALERT_WEBHOOK")
    if value:
        monkeypatch.setenv("JOB_ALERT_WEBHOOK", value)
    ran(job, profiles, normal(3, mean=1.5))
    found = Watch(job, send=hook).look().alert
    assert found.state == ("waiting" if value else "off") and "JOB_ALERT_WEBHOOK" in found.detail
    assert not value or value not in found.detail
    assert hook.got == []


def test_a_real_webhook_gets_json():
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert alerts.post(f"http://127.0.0.1:{server.server_port}/", {"text": "drift"}) == 204
        thread.join()
    assert got == [{"text": "drift"}]


def test_a_history_of_another_version_is_made_again(job, profiles, hook):
    ran(job, profiles, normal(3, mean=1.5))
    Watch(job, send=hook).look()
    place = job / "outputs" / "monitor.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), "history": {"x": {"other": 1}}}))
    assert [one.drifting for one in Watch(job, send=hook).look().history] == [False, True]
    assert len(hook.got) == 1


@pytest.mark.parametrize("text", ["[monitor]\npsi = 'much'\n", "[monitor", None])
def test_settings_that_make_no_sense_are_named(job, text):
    config = job / "src" / "loans" / "config.toml"
    config.unlink() if text is None else config.write_text(text)
    with pytest.raises(Invalid, match="config.toml cannot be read"):
        Watch(job)


# -- its doors


def test_a_drifting_job_is_listed_as_such_until_it_is_steady(job, profiles, project, monkeypatch):
    from datetime import UTC, datetime

    from click.testing import CliRunner

    from perijove.cli import perijove
    from perijove.core.database import Database
    from perijove.jobs.model import Job
    from perijove.jobs.store import JobStore

    monkeypatch.delenv("JOB_ALERT_WEBHOOK", raising=False)
    database = Database(f"sqlite:///{project.state / 'state.db'}")
    store = JobStore(database)
    store.put(Job("loans", str(job), "new", "nb.ipynb", [], [], "", [], datetime.now(UTC), None))
    ran(job, profiles, normal(3, mean=1.5))
    told = CliRunner().invoke(perijove, ["job", "monitor", str(job), "--json"])
    assert told.exit_code == 1, told.output
    assert json.loads(told.stdout)["state"] == "drifting" and store.get("loans").state == "drifting"
    ran(job, profiles, normal(1))
    told = CliRunner().invoke(perijove, ["job", "monitor", str(job)])
    assert told.exit_code == 0 and "loans: steady" in told.stdout
    assert store.get("loans").state == "new"
    told = CliRunner().invoke(perijove, ["job", "monitor", str(job), "--key", "id"])
    assert isinstance(told.exception, Invalid) and "--labels" in told.exception.hint
    database.close()
