"""Who answers for a job, and who said that it may go to production."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perijove.core.access import Person
from perijove.core.errors import Conflict, Invalid, NotAllowed
from perijove.core.project import Project
from perijove.core.routing import match, read_arguments
from perijove.jobs.approval import tree_of
from perijove.jobs.model import Job, Verification
from perijove.jobs.routes import router
from perijove.wiring import Perijove

ADA, BOB = Person("ada", owner=True), Person("bob", roles=("contributor",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "loans"
    (made / "src").mkdir(parents=True)
    (made / ".perijove-job.json").write_text(json.dumps({"name": "loans", "files": {}, "choice": {}}))
    (made / "src" / "steps.py").write_text("x = 1\n")
    return made


@pytest.fixture
def perijove(project: Project, folder: Path):
    made = Perijove(project)
    made.jobs.store.put(
        Job(
            "loans",
            str(folder),
            "verified",
            "nb.ipynb",
            [],
            [],
            "",
            [],
            datetime.now(UTC),
            verified(folder),
            owner="ada",
        )
    )
    yield made
    made.close()


def verified(folder: Path, verdict="verified") -> Verification:
    return Verification(verdict, [], [], 1.0, tree=tree_of(folder))


def call(perijove: Perijove, method: str, what: str, who: Person, body: bytes = b"") -> Job:
    from perijove.core.access import require

    route, path = match(router.routes, method, f"/jobs/loans/{what}")
    require(who, route.may)
    return route.handler(perijove.jobs, **read_arguments(route, path, {}, body, who))


def test_an_approval_holds_until_a_file_changes_and_again_when_it_is_as_it_was(perijove, folder):
    job = call(perijove, "POST", "approval", ADA, b'{"note": "checked with risk"}')
    assert (job.approval.by, job.approval.note, job.approval.holds) == ("ada", "checked with risk", True)
    (folder / "src" / "steps.py").write_text("x = 2\n")
    assert not perijove.jobs.show("loans").approval.holds
    (folder / "src" / "steps.py").write_text("x = 1\n")
    assert perijove.jobs.show("loans").approval.holds
    (folder / "src" / "more.py").write_text("")
    assert not perijove.jobs.show("loans").approval.holds


def test_what_a_job_writes_and_what_lies_beside_it_is_not_of_it(perijove, folder):
    call(perijove, "POST", "approval", ADA)
    beside = ("reference.json", "parity.json")
    for path in ("outputs/a.json", ".venv/lib/x.py", ".git/HEAD", "src/__pycache__/a.pyc", *beside):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("anything")
    assert perijove.jobs.show("loans").approval.holds
    before = tree_of(folder)
    for path in ("src/outputs/more.py", "src/build/more.py", "src/.hidden.py"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x = 3")
        assert tree_of(folder) != before, path
        (folder / path).unlink()
    (folder / ".github").mkdir()
    (folder / ".github" / "ci.yml").write_text("on: push")
    assert not perijove.jobs.show("loans").approval.holds


def test_only_the_files_that_were_verified_can_be_approved(perijove, folder):
    (folder / "src" / "steps.py").write_text("x = 2\n")
    with pytest.raises(Conflict, match="was not verified") as refused:
        call(perijove, "POST", "approval", ADA)
    assert "perijove job verify" in refused.value.hint
    perijove.jobs.store.set_state("loans", "different", verified(folder, "different"))
    with pytest.raises(Conflict, match="was not verified"):
        call(perijove, "POST", "approval", ADA)
    perijove.jobs.store.set_state("loans", "verified", verified(folder))
    assert call(perijove, "POST", "approval", ADA).approval.holds


def test_an_approval_is_taken_back_and_the_audit_knows(perijove):
    call(perijove, "POST", "approval", ADA)
    assert call(perijove, "DELETE", "approval", ADA).approval is None
    with pytest.raises(Conflict, match="not approved"):
        call(perijove, "DELETE", "approval", ADA)
    told = [(line.what, line.actor) for line in perijove.audit.entries(10).events]
    assert told == [("jobs.job.disapproved", "ada"), ("jobs.job.approved", "ada")]


def test_who_may_export_may_not_approve(perijove):
    with pytest.raises(NotAllowed, match="Approve jobs"):
        call(perijove, "POST", "approval", BOB)
    assert call(perijove, "POST", "approval", Person("eve", roles=("approver",))).approval.by == "eve"


def test_a_job_has_an_owner(perijove):
    assert call(perijove, "POST", "owner", BOB, b'{"owner": " data platform "}').owner == "data platform"
    for bad in ("", "  ", "a\nb", "x" * 201):
        with pytest.raises(Invalid, match="name of an owner"):
            call(perijove, "POST", "owner", BOB, json.dumps({"owner": bad}).encode())
    assert perijove.jobs.show("loans").owner == "data platform"


def test_the_page_says_when_a_jobs_own_files_have_it_run(perijove, folder):
    manifest = {"name": "loans", "files": {}, "choice": {"target": "cron", "target_options": {"schedule": "@daily"}}}
    (folder / ".perijove-job.json").write_text(json.dumps(manifest))
    assert perijove.jobs.show("loans").schedule.startswith("0 0 * * *, UTC, ")
    manifest["choice"] = {"target": "gone", "target_options": {}}
    (folder / ".perijove-job.json").write_text(json.dumps(manifest))
    assert perijove.jobs.show("loans").schedule == ""


def test_a_link_is_part_of_a_job_by_where_it_leads(folder):
    before = tree_of(folder)
    (folder / "src" / "link.py").symlink_to("steps.py")
    with_link = tree_of(folder)
    (folder / "src" / "link.py").unlink()
    (folder / "src" / "link.py").symlink_to("nowhere.py")
    assert len({before, with_link, tree_of(folder)}) == 3
