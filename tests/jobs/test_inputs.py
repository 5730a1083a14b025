"""What a job says of its inputs: of files that are not those it was made for, and of data that lies elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from perijove.jobs import package
from tests.jobs.test_package import planned, values  # noqa: F401 - a fixture
from tests.jobs.test_writing import load

contract = load("contract")
WANTED = {name: {"kind": "integer", "nulls": 0.0, "min": 1, "max": 9} for name in ("a", "b", "c")}


def told(folder, content: bytes, name="in.csv"):
    (folder / name).write_bytes(content)
    return [(one.text, one.breaks) for one in contract.breaches(folder, {name: name}, {name: WANTED})]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_said_to_be_empty(tmp_path, content):
    assert told(tmp_path, content) == [("in.csv is empty.", True)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_file_in_wider_letters_is_said_not_to_be_utf_8(tmp_path, encoding):
    assert told(tmp_path, "a,b,c\n1,2,3\n".encode(encoding)) == [("in.csv is not in UTF-8. Save it as UTF-8.", True)]
    assert contract.profile(tmp_path, "in.csv") is None, "a contract of it would hold columns that are none"


def test_a_file_with_empty_lines_before_its_header_is_as_the_contract_says(tmp_path):
    assert told(tmp_path, b"\n\na,b,c\n1,2,3\n") == []


def test_a_folder_in_the_place_of_a_file_is_not_looked_into(tmp_path):
    (tmp_path / "in.csv").mkdir()
    assert contract.breaches(tmp_path, {"in.csv": "in.csv"}, {"in.csv": WANTED}) == []


@pytest.fixture
def reader(tmp_path, values):  # noqa: F811 - the fixture
    """A job that reads two files of its data's folder."""
    source = "import json\none = json.load(open('data/one.json'))\ntwo = json.load(open('data/two.json'))"
    job = planned(tmp_path, source, "out = one + two")
    package.write(job, values, tmp_path / "job")
    return tmp_path / "job"


@pytest.mark.parametrize("verb", ["check", "run"])
def test_data_that_is_missing_is_said_with_what_to_do_once(reader, tmp_path, verb):
    (tmp_path / "empty").mkdir()

    def said(*more):
        argv = [sys.executable, "-m", "job_one", verb, "--data-root", str(tmp_path / "empty"), *more]
        env = {**os.environ, "PYTHONPATH": str(reader / "src")}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 1
        return done

    lines = [line for line in said().stderr.splitlines() if "missing" in line]
    assert lines == [
        f"{tmp_path}/empty/data/one.json is missing.",
        f"{tmp_path}/empty/data/two.json is missing. "
        "If the data lies elsewhere, name its folder with --data-root or JOB_DATA_ROOT.",
    ]
    if verb == "check":
        assert len(json.loads(said("--json").stdout)["problems"]) == 2
