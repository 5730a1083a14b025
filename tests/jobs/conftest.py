"""A job that is watched, with the module that writes its profiles and the webhook that it tells."""

from __future__ import annotations

import pytest

from tests.jobs.watching import Hook, load_profiles, trained


@pytest.fixture(scope="module")
def profiles():
    return load_profiles()


@pytest.fixture
def hook(monkeypatch):
    monkeypatch.setenv("JOB_ALERT_WEBHOOK", "https://hooks.example/secret-token")
    return Hook()


@pytest.fixture
def job(tmp_path, profiles):
    return trained(tmp_path / "job", profiles)
