"""What is written: the same for the same input, valid whatever the names, or refused with a sentence."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib

import pytest

from perijove.core.errors import Conflict, Invalid
from perijove.jobs import lock, package, tree
from perijove.jobs.notebook import read_notebook
from perijove.jobs.render import docstring, toml_value
from perijove.jobs.slice import backward_slice
from tests.jobs import notebooks

LISTED = {
    "values": [{"name": "out", "kind": "number", "file": "out.json", "detail": "", "type": "int"}],
    "python": "3.11.7",
}


@pytest.fixture
def values(tmp_path):
    folder = tmp_path / "values"
    folder.mkdir()
    (folder / "values.json").write_text(json.dumps({**LISTED, "packages": {}}))
    (folder / "out.json").write_text("6")
    return folder


def planned(tmp_path, *sources, name="job_one", cells=None, notebook="nb.ipynb"):
    given = cells or [(f"c{at}", "code", source) for at, source in enumerate(sources)]
    path = notebooks.write(tmp_path / notebook, given)
    book = read_notebook(path, notebook)
    chosen = [len(given) - 1]
    return package.plan(name, book, chosen, backward_slice(book.sources, chosen))


def run(folder, name="job_one", *options):
    argv = [sys.executable, "-m", name, "run", "--out", str(folder / "o"), *options]
    env = {"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "o" / "out.json").read_text())


def test_the_same_input_gives_the_same_bytes(tmp_path, values):
    job = planned(tmp_path, "a = 1\nb = [2]", "out = a + b[0]")
    for folder in ("one", "two"):
        package.write(job, values, tmp_path / folder)
    one, two = (
        {p.relative_to(tmp_path / f): p.read_bytes() for p in (tmp_path / f).rglob("*") if p.is_file()}
        for f in ("one", "two")
    )
    assert one == two


REGISTRY = "reg = {}\ndef add(f):\n    reg['f'] = f\n    return f"
PROGRAMS = {
    "values are passed": (["a = 1\nb = [2]", "b.append(3)", "out = a + sum(b)"], 6),
    "late globals": (["k = [1]", "def f():\n    return sum(k)", "k.append(5)", "out = f()"], 6),
    "a late name bound again": (["k = [0]", "def f():\n    return sum(k)", "k = [2, 4]", "out = f()"], 6),
    "global statement": (["c = 5", "def up():\n    global c\n    c += 1", "up()", "out = c"], 6),
    "conditional": (["on = bool(1)", "if on:\n    x = 6", "out = x"], 6),
    "a name kept by an if": (["x = len('abcdef')", "if x > 9:\n    x = 2", "out = x"], 6),
    "class": (["class A:\n    k = 3\n    def two(self):\n        return self.k * 2", "a = A()", "out = a.two()"], 6),
    "await": (["import asyncio\nasync def f():\n    return 6", "r = await f()", "out = r"], 6),
    "long strings": (['t = """a\n  b\n"""', "u = f'''{t}\n'''", "out = len(u)"], 7),
    "several on a line": (["a = 1; b = 5; c = 9", "out = a + b"], 6),
    "decorator": (
        ["reg = {}\ndef add(f):\n    reg['f'] = f\n    return f", "@add\ndef six():\n    return 6", "out = reg['f']()"],
        6,
    ),
    "walrus": (["r = [w for x in [1, 3] if (w := x * 2) > 4]", "out = w"], 6),
    "delete": (["x = [1]", "y = x[0] + 5", "del x", "out = y"], 6),
    "shell": (["lines = !echo abcdef", "out = len(lines[0])"], 6),
    "environment": (["import os\nos.environ['N'] = '6'", "import json", "out = json.loads(os.environ['N'])"], 6),
    "comprehension": (["n = [1, 2, 3]", "out = sum(i for i in n)"], 6),
    "names of the job's own parts": (
        [
            "def run():\n    return step[0]\nstep = [1]",
            "parameters = run() + 1",
            "def load():\n    return parameters",
            "Parameters = load()",
            "def add(*given):\n    return sum(given) + len(Any)\nAny = [1]",
            "out = add(run(), load(), Parameters)",
        ],
        6,
    ),
    "loop": (["t = 0\nfor i in range(4):\n    t += i", "out = t"], 6),
}


@pytest.mark.parametrize("case", PROGRAMS)
def test_the_job_computes_what_the_cells_did(case, tmp_path, values):
    cells, wanted = PROGRAMS[case]
    package.write(planned(tmp_path, *cells), values, tmp_path / "job")
    assert run(tmp_path / "job") == wanted


def test_parameters_are_typed_options(tmp_path, values):
    package.write(
        planned(tmp_path, "a = 1\nname = 'x'\non = True", "out = a + len(name) + on"), values, tmp_path / "job"
    )
    assert run(tmp_path / "job") == 3
    assert run(tmp_path / "job", "job_one", "--a", "4", "--name", "xy", "--on", "false") == 6


HOSTILE = [
    '"""\nimport os; os.abort()\n"""',
    "'); boom(",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "\\",
    "a\nb",
    "`x`|y",
    "é\u2028\U0001f600",
    "%s%d",
    "]]\n[x]",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_values_do_not_escape(text, tmp_path, values):
    cells = [(text, "code", f"a = {text!r}\nb = 5"), (text + "2", "code", "out = b + (len(a) > 0)")]
    job = planned(tmp_path, cells=cells, notebook="n" + text.replace("/", "").replace("\0", "") + ".ipynb")
    package.write(job, values, tmp_path / "job")
    for path in (tmp_path / "job").rglob("*.py"):
        ast.parse(path.read_text())
    for path in (tmp_path / "job").rglob("*.toml"):
        tomllib.loads(path.read_text())
    config = tomllib.loads((tmp_path / "job/src/job_one/config.toml").read_text())
    assert config["parameters"]["a"] == text
    assert json.loads((tmp_path / "job/PROVENANCE.json").read_text())["cells"][0]["id"] == text
    assert run(tmp_path / "job") == 6
    assert ast.literal_eval(docstring(text)).split() == text.split()
    assert tomllib.loads("x = " + toml_value(text))["x"] == text


@pytest.mark.parametrize("name", ["", "Big", "1st", "class", "match", "a-b", "../x", "json", "a" * 70, "x;y"])
def test_a_bad_name_is_refused(name):
    with pytest.raises(Invalid):
        package.check_name(name)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["exec('a = 1')", "out = a"], "cannot become part of a job"),
        (["out = nowhere + 1"], "uses “nowhere”"),
        (["print(1)"], "define no value"),
    ],
)
def test_what_cannot_become_a_job_is_refused_with_the_reason(cells, words, tmp_path):
    with pytest.raises(Invalid, match=words):
        planned(tmp_path, *cells)


def test_an_injected_client_becomes_one_of_its_own(tmp_path):
    job = planned(tmp_path, "f = client.submit(len, 'abc')", "out = f.result()")
    text = tree.steps_text(job, {})
    assert "client = Client()" in text and "from dask.distributed import Client" in text
    assert job.program.uses_cluster


def test_only_a_job_of_ours_is_written_again_and_only_unedited(tmp_path, values):
    job, out = planned(tmp_path, "out = 6 + 0"), tmp_path / "job"
    package.write(job, values, out)
    package.write(job, values, out)
    steps = out / "src/job_one/steps.py"
    steps.write_text(steps.read_text() + "# mine\n")
    assert package.edited(out) == ["src/job_one/steps.py"]
    with pytest.raises(Conflict, match="has been edited"):
        package.write(job, values, out)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine")
    with pytest.raises(Conflict, match="not a job"):
        package.write(job, values, tmp_path / "other")


def test_requirements_are_what_the_kept_code_needs():
    packages = {
        "scikit-learn": "1.9.1",
        "pandas": "3.1.1",
        "dask": "2026.8.0",
        "pyarrow": "25",
        "numpy": "2",
        "distributed": "1",
    }
    code = "import dask.dataframe as dd\ndd.read_parquet('x')"
    found = lock.requirements(["sklearn.metrics", "dask.dataframe", "json"], code, packages, [])
    assert found == {"dask[dataframe]": "2026.8.0", "distributed": "1", "pyarrow": "25", "scikit-learn": "1.9.1"}
    with pytest.raises(Invalid, match="brings “mine”"):
        lock.requirements(["mine"], "", packages, [])
