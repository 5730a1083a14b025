"""How a run of a job that failed is told: with whole lines, and with the place of the rest."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perijove.core.errors import Failed, Invalid
from perijove.jobs import environment, package
from perijove.jobs.runner import must, run_job
from perijove.jobs.verify import TAIL, Silent
from tests.jobs.test_package import planned, values  # noqa: F401 - a fixture


def test_a_job_that_fails_says_whole_lines_and_where_its_log_is(tmp_path, values, monkeypatch):  # noqa: F811
    long = "for number in range(200):\n    print('line', number, 'x' * (number % 7))\nraise SystemError('boom')"
    package.write(planned(tmp_path, f"{long}\nout = 6"), values, tmp_path / "job")
    monkeypatch.setattr(environment, "kept", lambda *_: (tmp_path, True))
    monkeypatch.setattr(environment, "program", lambda _: Path(sys.executable))
    with pytest.raises(Failed, match="The job ended with 1") as refused:
        run_job(tmp_path / "job", {}, tmp_path / "state" / "environments", Silent())
    log = tmp_path / "state" / "logs" / "job-job_one.log"
    assert f"Its whole log is in {log}" in refused.value.hint
    whole, told = log.read_text().splitlines(), str(refused.value).splitlines()[1:]
    assert whole[-len(told) :] == told and len(told) < len(whole)
    assert "boom" in told[-1] and "line 0 " in log.read_text()
    assert TAIL - 200 < len("\n".join(told)) <= TAIL


def test_a_tail_that_begins_with_a_line_is_kept_whole(tmp_path):
    text = "first\n" + "x" * (TAIL - 2) + "\n" + "y"
    with pytest.raises(Failed) as refused:
        must(Silent(), [sys.executable, "-c", f"print({text!r}); raise SystemExit(3)"], tmp_path)
    assert str(refused.value).splitlines()[1:] == text.splitlines()[1:]
    assert "log" not in refused.value.hint, "none is kept"


def test_nonsense_is_told_in_the_jobs_own_words(tmp_path):
    with pytest.raises(Invalid, match="no such thing"):
        argv = [sys.executable, "-c", "print('no such thing'); raise SystemExit(2)"]
        must(Silent(), argv, tmp_path, log=tmp_path / "log")
