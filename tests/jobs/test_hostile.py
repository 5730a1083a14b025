"""Hostile names in every place of a job: its files parse, the names come back as they were, and nothing executes."""

from __future__ import annotations

import ast
import csv
import json
import keyword
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from perijove.core.errors import Invalid
from perijove.jobs import lock, package
from perijove.jobs.notebook import read_notebook
from perijove.jobs.plan import plan
from perijove.jobs.ports import JobSpec
from perijove.jobs.slice import backward_slice
from perijove.jobs.targets.crontab import CronTarget
from perijove.jobs.targets.kubernetes import KubernetesConfig, KubernetesTarget
from perijove.jobs.targets.spec import ScheduleConfig
from tests.jobs import notebooks

HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "; rm -rf pwned",
    "' \" \n",
    "-rf",
    "--index-url=http://pwned",
    "{{7*7}}",
    "{% raw %}{{ 1 }}",
    "%(x)s %s %d %%",
    "${{ github.token }}",
    "\\N{DIGIT ONE} \\x41 \\",
    '"""\nopen("pwned", "w")\n"""',
    "'''); open('pwned', 'w')",
    "# x\nopen('pwned', 'w')",
    "]\n[tool.x]\ny = 1 #",
    "- a: !!python/object/apply:os.system ['touch pwned']",
    "<img src=x onerror=alert(1)>",
    "![x](javascript:alert) | `a` ``b``",
    "\u202e\u2028\x85\x0b\x7f",
    "é\U0001f600ß",
    "&anchor *alias : {a: b}",
    "\nRUN touch pwned",
    "yes",
    "null",
    "~",
    "=1+1",
]
TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
FILE = TEXT.map(lambda text: re.sub(r"[/\0]", "_", text)[:60]).filter(lambda text: text.strip(". ") != "")
NAME = st.one_of(
    st.sampled_from(
        ["größe", "self", "cls", "field", "datetime_", "int", "parameters_", "match", "type", "step", "ﬁ", "run"]
    ),
    st.from_regex(r"\A[a-z][a-z0-9_]{0,12}\Z"),
).filter(lambda name: not keyword.iskeyword(name) and name not in ("pd", "os", "out", "frame", "key", "len"))


@st.composite
def cases(draw):
    return {
        "folder": draw(FILE),
        "notebook": draw(FILE),
        "ids": [f"{draw(TEXT)}{at}" for at in range(4)],
        "comment": " ".join(draw(TEXT).split()),
        "parameter": draw(NAME),
        "default": draw(TEXT),
        "path": draw(FILE) + ".csv",
        "table": draw(TEXT),
        "column": draw(TEXT),
        "variable": draw(TEXT),
        "run": draw(TEXT),
        "package": draw(TEXT),
        "version": draw(TEXT),
        "kind": draw(TEXT),
        "metric": draw(TEXT),
    }


def write(root, case):
    """Write a job whose every name is one of the case's."""
    folder = root / case["folder"]
    folder.mkdir()
    with (folder / case["path"]).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[case["column"], "other"], ["1", "x"], ["2", "y"]])
    name = case["parameter"]
    sources = [
        "import os\n\nimport pandas as pd",
        f"{name} = {case['default']!r}  # {case['comment']}",
        f"frame = pd.read_csv({case['path']!r})\nkey = os.environ.get({case['variable']!r}, 'x')\n"
        f"note = {{{case['table']!r}: {case['metric']!r}}}",
        f"# {case['comment']}\nout = len({name}) + len(key) + len(note) + frame[{case['column']!r}].sum()\nmodel = out",
    ]
    cells = [(one, "code", source) for one, source in zip(case["ids"], sources, strict=True)]
    path = notebooks.write(folder / f"{case['notebook']}.ipynb", cells)
    book = read_notebook(path, f"{case['folder']}/{path.name}")
    values = root / "values"
    values.mkdir()
    (values / "out.json").write_text("6")
    entries = [
        {"name": "out", "kind": "number", "file": "out.json", "detail": case["metric"], "type": case["kind"]},
        {"name": "model", "kind": "model", "file": "", "detail": case["metric"], "type": case["kind"]},
    ]
    packages = {"pandas": "3.1.1", case["package"]: case["version"]}
    origins = {case["package"]: {"url": case["version"]}}
    types = {name: case["kind"], "frame": "pandas.core.frame.DataFrame"}
    listed = {"values": entries, "python": "3.11.7", "packages": packages, "origins": origins, "types": types}
    (values / "values.json").write_text(json.dumps(listed))
    job = plan("job_one", book, [3], backward_slice(book.sources, [3]))
    facts = {"params": {case["metric"]: case["kind"]}, "metrics": {case["metric"]: 0.5}}
    out = root / "jobs" / "job_one"
    target = CronTarget(ScheduleConfig())
    package.write(job, values, out, case["run"], facts, more=target.files)
    return out


def check(out, case):
    """Every file parses, and every name is in it as it was."""
    trees = {path.name: ast.parse(path.read_text("utf-8")) for path in out.rglob("*.py")}
    tables = {path.name: tomllib.loads(path.read_text("utf-8")) for path in out.rglob("*.toml")}
    jsons = {path.name: json.loads(path.read_text("utf-8")) for path in out.rglob("*.json")}
    workflow = yaml.safe_load((out / ".github/workflows/ci.yml").read_text("utf-8"))
    name = case["parameter"]
    if name in tables["config.toml"]["parameters"]:
        assert tables["config.toml"]["parameters"][name] == case["default"]
    constants = {part.value for part in ast.walk(trees["steps.py"]) if isinstance(part, ast.Constant)}
    held = {*constants, *tables["config.toml"]["parameters"].values()}
    assert {case["default"], case["path"], case["column"], case["variable"], case["table"], case["metric"]} <= held
    assert [one["id"] for one in jsons["PROVENANCE.json"]["cells"]] == case["ids"]
    assert jsons["PROVENANCE.json"]["run"] == case["run"]
    assert jsons["PROVENANCE.json"]["notebook"] == f"{case['folder']}/{case['notebook']}.ipynb"
    assert {one["name"] for one in jsons["PROVENANCE.json"]["inputs"]} >= {case["path"]}
    columns = jsons["contract.json"]["inputs"].get(case["path"], {})
    assert not columns or case["column"] in columns
    assert set(tables["pyproject.toml"]) == {"build-system", "project", "tool"}
    assert set(tables["pyproject.toml"]["tool"]) == {"hatch", "ruff"}
    assert all(
        re.fullmatch(r"[A-Za-z0-9._-]+==[\w.]+", one) for one in tables["pyproject.toml"]["project"]["dependencies"]
    )
    assert set(workflow) == {"name", True, "permissions", "jobs"}
    dockerfile((out / "Dockerfile").read_text("utf-8"))
    for path in ("README.md", "MODEL_CARD.md"):
        markdown((out / path).read_text("utf-8"))
    assert (out / "requirements.lock").read_text() == "pandas==3.1.1\n"
    for path in out.rglob("*.lock"):
        assert re.fullmatch(r"([a-z0-9-]+==[0-9.]+\n)+", path.read_text())


def dockerfile(text):
    """Only the instructions that we wrote."""
    joined = re.sub(r"\\\n", " ", text)
    words = [one.split(" ")[0] for one in joined.splitlines() if one and not one.startswith("#")]
    assert set(words) <= {"FROM", "SHELL", "COPY", "WORKDIR", "RUN", "ENV", "USER", "ENTRYPOINT", "CMD"}
    assert words.count("RUN") == 2 and "pwned" not in text


def markdown(text):
    """No text of users became a picture, a link or HTML."""
    tokens = [
        token
        for block in MarkdownIt("commonmark").enable("table").parse(text)
        for token in [block, *(block.children or [])]
    ]
    assert not [token for token in tokens if token.type.startswith("html") or token.type == "image"]
    links = [token.attrs["href"] for token in tokens if token.type == "link_open"]
    assert set(links) <= {"https://docs.astral.sh/uv/"}


@pytest.fixture(autouse=True)
def no_index(monkeypatch):
    """The lock is not what is tested here."""
    monkeypatch.setattr(lock, "lock", lambda lines, *_: "".join(f"{one}\n" for one in lines))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_any_names_make_a_job_that_parses(case):
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve()
        check(write(root, case), case)
        assert not list(root.rglob("pwned"))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_job_of_hostile_names_runs_and_executes_none_of_them(text, tmp_path, monkeypatch):
    file = re.sub(r"[/\0]", "_", text)
    case = dict.fromkeys(("table", "column", "run", "kind", "metric", "default", "package", "version"), text)
    case |= {"folder": f"p{file}", "notebook": file, "path": f"{file}.csv", "parameter": "größe", "variable": text}
    case |= {"ids": [f"{text}{at}" for at in range(4)], "comment": " ".join(text.split())}
    out = write(tmp_path, case)
    check(out, case)
    place = tmp_path / "run"
    place.mkdir()
    argv = [sys.executable, "-m", "job_one", "run", "--json", "--out", str(place / "o"), f"--größe={text}"]
    environment = {"PYTHONPATH": str(out / "src"), "PATH": os.environ["PATH"]}
    done = subprocess.run(argv, cwd=place, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["values"][0]["name"] == "out"
    assert json.loads((place / "o" / "out.json").read_text()) == len(text) + 1 + 1 + 3
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_settings_of_a_schedule_are_refused(text):
    """Cron text, image, name space, and the names of jobs and variables."""
    with pytest.raises(Invalid):
        CronTarget(ScheduleConfig(schedule=text))
    with pytest.raises(Invalid):
        CronTarget(ScheduleConfig(timezone=text))
    if text not in ("yes", "null"):
        with pytest.raises(Invalid):
            KubernetesTarget(KubernetesConfig(image=text))
        with pytest.raises(Invalid):
            package.check_name(text)
    target = KubernetesTarget(KubernetesConfig(image="job:1"))
    spec = JobSpec("job_one", "job-one", Path("/srv"), "3.11", (text,), "nb.ipynb")
    if text in ("yes", "null"):
        found = yaml.safe_load(target.files(spec)["deploy/cronjob.yaml"])
        pod = found["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert pod["containers"][0]["env"][0]["name"] == text
    else:
        with pytest.raises(Invalid):
            target.files(spec)


@pytest.mark.parametrize("name", ["yes", "null", "on", "true", "y", "a__b", "a_"])
def test_a_name_that_yaml_takes_for_something_else_stays_a_name(name, tmp_path):
    (tmp_path / "values").mkdir()
    listed = {"values": [{"name": "out", "kind": "none", "file": "", "detail": "", "type": ""}], "python": "3.11.1"}
    (tmp_path / "values" / "values.json").write_text(json.dumps({**listed, "packages": {}}))
    book = read_notebook(notebooks.write(tmp_path / "nb.ipynb", [("a", "code", "out = 5 + 1")]), "nb.ipynb")
    job = plan(name, book, [0], backward_slice(book.sources, [0]))
    package.write(job, tmp_path / "values", tmp_path / "job")
    workflow = yaml.safe_load((tmp_path / "job/.github/workflows/ci.yml").read_text())
    project = tomllib.loads((tmp_path / "job/pyproject.toml").read_text())["project"]
    assert workflow["name"] == project["name"] == name.replace("_", "-").strip("-")
