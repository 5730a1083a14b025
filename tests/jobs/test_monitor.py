"""Drift is seen where there is some and not where there is none; alerts arrive once, or wait."""

from __future__ import annotations

import json
import os

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
    later = Watch(job, send=hook).look()
    assert later.state == "steady" and [one.drifting for one in later.history] == [False, True, True]
    assert later.history[-1].worst_psi > 0.2 and len(hook.got) == 2
    ran(job, profiles, normal(1))
    assert Watch(job, send=hook).look().state == "drifting"
    assert set(json.loads((job / "reference.json").read_text())) == {"run", "scoring"}


def test_what_is_accepted_at_once_is_in_the_history_as_it_was(job, profiles, hook):
    ran(job, profiles, normal(3, mean=1.5))
    assert Watch(job, send=hook).look(keep=False).state == "drifting"
    accepted = Watch(job, send=hook).look(accept=True)
    assert accepted.state == "steady" and hook.got == []
    assert [one.drifting for one in Watch(job, send=hook).look().history] == [False, True]


def test_word_of_a_breach_is_sent_whether_or_not_the_drift_was_accepted(job, profiles, hook):
    ran(job, profiles, normal(3, mean=1.5), breaches=["in.csv has no column “x”."])
    hook.status = 500
    assert Watch(job, send=hook).look().alert.state == "waiting"
    hook.status = 200
    assert Watch(job, send=hook).look(accept=True).alert.state == "sent"
    assert "break the contract" in hook.got[0][1]["text"] and "drifted" not in hook.got[0][1]["text"]


def test_word_of_what_was_accepted_since_is_not_sent(job, profiles, hook, monkeypatch):
    address = os.environ["JOB_ALERT_WEBHOOK"]
    monkeypatch.delenv("JOB_ALERT_WEBHOOK")
    ran(job, profiles, normal(3, mean=1.5))
    assert Watch(job, send=hook).look().alert.waiting == 1
    assert Watch(job, send=hook).look(accept=True).alert.state == "none"
    monkeypatch.setenv("JOB_ALERT_WEBHOOK", address)
    assert Watch(job, send=hook).look().alert.state == "none" and hook.got == []


def test_a_look_that_keeps_nothing_writes_and_sends_nothing(job, profiles, hook):
    ran(job, profiles, normal(3, mean=1.5))
    before = sorted((path, path.stat().st_mtime_ns) for path in job.rglob("*"))
    seen = Watch(job, send=hook).look(keep=False)
    assert (seen.state, seen.alert.state, len(seen.history)) == ("drifting", "waiting", 2)
    assert sorted((path, path.stat().st_mtime_ns) for path in job.rglob("*")) == before and hook.got == []
    hook.status = 500
    assert Watch(job, send=hook).look().alert.state == "waiting"
    hook.status = 200
    kept = Watch(job, send=hook).look(keep=False).alert
    assert (kept.state, kept.waiting, hook.got) == ("waiting", 1, [])
    assert Watch(job, send=hook).look().alert.state == "sent" and len(hook.got) == 1


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


def test_the_route_looks_and_accepts_and_the_audit_knows_who(job, profiles, project, who, monkeypatch):
    from datetime import UTC, datetime

    from perijove.core.routing import match, read_arguments
    from perijove.jobs.model import Job
    from perijove.jobs.routes import router
    from perijove.wiring import Perijove

    monkeypatch.delenv("JOB_ALERT_WEBHOOK", raising=False)
    wired = Perijove(project)

    def post(body):
        route, path = match(router.routes, "POST", "/jobs/loans/monitor")
        assert route.may == "jobs.write"
        return route.handler(wired.jobs, **read_arguments(route, path, {}, body, who))

    try:
        wired.jobs.store.put(Job("loans", str(job), "new", "nb.ipynb", [], [], "", [], datetime.now(UTC), None))
        ran(job, profiles, normal(3, mean=1.5))
        route, path = match(router.routes, "GET", "/jobs/loans/monitor")
        assert route.may == "jobs.read"
        assert route.handler(wired.jobs, **read_arguments(route, path, {}, b"", who)).state == "drifting"
        assert wired.jobs.show("loans").state == "new"
        found = post(b"")
        assert (found.state, wired.jobs.show("loans").state) == ("drifting", "drifting")
        assert (found.limits.psi, found.limits.ks, found.limits.metric_decay) == (0.2, 0.15, 0.05)
        assert (found.webhook.variable, found.webhook.is_set) == ("JOB_ALERT_WEBHOOK", False)
        assert post(b'{"accept": false}').state == "drifting" and not (job / "reference.json").exists()
        assert post(b'{"accept": true}').state == "steady" and (job / "reference.json").exists()
        assert wired.jobs.show("loans").state == "new"
        with pytest.raises(Invalid, match="not understood"):
            post(b'{"accepted": true}')
        with pytest.raises(Invalid, match="outside the project"):
            post(b'{"labels": {"file": "../truth.csv"}}')
        with pytest.raises(Invalid, match="Nothing was scored yet"):
            post(b'{"labels": {"file": "truth.csv"}}')
        told = [(line.what, line.actor) for line in wired.audit.entries(10).events]
        assert told == [(f"jobs.job.{what}", who.name) for what in ("settled", "accepted", "drifted")]
    finally:
        wired.close()


def test_a_job_that_was_edited_and_drifts_is_drifting(job, profiles, project, who):
    from datetime import UTC, datetime

    from perijove.jobs.model import Job
    from perijove.wiring import Perijove

    (job / ".perijove-job.json").write_text(json.dumps({"name": "loans", "files": {"a.py": "x"}, "python": "3.11.7"}))
    wired = Perijove(project)
    try:
        wired.jobs.store.put(Job("loans", str(job), "new", "nb.ipynb", [], [], "", [], datetime.now(UTC), None))
        assert wired.jobs.show("loans").state == "edited"
        ran(job, profiles, normal(3, mean=1.5))
        wired.jobs.monitor(job, who)
        assert wired.jobs.show("loans").state == "drifting"
    finally:
        wired.close()


@pytest.mark.parametrize("value", ["https://hooks.example/secret-token", ""])
def test_an_address_in_place_of_a_variable_is_not_repeated(job, hook, value):
    (job / "src" / "loans" / "config.toml").write_text(f"[monitor]\nwebhook = '{value}'\n")
    found = Watch(job, send=hook).look().webhook
    assert (found.variable, found.is_set) == ("", False)
