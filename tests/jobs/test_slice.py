"""The slicer keeps what a cell needs: the micro-cases by re-execution, and single rules by their slice."""

from __future__ import annotations

import ast
import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from perijove.core.errors import Invalid
from perijove.jobs import backward_slice
from perijove.jobs.effects import effects_of
from perijove.jobs.names import free_names
from perijove.jobs.slice import Analysis
from perijove.jobs.things import Thing

HERE = Path(__file__).parent


def kept(*cells: str, target: int | str | None = None) -> list[int]:
    found = backward_slice(cells, len(cells) - 1 if target is None else target)
    return sorted(found.value_cells | found.environment_cells)


def test_all_micro_cases_are_sound_and_lean(tmp_path):
    env = {**os.environ, "IPYTHONDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, HERE / "rerun_cases.py"], env=env, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert len(report) == 53
    assert {name: one for name, one in report.items() if not one["sound"]} == {}
    assert [name for name, one in report.items() if not one["lean"] and not one["opaque"]] == []


def test_the_target_may_be_a_variable_after_the_last_cell():
    assert kept("a = [1]", "b = 2", "a.append(3)", target="a") == [0, 2]


def test_statements_of_one_cell_are_kept_one_by_one():
    found = backward_slice(["a = 1\nb = 2\nc = 3", "out = a + c"], 1)
    assert [(one.cell, one.first, one.last) for one in found.statements] == [(0, 1, 1), (0, 3, 3), (1, 1, 1)]
    assert found.reasons == {0: ["defines a, for cell 1", "defines c, for cell 1"], 1: ["the chosen cell"]}


def test_a_loaded_submodule_is_kept_though_no_name_of_it_is_read():
    assert kept("import xml", "import xml.dom", "import xml.sax", "out = xml.dom.Node") == [1, 2, 3]


def test_seeds_and_options_are_environment_cells():
    found = backward_slice(["import numpy as np", "np.random.seed(1)", "out = np.random.rand()"], 2)
    assert (sorted(found.value_cells), sorted(found.environment_cells)) == ([0, 2], [1])


def test_logging_is_left_out_and_its_block_is_seen_through():
    cells = [
        "import mlflow",
        "with mlflow.start_run() as run:\n    model = [1]\n    mlflow.log_metric('m', 1)",
        "out = model",
    ]
    found = backward_slice(cells, 2)
    assert [(one.cell, one.first) for one in found.statements] == [(1, 2), (2, 1)]
    assert kept(*cells[:2], "out = run") == [0, 1, 2]


def test_a_file_is_followed_from_its_writer_to_its_reader():
    cells = ["import pandas as pd\ndf = pd.DataFrame({'a': [1]})", "df.to_csv('x.csv')", "df.to_csv('y.csv')"]
    assert kept(*cells, "out = pd.read_csv('y.csv')") == [0, 2, 3]


@pytest.mark.parametrize("source", ["exec('x = 1')", "%run other.py", "%%bash\nrm x", "!make", "globals()['x'] = 1"])
def test_a_cell_nobody_can_see_through_is_opaque_and_keeps_what_came_before(source):
    found = backward_slice(["a = 1", source, "out = a"], 2)
    assert sorted(found.value_cells) == [0, 1, 2]
    assert list(found.opaque) == [1]


@pytest.mark.parametrize("source", ["%matplotlib inline", "!pip install x", "%%html\n<b>", "!ls", "a?", "%time b = 2"])
def test_harmless_magics_are_not_opaque(source):
    assert kept("a = 1", source, "out = a") == [0, 2]


def test_a_syntax_error_names_the_cell():
    with pytest.raises(Invalid, match=r"Cell 1 has a syntax error in line 2"):
        backward_slice(["a = 1", "b = 2\nc = = 3", "out = a"], 2)


def test_errors_after_the_target_do_not_matter():
    assert kept("a = 1", "out = a", "c = = 3", target=1) == [0, 1]


@pytest.mark.parametrize(("target", "words"), [(9, "no cell 9"), ("nobody", "No cell defines")])
def test_an_unknown_target_is_refused(target, words):
    with pytest.raises(Invalid, match=words):
        backward_slice(["a = 1"], target)


def test_cells_suffice_as_a_whole_and_statements_by_themselves():
    found = backward_slice(["a = 1", "b = a\nc = 2", "out = c"], 2)
    assert [(one.cell, one.first) for one in found.statements] == [(1, 2), (2, 1)]
    assert sorted(found.value_cells) == [0, 1, 2]


def test_a_cell_that_failed_may_have_bound_its_names():
    assert kept("a = 1", "a = 2\nb = nobody", "out = a", target=2) == [1, 2]
    found = backward_slice(["a = 1", "a = 2\nb = nobody", "out = a"], 2, ok=[True, False, True])
    assert [(one.cell, one.first) for one in found.statements] == [(0, 1), (1, 1), (2, 1)]


def test_lines_are_forced_in_and_out():
    cells = ["a = 1\nb = 2", "a += 1", "out = a"]
    found = backward_slice(cells, 2, keep=[(0, 2)], drop=[(1, 1)])
    assert [(one.cell, one.first) for one in found.statements] == [(0, 1), (0, 2), (2, 1)]
    assert [(one.cell, one.kind, one.because, one.user) for one in found.missing] == [(1, "dropped", "defines a", 2)]


def test_many_slices_of_one_walk_are_those_of_many():
    cells = ["a = [1]", "b = a", "b.append(2)", "c = 3", "out = a"]
    analysis = Analysis(cells)
    for target in range(len(cells)):
        assert analysis.slice(target).statements == backward_slice(cells, target).statements


def test_what_a_defined_function_looks_up_is_environment():
    found = backward_slice(["k = 1", "def f():\n    return k"], 1)
    assert (sorted(found.value_cells), sorted(found.environment_cells)) == ([1], [0])


def test_a_project_says_what_its_libraries_do(tmp_path):
    cells = ["import ourlib", "rows = [1]", "ourlib.clean(rows)", "out = rows"]
    assert [one.cell for one in backward_slice(cells, 3, effects=effects_of(tmp_path)).statements] == [1, 3]
    (tmp_path / "effects.toml").write_text('[changes_argument]\n"ourlib.clean" = 0\n')
    own = backward_slice(cells, 3, effects=effects_of(tmp_path))
    assert [one.cell for one in own.statements] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense = 1", "nonsense is not known"),
        ("[library]\nours = 1", "library.ours should be a table"),
        ('[library.ours]\nmethods = "maybe"', "library.ours.methods is not understood"),
        ('[changes_argument]\n"a.b" = "first"', "should be a number"),
        ("[[", "is not TOML"),
    ],
)
def test_a_projects_table_that_is_wrong_is_refused_in_a_sentence(tmp_path, text, words):
    (tmp_path / "effects.toml").write_text(text)
    with pytest.raises(Invalid, match=words):
        effects_of(tmp_path)


def test_a_shallow_copy_has_the_same_members():
    assert kept("import copy", "a = [1]", "m = copy.copy([a])", "m[0].append(2)", "out = a") == [0, 1, 2, 3, 4]


HEAVY = """
class Many:
    def __init__(self, parts):
        self.parts, self.seen, self.last = parts, {}, []

    def fit(self, given):
        for level in range(3):
            for number, part in enumerate(self.parts[level]):
                for one in part.split(self.seen[0], given):
                    if level:
                        rows = self.seen[level - 1][one]
                    else:
                        rows = [x[one] for x in given[0][number]]
                    part.fit(rows, self.last[one])
                    self.seen[level][one, number:number + 1] = part.predict(rows)
                    self.last.append(part.score(rows, self.seen))
        return self.seen
"""


def test_what_cannot_be_walked_through_costs_its_own_statement_and_not_those_after_it():
    cells = [HEAVY, "from lib import A, B\nmany = Many([[A()], [B()], [A(), B()]])\nm0 = many.fit([[1], [2]])"]
    cells += [f"m{at} = many.fit(m{at - 1})\nn{at} = m{at}[{at}] + 1" for at in range(1, 150)]
    analysis = Analysis(cells)
    assert sum(len(one.holds) for one in analysis.walk.made.values()) < 12 * len(analysis.walk.edges)
    edges = [len(one) for one in analysis.walk.edges]
    assert sum(edges) < 12 * len(edges)  # each change needs the one before it, not all of them
    assert analysis.slice("n149").value_cells == frozenset(range(len(cells)))


def test_two_walks_through_a_program_find_the_same():
    cells = [HEAVY, "many = Many(parts)\nm = many.fit(given)", "z = sorted([m, many], key=lambda one: one.x)"] * 5
    one, two = Analysis(cells), Analysis(cells)
    assert one.walk.edges == two.walk.edges
    assert [list(edges) for edges in one.walk.edges] == [list(edges) for edges in two.walk.edges]


def test_a_name_that_nobody_binds_may_be_called_like_a_kind_of_thing():
    found = backward_slice(["first = function[0]\nmade = hub(first)", "ends = sorted([first], key=made)"], 1)
    assert found.value_cells == {0, 1}


def test_a_thing_can_be_shown_that_holds_itself():
    analysis = Analysis(["a = []\na.append(a)"])
    assert "container" in repr(analysis.walk.scope.names["a"])


@pytest.mark.parametrize(
    "use",
    [
        "a.extend(itertools.islice(g, 1))",
        "a += itertools.islice(g, 1)",
        "a[0:0] = itertools.islice(g, 1)",
        "list.extend(a, g)",
        "x = ','.join(map(str, g))",
        "x = str.join(',', map(str, g))",
        "s.update(g)",
        "x = set.union(s, g)",
        "x = list(itertools.accumulate(g))",
        "x = itertools.product(g, 'ab')",
        "x = functools.reduce(max, g)",
        "import collections\nx = collections.deque(g)",
        "import numpy as np\nx = np.fromiter(g, int)",
        "import pandas as pd\nx = pd.read_csv(g)",
    ],
)
def test_whoever_is_given_an_iterator_may_go_through_it(use):
    assert 1 in kept("import functools, itertools\ng = iter([1, 2])\na = [1]\ns = set()", use, "n = next(g, 0)")


def test_what_only_takes_an_iterator_leaves_it_where_it_is():
    assert kept(
        "import itertools\ng = iter([1, 2])\na = []", "a.append(g)", "b = itertools.chain(g)", "n = next(g)"
    ) == [
        0,
        3,
    ]


def test_an_augmented_assignment_reads_its_target_before_its_value():
    assert kept("n = 1", "n += (n := 0)") == [0, 1]


@pytest.mark.parametrize("change", ["append(1)", "sort()", "update({1: 2})", "reverse()"])
@pytest.mark.parametrize(
    "taken",
    [
        "t['a'].tolist()", "t['a'].to_numpy().copy()", "t.values", "t['a'].unique()", "t.to_dict('list')['a']",
        "t.columns.tolist()", "t['a'].tolist()[:2]", "t['a'].apply(list).iloc[0]", "np.array(t).tolist()",
        "pl.DataFrame(t).rows()", "pl.DataFrame(t)['a'].to_list()",
    ],
)  # fmt: skip
def test_what_left_a_frame_changes_by_its_own_methods(taken, change):
    loads = "import numpy as np\nimport pandas as pd\nimport polars as pl"
    assert kept(loads, "t = pd.read_csv('a.csv')", f"x = {taken}", f"x.{change}", target="x") == [0, 1, 2, 3]


def test_a_frame_of_polars_changes_in_place_wherever_it_came_from():
    cells = ["import polars as pl", "t = pl.read_csv('a.csv')", "x = t.unique()", "x.insert_column(0, t['a'])"]
    assert kept(*cells, target="x") == [0, 1, 2, 3]


def test_a_frame_is_left_alone_by_methods_that_give_a_new_one():
    assert kept("import polars as pl", "t = pl.read_csv('a.csv')", "t.sort('a')", target="t") == [0, 1]
    assert kept("import pandas as pd", "t = pd.read_csv('a.csv')", "t.sort_values('a')", target="t") == [0, 1]


def test_a_view_of_random_numbers_is_one():
    assert kept("import numpy as np", "x = np.random.rand(3)", "y = x.reshape(-1, 1)", "x.sort()", target="y") == [
        0, 1, 2, 3,
    ]  # fmt: skip


def test_a_function_in_a_function_may_bind_the_names_of_the_outer_one():
    counter = "def counter(y):\n    def inner(x):\n        nonlocal y\n        y = y + x * rate\n        return y\n"
    cells = ["rate = 2", "other = 3", counter + "    return inner", "f = counter(1)", "f(3)", "z = f(4)"]
    assert kept(*cells) == [0, 2, 3, 4, 5]
    deep = (
        "def outer():\n    y = 0\n    def give():\n        def inner():\n            nonlocal y\n            y = a1\n"
    )
    assert kept("a1 = 1", deep + "        inner()\n        return y\n    return give()", "z = outer()") == [0, 1, 2]


def test_a_function_that_binds_a_name_of_one_around_it_looks_that_name_up():
    inner = ast.parse("def inner():\n    nonlocal y\n    y = a1").body[0]
    assert free_names(inner) >= {"y", "a1"}
    assert "x" not in free_names(ast.parse("def f(x):\n    def g():\n        return x").body[0])


BEGIN = "import os, pandas as pd, polars as pl\nfrom pathlib import Path\nDATA = Path('data')\nname = 'a'"


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("x = pl.scan_parquet('a.parquet')", "a.parquet"),
        ("x = pl.scan_csv(source='a.csv')", "a.csv"),
        ("x = pd.read_csv(DATA / 'a.csv')", "data/a.csv"),
        ("x = pd.read_csv(f'{DATA}/{name}.csv')", "data/a.csv"),
        ("x = pd.read_csv('data/' + name + '.csv')", "data/a.csv"),
        ("x = pd.read_csv(os.path.join(DATA, 'deep', 'a.csv'))", "data/deep/a.csv"),
        ("file = DATA / 'a.csv'\nDATA = Path('b')\nx = pd.read_csv(file)", "data/a.csv"),
        ("DATA = DATA / 'c'\nx = pd.read_csv(DATA / 'a.csv')", "data/c/a.csv"),
        ("if name:\n    DATA = Path('b')\nx = pd.read_csv(DATA / 'a.csv')", "*"),
        ("for name in 'bc':\n    x = pd.read_csv(f'{name}.csv')", "*"),
        ("def load(name):\n    return pd.read_csv(f'{name}.csv')\nx = load('b')", "*"),
        ("x = pd.read_csv(','.join('ab'))", "*"),
        ("x = pd.read_csv(f'{name:>9}.csv')", "*"),
        ("x = pd.read_csv(find('a.csv'))", "*"),
    ],
)
def test_a_path_is_known_where_its_parts_are(code, path):
    files = Analysis([BEGIN, code]).walk.notes.files
    assert {name for name, _ in files} == ({path} if path != "*" else set())


def test_paths_that_are_put_together_tell_files_apart():
    cells = (BEGIN, "pd.DataFrame().to_csv(DATA / 'a.csv')", "pd.DataFrame().to_csv(DATA / 'b.csv')")
    assert kept(*cells, "x = pd.read_csv(f'{DATA}/b.csv')") == [0, 2, 3]


def test_an_analysis_that_is_dropped_leaves_nothing_behind():
    """A server analyses for days; what holds itself in circles would wait for a look through all of its memory."""
    cells = (
        "import pandas as pd\nclass A:\n    def f(self):\n        return self\na = A()",
        "def outer(x):\n    def inner():\n        return x, inner\n    return inner\ng = outer(a)\n"
        "b = [g, a]; b.append(b)",
        "c = [one.f() for one in b if one]\nd = pd.DataFrame({'x': c})",
    )
    gc.collect()
    gc.disable()
    try:
        analysis = Analysis(cells)
        analysis.slice(2, drop=[(1, 5)])
        assert analysis.walk.things
        del analysis
        assert not [one for one in gc.get_objects() if isinstance(one, Thing)]
    finally:
        gc.enable()
