"""How a slice becomes steps and settings: names, types, what a run of a job can be told, and what comes along."""

from __future__ import annotations

import ast
import datetime
import json
import os
import subprocess
import sys
import tomllib

import pytest

from perijove.core.errors import Invalid
from perijove.jobs import package, tree
from perijove.jobs.log import Entry
from perijove.jobs.notebook import read_notebook
from perijove.jobs.plan import plan
from perijove.jobs.provenance import digest
from perijove.jobs.slice import backward_slice
from tests.jobs import notebooks
from tests.jobs.test_package import LISTED, planned, run


@pytest.fixture
def values(tmp_path):
    folder = tmp_path / "values"
    folder.mkdir()
    (folder / "values.json").write_text(json.dumps({**LISTED, "packages": {}}))
    (folder / "out.json").write_text("6")
    return folder


def settings(job):
    return {one.shown.name: (one.shown.type, one.shown.default, one.shown.kind) for one in job.program.settings}


def functions(text):
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


def test_steps_are_named_for_what_they_do(tmp_path):
    job = planned(
        tmp_path,
        "import pandas as pd\nfrom sklearn.linear_model import LinearRegression\nfrom sklearn.metrics import r2_score",
        "frame = pd.read_csv('a.csv')",
        "other = pd.read_csv('b.csv')",
        "both = frame.merge(other)",
        "model = LinearRegression().fit(both[['x']], both['y'])",
        "guess = model.predict(both[['x']])",
        "score = r2_score(both['y'], guess)\nboth.to_parquet('c.parquet')",
        "both.assign(g=guess).to_csv('d.csv')\nout = score",
    )
    names = [step.name for step in job.program.steps]
    assert names == ["load", "load_other", "prepare", "train", "predict", "evaluate", "save"]


def test_a_look_at_a_value_stays_behind(tmp_path):
    job = planned(
        tmp_path,
        "import pandas as pd\nframe = pd.DataFrame({'a': [1]})",
        "out = len(frame)\nframe.head(3)\nframe.shape\nout",
    )
    assert [[piece.text for piece in step.body] for step in job.program.steps] == [
        ["frame = pd.DataFrame({'a': [1]})"],
        ["out = len(frame)"],
    ]


def test_a_step_more_at_the_end_renames_none(tmp_path):
    cells = ["import pandas as pd", "a = pd.read_csv('a.csv')", "b = pd.read_csv('b.csv')", "out = len(a) + len(b)"]
    one = planned(tmp_path, *cells)
    two = planned(tmp_path, *cells[:-1], "c = pd.read_csv('c.csv')", "out = len(a) + len(b) + len(c)")
    names = [[step.name for step in job.program.steps] for job in (one, two)]
    assert names == [["load", "load_b", "prepare"], ["load", "load_b", "load_c", "prepare"]]


def test_signatures_have_the_types_that_are_known(tmp_path):
    job = planned(
        tmp_path,
        "import pandas as pd",
        "depth = 4\nfeatures = ['a', 'b']\nframe = pd.read_csv('a.csv')",
        "total = float(frame[features].sum().sum())\nmystery = object()",
        "out = total + depth + id(mystery)",
    )
    text = tree.steps_text(job, {"mystery": "numpy.ndarray", "out": "builtins.float"})
    found = functions(text)
    assert ast.unparse(found["load"].args) == "a_path: str"
    assert ast.unparse(found["load"].returns) == "tuple[list[str], pd.DataFrame]"
    assert ast.unparse(found["prepare"].returns) == "tuple[numpy.ndarray, float]"
    assert "if TYPE_CHECKING:\n    import numpy\n" in text


def test_the_same_cell_run_twice_is_two_steps(tmp_path, values):
    path = notebooks.write(tmp_path / "nb.ipynb", [("a", "code", "x = [5]"), ("b", "code", "x.append(2)")])
    book = read_notebook(path, "nb.ipynb")
    entries = [
        Entry(0, "a", "x = [4]", count=1, place=0),
        Entry(1, "b", "x.append(1)", count=2, place=1),
        Entry(2, "gone", "x.append(len(x) - 1)", count=3, place=None),
        Entry(3, "b", "x.append(0)", count=4, place=1, nth=2),
        Entry(4, "c", "out = sum(x)", count=5, place=None),
    ]
    found = backward_slice([entry.source for entry in entries], [4])
    job = plan("job_one", book, [4], found, entries)
    package.write(job, values, tmp_path / "job")
    assert run(tmp_path / "job") == 6
    docs = [ast.get_docstring(one) for one in functions((tmp_path / "job/src/job_one/steps.py").read_text()).values()]
    assert docs[1:4] == ["Cell 1 (b), line 1.", "Deleted cell (gone), line 1.", "Cell 1 (b), second run, line 1."]
    lines = json.loads((tmp_path / "job/PROVENANCE.json").read_text())["lines"]
    assert [(one["id"], one["run"]) for one in lines] == [("a", 1), ("b", 1), ("gone", 1), ("b", 2), ("c", 1)]
    assert [cell.index for cell in job.described.cells] == [0, 1, -1, 1, -1]


def test_every_line_from_a_cell_is_accounted_for(tmp_path, values):
    job = planned(
        tmp_path,
        "import os, json\nimport math as m",
        "def double(x):\n    return 2 * x\nk = [1,\n     2]  # two",
        "y = double(k[0]); z = m.floor(2.5)\nout = y + z + len(json.dumps(k)) - len(os.sep)",
    )
    package.write(job, values, tmp_path / "job")
    steps = (tmp_path / "job/src/job_one/steps.py").read_text().split("\n")
    lines = json.loads((tmp_path / "job/PROVENANCE.json").read_text())["lines"]
    for one in lines:
        first, last = one["lines"]
        assert one["sha256"] == digest("\n".join(steps[first - 1 : last]).encode())
    places = {(one["id"], *one["from"]): one["lines"] for one in lines}
    assert set(places) == {("c0", 1, 1), ("c0", 2, 2), ("c1", 1, 2), ("c1", 3, 4), ("c2", 1, 1), ("c2", 2, 2)}
    first, last = places["c1", 1, 2]
    assert steps[first - 1 : last] == ["def double(x):", "    return 2 * x"]


SETTINGS = {
    "literals": (
        "depth = 4\nrate = 0.5\nname = 'x'\non = True",
        {"depth": ("int", 4, "literal"), "on": ("bool", True, "literal")},
    ),
    "seed by name": ("seed = 3", {"seed": ("int", 3, "seed")}),
    "seed in a call": ("import random\nrandom.seed(7)", {"seed": ("int", 7, "seed")}),
    "date text": ("start = '2024-01-31'", {"start": ("str", "2024-01-31", "date")}),
    "date": (
        "from datetime import date\nday = date(2024, 1, 31)",
        {"day": ("datetime.date", datetime.date(2024, 1, 31), "date")},
    ),
    "path": ("folder = 'data'", {"folder": ("str", "data", "path")}),
    "path made": ("from pathlib import Path\nplace = Path('data')", {"place": ("str", "data", "path")}),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_what_a_job_can_be_told_has_a_type_and_a_kind(case, tmp_path, values):
    source, wanted = SETTINGS[case]
    names = [name for name in wanted if name in source.replace("random.seed", "")]
    job = planned(tmp_path, source, f"import random\nout = 6 + 0 * len(str([random.random(), {', '.join(names)}]))")
    found = settings(job)
    assert {name: found[name] for name in wanted} == wanted
    package.write(job, values, tmp_path / "job")
    assert run(tmp_path / "job") == 6
    preview = {one.name: one.kind for one in job.described.parameters}
    assert {name: kind for name, (_, _, kind) in wanted.items()}.items() <= preview.items()


def test_equal_seeds_are_one_parameter_and_others_have_their_own(tmp_path, values):
    job = planned(
        tmp_path,
        "import random\nrandom.seed(7)",
        "a = random.Random(7).random()\nb = random.Random(8).random()",
        "out = 6 + 0 * (a + b + random.random())",
    )
    assert {name: value for name, (_, value, _) in settings(job).items()} == {"seed": 7, "seed_2": 8}
    package.write(job, values, tmp_path / "job")
    assert "random.Random(seed_2)" in (tmp_path / "job/src/job_one/steps.py").read_text()
    assert run(tmp_path / "job", "job_one", "--seed", "9") == 6


def test_a_widget_is_a_parameter_and_the_widget_stays_behind(tmp_path, values):
    job = planned(
        tmp_path,
        "import ipywidgets as widgets",
        "slider = widgets.IntSlider(value=4, min=0, max=9)\nbox = widgets.Dropdown(options=['a', 'b'])\n"
        "display(slider)\nwidgets.VBox([slider, box])",
        "depth = slider.value",
        "out = depth + len(box.value) + len(box.value)",
    )
    assert settings(job) == {"depth": ("int", 4, "widget"), "box": ("str", "a", "widget")}
    package.write(job, values, tmp_path / "job")
    assert "widgets" not in (tmp_path / "job/src/job_one/steps.py").read_text()
    assert run(tmp_path / "job") == 6 and run(tmp_path / "job", "job_one", "--depth", "5", "--box", "bb") == 9


def test_a_widget_that_code_sets_is_no_parameter(tmp_path):
    job = planned(
        tmp_path, "import ipywidgets as w\ns = w.IntSlider(value=4)", "s.value = 5\nd = s.value", "out = d + s.value"
    )
    assert settings(job) == {}


def test_a_cell_tagged_parameters_may_hold_lists(tmp_path, values):
    path = notebooks.write(
        tmp_path / "nb.ipynb", [("p", "code", "sizes = [1, 2]\nk = 1"), ("o", "code", "out = sum(sizes) + k + 2")]
    )
    document = json.loads(path.read_text())
    document["cells"][0]["metadata"]["tags"] = ["parameters"]
    path.write_text(json.dumps(document))
    book = read_notebook(path, "nb.ipynb")
    job = plan("job_one", book, [1], backward_slice(book.sources, [1]))
    assert settings(job) == {"sizes": ("list[int]", [1, 2], "parameters_cell"), "k": ("int", 1, "parameters_cell")}
    package.write(job, values, tmp_path / "job")
    assert run(tmp_path / "job") == 6 and run(tmp_path / "job", "job_one", "--sizes", "[4, 5]") == 12


def test_environment_variables_are_shown_and_secrets_defaults_are_not(tmp_path):
    job = planned(
        tmp_path,
        "import os\nhost = os.environ['HOST_NAME']\nport = os.environ.get('PORT', '80')\n"
        "key = os.getenv('API_TOKEN', 'abc')",
        "out = host + port + key",
    )
    shown = {one.name: one.default for one in job.described.parameters if one.kind == "environment"}
    assert shown == {"HOST_NAME": "", "PORT": "80", "API_TOKEN": ""}
    assert tree.required(job) == ["HOST_NAME"]


def command(folder, *arguments, **environment):
    env = {"PYTHONPATH": str(folder / "src"), "PATH": os.environ["PATH"], **environment}
    argv = [sys.executable, "-m", "job_one", *arguments]
    return subprocess.run(argv, env=env, capture_output=True, text=True, cwd=folder)


def test_exit_codes_and_json_are_for_scripts(tmp_path, values):
    job = planned(tmp_path, "k = 1\nstart = '2024-01-31'", "out = 6 // k + 0 * len(start)")
    folder = tmp_path / "job"
    package.write(job, values, folder)
    done = command(folder, "run", "--json", "--out", str(tmp_path / "o"))
    assert done.returncode == 0 and [one["name"] for one in json.loads(done.stdout)["steps"]] == ["prepare"]
    assert "step 1/1 prepare" in done.stderr
    failed = command(folder, "run", "--json", "--k", "0")
    assert failed.returncode == 1 and "ZeroDivisionError" in json.loads(failed.stdout)["error"]["message"]
    assert "in step 1/1, prepare" in failed.stderr
    for wrong in (["--k", "x"], ["--start", "soon"], ["--data-root", "/nowhere"], ["--config", "/nowhere"]):
        refused = command(folder, "run", "--json", *wrong)
        assert refused.returncode == 2 and json.loads(refused.stdout)["error"]["kind"] == "Invalid"
    served = command(folder, "serve")
    assert served.returncode == 1 and "no model" in served.stderr
    assert command(folder, "dance").returncode == 2


def test_a_changed_input_stops_the_run_or_is_logged(tmp_path, values):
    (tmp_path / "in.csv").write_text("a,b\n1,x\n2,y\n")
    job = planned(
        tmp_path,
        "import csv\nwith open('in.csv') as file:\n    rows = list(csv.DictReader(file))",
        "out = 4 + len(rows)",
    )
    folder = tmp_path / "job"
    package.write(job, values, folder)
    assert command(folder, "check").returncode == 0
    (tmp_path / "in.csv").write_text("a,b\n1,x\n,y\n,y\n200,z\n")
    shifted = command(folder, "run")
    assert shifted.returncode == 0 and "50% of 'a' is null" in shifted.stderr and "goes from 1 to 200" in shifted.stderr
    (tmp_path / "in.csv").write_text("b\nx\n")
    broken = command(folder, "run")
    assert broken.returncode == 1 and "in.csv has no column 'a'. If the job can do without" in broken.stderr
    (tmp_path / "in.csv").write_text("a,b\nq,x\n")
    assert "was of kind integer, now it is text" in command(folder, "check").stderr
    (tmp_path / "in.csv").write_text("a,b,c\n1,x,0\n")
    fresh = command(folder, "check")
    assert fresh.returncode == 0 and "in.csv has a new column 'c'." in fresh.stderr


def test_files_named_by_parts_are_inputs_and_outputs(tmp_path, values):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "in.csv").write_text("a\n1\n2\n")
    job = planned(
        tmp_path,
        "import csv\nfrom pathlib import Path\nDATA = Path('data')",
        "with open(DATA / 'in.csv') as file:\n    rows = list(csv.DictReader(file))",
        "out = 4 + len(rows)\nPath(f'{DATA}/out.txt').write_text(str(out))",
    )
    assert [(one.name, one.kind) for one in job.described.outputs] == [("out", "variable"), ("data/out.txt", "file")]
    assert [one.name for one in job.described.inputs] == ["data/in.csv"]
    folder = tmp_path / "job"
    package.write(job, values, folder)
    assert "data/in.csv" in json.loads((folder / "src" / job.name / "contract.json").read_text())["inputs"]
    assert "`data/out.txt`, a file that the job writes" in (folder / "README.md").read_text()
    assert command(folder, "check").returncode == 0
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    gone = command(folder, "check")
    assert gone.returncode == 1 and "data/in.csv is missing" in gone.stderr
    assert command(folder, "check", "--DATA", "elsewhere").returncode == 0


def test_a_job_that_fails_says_last_what_its_inputs_were_unlike(tmp_path, values):
    (tmp_path / "in.csv").write_text("a\n1\n2\n")
    job = planned(
        tmp_path,
        "import csv\nwith open('in.csv') as file:\n    rows = list(csv.DictReader(file))",
        "out = [1, 2, 6][int(rows[-1]['a'])]",
    )
    folder = tmp_path / "job"
    package.write(job, values, folder)
    (tmp_path / "in.csv").write_text("a\n1\n200\n")
    failed = command(folder, "run")
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == "in.csv: 'a' goes from 1 to 200, it went from 1 to 2."
    (tmp_path / "in.csv").write_text("a\n1\n2\n")
    assert command(folder, "run").returncode == 0


def test_a_job_that_was_moved_away_keeps_the_folder_of_its_data(tmp_path, values):
    project, away = tmp_path / "project", tmp_path / "away" / "job"
    project.mkdir()
    job = planned(project, "a = 1", "out = a + 5")
    package.write(job, values, away)
    config = away / "src" / job.name / "config.toml"
    config.write_text(config.read_text("utf-8").replace(f'"{project}"', '"../data"'), "utf-8")
    again = package.contents(job, values, away, "", {})
    assert 'data_root = "../data"' in again[f"src/{job.name}/config.toml"].decode()


def test_modules_beside_the_notebook_come_along(tmp_path, values):
    (tmp_path / "helper.py").write_text("import deeper.one\n\ndef six():\n    return deeper.one.SIX\n")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "__init__.py").write_text("")
    (tmp_path / "deeper" / "one.py").write_text("SIX = 6\n")
    (tmp_path / "unused.py").write_text("1 / 0\n")
    job = planned(tmp_path, "from helper import six", "out = six()")
    folder = tmp_path / "job"
    files = package.write(job, values, folder)
    assert {"src/helper.py", "src/deeper/one.py"} < set(files) and "src/unused.py" not in files
    wheel = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"src/deeper": "deeper", "src/helper.py": "helper.py"}
    beside = json.loads((folder / "PROVENANCE.json").read_text())["beside"]
    assert [one["file"] for one in beside] == ["src/deeper/__init__.py", "src/deeper/one.py", "src/helper.py"]
    for path in ("helper.py", "deeper/one.py"):
        (tmp_path / path).unlink()
    assert run(folder) == 6


def test_a_module_that_leads_out_of_the_project_is_refused(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret.py").write_text("K = 1\n")
    (project / "helper.py").symlink_to(tmp_path / "secret.py")
    with pytest.raises(Invalid, match="leads out of the project"):
        planned(project, "import helper", "out = helper.K")


def test_a_job_cannot_have_the_name_of_what_it_imports(tmp_path):
    with pytest.raises(Invalid, match="imports a module “pandas”"):
        planned(tmp_path, "import pandas", "out = len(pandas.DataFrame())", name="pandas")


def test_a_file_that_the_job_writes_itself_is_no_input(tmp_path, values):
    job = planned(
        tmp_path,
        "from pathlib import Path\nimport json\ntarget = Path('made.json')",
        "target.write_text('[6]')",
        "with open('made.json') as file:\n    out = json.load(file)[0]",
    )
    assert [one.name for one in job.described.inputs if one.kind == "dataset"] == []
    package.write(job, values, tmp_path / "job")
    assert run(tmp_path / "job") == 6
