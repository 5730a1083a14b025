"""Places where jobs go: a branch that touches no working tree, and schedules that their own tools accept."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
import types
from importlib import import_module
from pathlib import Path

import msgspec
import pytest
import yaml

from perijove.core.errors import Conflict, Failed, Invalid
from perijove.jobs import package
from perijove.jobs.ports import JobSpec
from perijove.jobs.targets.airflow import AirflowConfig, AirflowTarget
from perijove.jobs.targets.cron import parse
from perijove.jobs.targets.crontab import CronTarget
from perijove.jobs.targets.git import GitConfig, GitTarget
from perijove.jobs.targets.github import GitHubTarget
from perijove.jobs.targets.kubernetes import KubernetesConfig, KubernetesTarget
from perijove.jobs.targets.scheduler import SchedulerConfig, SchedulerTarget
from perijove.jobs.targets.spec import ScheduleConfig
from perijove.jobs.targets.systemd import SystemdTarget
from tests.jobs.test_package import LISTED, planned

IMAGE = "registry.example.org/team/road:1.0"
HOSTILE_PLACES = [
    "/srv/a b/$(touch pwned)",
    "/srv/`id`;rm -rf/'\"",
    "/srv/{{ 7*7 }}/{% raw %}",
    "/srv/%h/%%/%i",
    "/srv/$HOME/${{ github.token }}",
    "/srv/\\N{DIGIT ONE}\\x",
    "/srv/-rf/é",
]


@pytest.fixture
def values(tmp_path):
    folder = tmp_path / "values"
    folder.mkdir()
    (folder / "values.json").write_text(json.dumps({**LISTED, "packages": {}}))
    (folder / "out.json").write_text("6")
    return folder


def spec(folder="/srv/jobs/road", environment=("API_KEY",)):
    return JobSpec("road", "road", Path(folder), "3.11", tuple(environment), "road.ipynb", empty=True)


def git(where, *arguments, given=None):
    argv = ["git", "-C", str(where), "-c", "user.name=ada", "-c", "user.email=ada@example.org", *arguments]
    done = subprocess.run(argv, input=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    (root / "kept.txt").write_text("kept\n")
    git(root, "add", "kept.txt")
    git(root, "commit", "-qm", "First")
    (root / "kept.txt").write_text("edited, not committed\n")
    (root / "staged.txt").write_text("staged\n")
    git(root, "add", "staged.txt")
    return root


def deliver(target, root, values, *sources):
    book = root / "nb.ipynb"
    job = planned(root, *(sources or ("out = 5 + 1",)), notebook=book.name)
    book.unlink()
    place = target.place("job_one", "", root)
    package.write(job, values, place, more=target.files)
    return place, target.deliver(place)


def test_the_branch_has_the_job_and_the_working_tree_is_as_it_was(repository, values):
    before = git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD")
    place, told = deliver(GitTarget(GitConfig()), repository, values)
    assert (git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD")) == before
    files = git(repository, "ls-tree", "-r", "--name-only", "job/job_one").splitlines()
    assert "kept.txt" in files and "staged.txt" not in files
    assert {f"jobs/job_one/{one}" for one in package.read_manifest(place)["files"]} < set(files)
    assert git(repository, "show", "job/job_one:kept.txt") == "kept"
    assert git(repository, "rev-parse", "job/job_one^") == before[1]
    assert "job/job_one" in told[0] and (place.parent / "job_one.patch").is_file()


def test_the_patch_applies_elsewhere(repository, values, tmp_path):
    place, _ = deliver(GitTarget(GitConfig()), repository, values)
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", "-b", "main", str(repository), str(other))
    git(other, "am", "-q", str(place.parent / "job_one.patch"))
    assert git(other, "rev-parse", "HEAD^{tree}") == git(repository, "rev-parse", "job/job_one^{tree}")


def test_a_second_export_adds_a_commit_and_the_same_one_adds_none(repository, values):
    place, _ = deliver(GitTarget(GitConfig()), repository, values)
    first = git(repository, "rev-parse", "job/job_one")
    _, told = deliver(GitTarget(GitConfig()), repository, values)
    assert "already" in told[0] and git(repository, "rev-parse", "job/job_one") == first
    deliver(GitTarget(GitConfig()), repository, values, "a = 4", "out = a + 2")
    assert git(repository, "rev-parse", "job/job_one^") == first


def test_a_bare_repository_and_a_remote_get_the_branch(repository, values, tmp_path):
    bare, remote = tmp_path / "bare.git", tmp_path / "remote.git"
    for one in (bare, remote):
        git(tmp_path, "init", "-q", "--bare", "-b", "main", str(one))
    target = GitTarget(GitConfig(repository=str(bare), branch="new", push=str(remote), folder="ml/team/jobs"))
    deliver(target, repository, values)
    deliver(target, repository, values, "a = 4", "out = a + 2")
    assert git(remote, "rev-list", "--count", "new") == "2"
    assert "ml/team/jobs/job_one/pyproject.toml" in git(remote, "ls-tree", "-r", "--name-only", "new").splitlines()


def test_a_branch_that_is_checked_out_is_left_alone(repository):
    with pytest.raises(Conflict, match="checked out"):
        GitTarget(GitConfig(branch="main")).place("job_one", "", repository)


@pytest.mark.parametrize(
    "name", ["--upload-pack=touch", "ext::sh -c touch% pwned", "a b", "a..b", "$(x)\n", "-f", "@{u}"]
)
def test_hostile_branches_and_remotes_are_refused(name, repository, values):
    with pytest.raises(Invalid):
        GitTarget(GitConfig(branch=name)).place("job_one", "", repository)
    with pytest.raises((Invalid, Failed)):
        deliver(GitTarget(GitConfig(push=name)), repository, values)
    assert not (repository / "pwned").exists()


@pytest.mark.parametrize("folder", ["", "..", "/etc", "a/../..", ".git/hooks", "a\nb"])
def test_folders_outside_of_a_repository_are_refused(folder):
    with pytest.raises(Invalid):
        GitTarget(GitConfig(folder=folder))


def test_what_is_no_repository_is_refused(tmp_path):
    with pytest.raises(Invalid, match="no Git repository"):
        GitTarget(GitConfig()).place("job_one", "", tmp_path)


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        ("0 6 * * *", ["*-*-* 06:00:00 UTC"]),
        ("*/15 8-18/2 * * mon-fri", ["Mon,Tue,Wed,Thu,Fri *-*-* 08,10,12,14,16,18:00,15,30,45:00 UTC"]),
        ("30 2 1,15 jan *", ["*-01-01,15 02:30:00 UTC"]),
        ("0 0 13 * 5", ["*-*-13 00:00:00 UTC", "Fri *-*-* 00:00:00 UTC"]),
        ("@weekly", ["Sun *-*-* 00:00:00 UTC"]),
        ("0 0 * * 7", ["Sun *-*-* 00:00:00 UTC"]),
    ],
)
def test_a_schedule_means_the_same_to_systemd(text, calendar):
    assert parse(text).calendar("UTC") == calendar
    if shutil.which("systemd-analyze"):
        for one in calendar:
            done = subprocess.run(["systemd-analyze", "calendar", one], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


HOSTILE_CRON = ["", "* * * *", "60 * * * *", "* * * * * ; rm", "$(touch pwned) * * * *", "5-1 * * * *", "*/0 * * * *"]


@pytest.mark.parametrize("text", [*HOSTILE_CRON, "0 6 * * *\n* * * * * x", "@reboot", "٣ * * * *", "{{ 7 }} * * * *"])
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(Invalid):
        CronTarget(ScheduleConfig(schedule=text))


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "UTC\nX=1", "$(x)"])
def test_what_is_no_time_zone_is_refused(zone):
    with pytest.raises(Invalid, match="time zone"):
        CronTarget(ScheduleConfig(timezone=zone))


@pytest.mark.parametrize("place", HOSTILE_PLACES)
def test_cron_gets_one_line_that_a_shell_reads_as_it_is_meant(place, tmp_path):
    text = CronTarget(ScheduleConfig()).files(spec(place))["deploy/crontab"]
    line = text.splitlines()[-1]
    assert line.startswith("0 6 * * * cd ") and text.splitlines()[2] == "CRON_TZ=UTC"
    command = line.removeprefix("0 6 * * * ").replace("\\%", "%")
    assert "%" not in line.replace("\\%", "")
    shown = subprocess.run(["sh", "-c", f"set -n; {command}"], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    word = command.removeprefix("cd ").partition(" && ")[0]
    said = subprocess.run(["sh", "-c", f"printf %s {word}"], capture_output=True, text=True, cwd=tmp_path).stdout
    assert said == place and not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", HOSTILE_PLACES)
def test_systemd_accepts_the_service_and_the_timer(place, tmp_path):
    files = SystemdTarget(ScheduleConfig(timezone="Europe/Berlin")).files(spec(place))
    assert set(files) == {"deploy/road.service", "deploy/road.timer"}
    service = files["deploy/road.service"]
    (line,) = (one for one in service.splitlines() if one.startswith("ExecStart="))
    assert _systemd_word(line.removeprefix("ExecStart=")) == f"{place}/.venv/bin/python"
    if not shutil.which("systemd-analyze"):
        return
    for name, text in files.items():
        python = f'ExecStart="{sys.executable}"'
        lines = [python if one.startswith("ExecStart=") else one for one in text.splitlines()]
        (tmp_path / Path(name).name).write_text("\n".join(lines) + "\n")
    argv = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "road.timer"), str(tmp_path / "road.service")]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0 and "road" not in done.stderr, done.stderr


def _systemd_word(line):
    """The first word of a command line, as systemd reads it: quotes, escapes, specifiers and variables undone."""
    assert line[0] == '"'
    word, at = "", 1
    while line[at] != '"':
        if line[at] == "\\":
            at += 1
        elif line[at] in "%$":
            assert line[at + 1] == line[at]
            at += 1
        word, at = word + line[at], at + 1
    return word


def test_a_path_with_a_line_break_is_refused():
    for target in (CronTarget(ScheduleConfig()), SystemdTarget(ScheduleConfig()), SchedulerTarget(SchedulerConfig())):
        with pytest.raises(Invalid, match="printed"):
            target.files(spec("/srv/a\nb"))


@pytest.mark.parametrize("place", [*HOSTILE_PLACES, "/srv/a\nb"])
def test_the_dag_is_what_airflow_wants(place, monkeypatch):
    (text,) = AirflowTarget(AirflowConfig(place=place, timezone="Europe/Berlin", retries=2)).files(spec()).values()
    made = {}

    def dag(**words):
        made.update(words)
        return lambda function: function

    ran = []
    stub = types.ModuleType("airflow.sdk")
    stub.dag, stub.task = dag, lambda function: lambda: ran.append(function)
    pendulum = types.ModuleType("pendulum")
    pendulum.datetime = lambda *parts, tz: (parts, tz)
    monkeypatch.setitem(sys.modules, "airflow", types.ModuleType("airflow"))
    monkeypatch.setitem(sys.modules, "airflow.sdk", stub)
    monkeypatch.setitem(sys.modules, "pendulum", pendulum)
    space = {}
    exec(compile(text, "dag.py", "exec"), space)  # noqa: S102 - the generated file is what is tested
    assert space["PLACE"] == place and made["dag_id"] == "road" and made["default_args"] == {"retries": 2}
    assert made["start_date"] == ((2024, 1, 1), "Europe/Berlin") and len(ran) == 1
    with pytest.raises(RuntimeError, match="API_KEY"):
        ran[0]()


PARSE = """
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print(bag.import_errors, sorted(bag.dags), [one.task_ids for one in bag.dags.values()])
"""


@pytest.mark.skipif("PERIJOVE_AIRFLOW" not in os.environ, reason="PERIJOVE_AIRFLOW names a Python that has Airflow 3")
def test_airflow_itself_reads_the_dag(tmp_path):
    dags = tmp_path / "dags"
    dags.mkdir()
    config = AirflowConfig(place="".join(HOSTILE_PLACES), timezone="Europe/Berlin", schedule="*/15 8-18/2 * * mon-fri")
    (text,) = AirflowTarget(config).files(spec()).values()
    (dags / "road.py").write_text(text)
    home = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    argv = [os.environ["PERIJOVE_AIRFLOW"], "-c", PARSE, str(dags)]
    done = subprocess.run(argv, env={**os.environ, **home}, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == ["{} ['road'] [['run']]"], done.stderr[-2000:]


def kubernetes(**more):
    return KubernetesTarget(KubernetesConfig(image=IMAGE, **more))


def test_the_cronjob_is_what_kubernetes_wants(tmp_path):
    (text,) = kubernetes(data="inputs", timezone="Europe/Berlin", cpu="500m").files(spec()).values()
    found = yaml.safe_load(text)
    pod = found["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert found["spec"]["timeZone"] == "Europe/Berlin" and found["apiVersion"] == "batch/v1"
    assert pod["containers"][0]["env"][0]["valueFrom"]["secretKeyRef"] == {"name": "road-environment", "key": "API_KEY"}
    assert pod["volumes"][0]["persistentVolumeClaim"] == {"claimName": "inputs"}
    (tmp_path / "cronjob.yaml").write_text(text)
    tool = Path(sys.executable).with_name("kubernetes-validate")
    done = subprocess.run([tool, "--strict", str(tmp_path / "cronjob.yaml")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "more",
    [
        {"namespace": "$(touch pwned)"},
        {"data": "-rf"},
        {"outputs": "a\nb"},
        {"cpu": "{{ 7 }}"},
        {"memory": "; rm"},
        {"retries": -1},
    ],
)
def test_hostile_settings_of_kubernetes_are_refused(more):
    with pytest.raises(Invalid):
        kubernetes(**more)


@pytest.mark.parametrize(
    "image", ["", "-rf", "a b", "$(touch pwned)", "a:`x`", "a;rm", "A/B", "a:${{ x }}", "a\n", "{{ 7*7 }}"]
)
def test_hostile_images_are_refused(image):
    with pytest.raises(Invalid, match="image"):
        KubernetesTarget(KubernetesConfig(image=image))


def test_the_workflow_is_what_github_wants(tmp_path):
    (text,) = GitHubTarget(ScheduleConfig(schedule="*/30 * * * *")).files(spec()).values()
    found = yaml.safe_load(text)
    assert found[True]["schedule"] == [{"cron": "*/30 * * * *"}]
    assert found["jobs"]["run"]["env"]["API_KEY"] == "${{ secrets.API_KEY }}"
    _github(text, tmp_path)
    with pytest.raises(Invalid, match="UTC only"):
        GitHubTarget(ScheduleConfig(timezone="Europe/Berlin"))


def _github(text, folder):
    (folder / "workflow.yml").write_text(text)
    tool = Path(sys.executable).with_name("check-jsonschema")
    argv = [tool, "--builtin-schema", "vendor.github-workflows", str(folder / "workflow.yml")]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["A=B", "$(x)", "${{ secrets.X }}", "-x", "", "a b", "a\nb", "é"])
def test_a_variable_that_no_scheduler_can_set_is_refused(name):
    for target in (
        kubernetes(),
        GitHubTarget(ScheduleConfig()),
        AirflowTarget(AirflowConfig()),
        SystemdTarget(ScheduleConfig()),
    ):
        with pytest.raises(Invalid, match="environment variable"):
            target.files(spec(environment=[name]))


@pytest.mark.parametrize("place", HOSTILE_PLACES)
def test_jupyter_scheduler_takes_the_definition(place):
    models = pytest.importorskip("jupyter_scheduler.models")
    files = SchedulerTarget(SchedulerConfig(schedule="@daily", timezone="Europe/Berlin")).files(spec(place))
    definition = models.CreateJobDefinition(**json.loads(files["deploy/jupyter-scheduler.json"]), input_uri="x")
    assert (definition.schedule, definition.timezone) == ("0 0 * * *", "Europe/Berlin")
    nbformat = import_module("nbformat")
    notebook = nbformat.reads(files["deploy/road.ipynb"], as_version=4)
    nbformat.validate(notebook)
    assert definition.input_filename == "deploy/road.ipynb"
    tree = ast.parse(notebook.cells[1].source)
    (value,) = (one.value for one in tree.body if isinstance(one, ast.Assign) and one.targets[0].id == "place")
    assert ast.literal_eval(value) == place


def test_files_of_a_target_belong_to_the_job(tmp_path, values):
    target = CronTarget(ScheduleConfig())
    job, out = planned(tmp_path, "out = 5 + 1"), target.place("job_one", "", tmp_path)
    files = package.write(job, values, out, more=target.files)
    assert "deploy/crontab" in files and "deploy/crontab" in package.read_manifest(out)["files"]
    (out / "deploy" / "crontab").write_text("mine")
    assert package.edited(out) == ["deploy/crontab"]


@pytest.mark.parametrize("path", ["../x", "/etc/x", "README.md"])
def test_a_target_cannot_write_elsewhere(path, tmp_path, values):
    with pytest.raises(Invalid, match="cannot have"):
        package.write(planned(tmp_path, "out = 5 + 1"), values, tmp_path / "job", more=lambda _: {path: "x"})


def test_every_target_is_an_entry_point_with_a_form():
    listed = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    points = listed["project"]["entry-points"]["perijove.job_targets_v1"]
    assert set(points) >= {"folder", "git", "cron", "systemd", "airflow", "kubernetes", "github", "jupyter-scheduler"}
    for value in points.values():
        module, _, name = value.partition(":")
        part = getattr(import_module(module), name)
        assert part.label and msgspec.json.schema(part.Config)
        assert callable(part.place) and callable(part.files) and callable(part.deliver)
