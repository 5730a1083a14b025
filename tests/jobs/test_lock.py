"""The lock: what an index has is pinned with hashes, what Git has by its commit, what nobody else has is refused."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from perijove.core.errors import Failed, Invalid
from perijove.jobs import lock

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = {"url": "https://example.org/a/thing.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}}


def listed(**origins):
    packages = {name.replace("_", "-"): "1.2.3" for name in (*origins, "numpy")}
    return {"packages": packages, "origins": {name.replace("_", "-"): origin for name, origin in origins.items()}}


def test_what_came_from_an_index_is_pinned_by_version():
    found = lock.needed(["numpy.linalg", "json"], "", listed(), [])
    assert (found.lines, found.pins, found.by_commit) == (("numpy==1.2.3",), {"numpy": "1.2.3"}, ())


def test_what_came_from_git_is_pinned_by_its_commit_in_a_file_of_its_own(monkeypatch):
    found = lock.needed(["thing"], "", listed(thing=GIT), [])
    line = f"thing @ git+https://example.org/a/thing.git@{COMMIT}"
    assert found.lines == found.by_commit == (line,)
    monkeypatch.setattr(lock, "lock", lambda *_: "numpy==2 --hash=sha256:0\n")
    files = lock.files(found, listed(thing=GIT), "3.11")
    assert files[lock.LOCK] == "numpy==2 --hash=sha256:0\n"
    assert files[lock.BY_COMMIT].splitlines()[1:] == [line]
    assert lock._without_commits(f"{line}\nnumpy==2 \\\n    --hash=sha256:0\n") == "numpy==2 \\\n    --hash=sha256:0\n"
    assert lock._without_commits(f"{line}\n") == lock.NOTHING


def test_a_wheel_from_an_address_stays_at_that_address():
    wheel = {"url": "https://example.org/thing-1.2.3-py3-none-any.whl", "archive_info": {"hashes": {"sha256": "0"}}}
    assert lock.needed(["thing"], "", listed(thing=wheel), []).lines == (f"thing @ {wheel['url']}",)


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ({"url": "file:///home/me/thing", "dir_info": {}}, "from a path"),
        ({"url": "file:///home/me/thing", "dir_info": {"editable": True}}, "as an editable install"),
        ({"url": "file:///home/me/thing.whl", "archive_info": {}}, "from a path"),
        ({**GIT, "vcs_info": {"vcs": "git", "commit_id": "main"}}, "at no commit"),
        ({**GIT, "vcs_info": {"vcs": "hg", "commit_id": COMMIT}}, "at no commit"),
        ({**GIT, "url": "https://me:secret@example.org/a.git"}, "at no commit"),
        ({**GIT, "url": "ext::sh -c touch% /tmp/pwned"}, "at no commit"),
        ({**GIT, "url": "--upload-pack=touch"}, "at no commit"),
        ({"url": "https://example.org/a.whl\n--index-url x", "archive_info": {}}, "from a path"),
    ],
)
def test_what_no_other_machine_can_have_is_refused(origin, words):
    with pytest.raises(Invalid, match=words) as refused:
        lock.needed(["thing"], "", listed(thing=origin), [])
    assert "“thing” 1.2.3" in str(refused.value) and "secret" not in str(refused.value) and refused.value.hint


def test_a_package_that_is_not_used_may_come_from_anywhere():
    origin = {"url": "file:///home/me/thing", "dir_info": {"editable": True}}
    assert lock.needed(["numpy"], "", listed(thing=origin), []).lines == ("numpy==1.2.3",)


@pytest.mark.parametrize("version", ["", "-e .", "1; touch x", "1 --index-url=x", "unknown"])
def test_a_version_that_is_none_is_refused(version):
    with pytest.raises(Invalid, match="no version"):
        lock.needed(["numpy"], "", {"packages": {"numpy": version}}, [])


@pytest.mark.parametrize("name", ["-e", "a b", "--index-url", "a;b", "a @ file:///x", "é"])
def test_a_name_that_is_none_is_not_taken_for_a_package(name):
    with pytest.raises(Invalid, match="no package"):
        lock.needed(["thing"], "", {"packages": {name: "1"}, "origins": {}}, [])


def test_a_package_on_no_index_is_named(monkeypatch, tmp_path):
    said = "  × No solution found\n  ╰─▶ Because there is no version of thing==1.2.3 and you require thing==1.2.3"
    found = lock._unlockable(said, {"thing": "1.2.3"})
    assert "“thing” 1.2.3 is on no package index" in str(found) and "UV_INDEX" in found.hint


def test_a_lock_is_made_without_an_index_only_from_what_is_cached(monkeypatch, tmp_path):
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "1")
    with pytest.raises(Failed):
        lock.lock(["nothing-of-this-name==1"], {"nothing-of-this-name": "1"}, "3.11", {})


def test_a_job_of_plain_python_needs_nothing():
    assert lock.files(lock.needed(["json"], "", listed(), []), listed(), "3.11") == {lock.LOCK: lock.NOTHING}


def test_what_code_may_do_without_is_taken_where_the_kernel_had_it():
    found = lock.needed(["numpy"], "", listed(thing=GIT), [], ["thing", "nobody_has_it", "json"])
    assert set(found.pins) == {"numpy", "thing"}


def test_a_look_ahead_names_the_packages_that_are_here_and_leaves_the_others_out():
    found = lock.here({"pandas", "sklearn.linear_model", "json", "nobody_has_it"}, "df.to_parquet('x')")
    assert found["pandas"] == version("pandas") and found["scikit-learn"] == version("scikit-learn")
    assert found["pyarrow"] == version("pyarrow")
    assert not {"json", "nobody_has_it", "sklearn"} & set(found)
