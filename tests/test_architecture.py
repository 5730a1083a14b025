"""Sizes, documentation and light imports: what people forget."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from perijove import reference
from perijove.core.plugins import GROUPS, Parts

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for folder in ("jupyter_ext", "kernels", "tests", "benchmarks", "examples")
    for path in (ROOT / folder).rglob("*.py")
    if "labextension" not in path.parts and "workspace" not in path.parts
)
SCRIPTS = sorted(
    path
    for path in [*(ROOT / "labextension").rglob("*.ts*"), *(ROOT / "labextension").rglob("*.css")]
    if path.name != "schema.ts"
) + sorted((ROOT / "tests" / "ui").rglob("*.ts"))
DATA = ("mlflow", "pandas", "sklearn", "shap", "xgboost", "dask", "distributed", "pyarrow")
HEAVY = (*DATA, "sqlalchemy", "alembic")


@pytest.mark.parametrize("path", SOURCES + SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_over_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_is_over_60_lines_and_each_file_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > 60]
    assert long == []
    assert not tree.body or ast.get_docstring(tree), "begin the file with one sentence"


def test_the_reference_is_fresh() -> None:
    written = (ROOT / "docs" / "reference.md").read_text()
    assert written == reference.text(), "run: python -m perijove.reference docs/reference.md"


def test_every_slice_and_group_has_its_page() -> None:
    for name in ("catalog", "clusters", "storage", "experiments", "jobs", "search"):
        assert (ROOT / "docs" / f"{name}.md").is_file()
    extend = (ROOT / "docs" / "extend.md").read_text()
    assert [group for group in GROUPS if group not in extend] == []


def test_our_own_parts_come_through_the_public_door() -> None:
    found = {group: [part.name for part in Parts(group).all() if not part.problem] for group in GROUPS}
    assert found == {
        "perijove.catalog_sources_v1": ["delta", "duckdb", "files", "iceberg", "mlflow", "sql"],
        "perijove.cluster_backends_v1": ["local"],
        "perijove.job_targets_v1": [
            "airflow",
            "cron",
            "folder",
            "git",
            "github",
            "jupyter-scheduler",
            "kubernetes",
            "systemd",
        ],
    }


@pytest.mark.parametrize(
    "module", ["perijove", "perijove.app", "perijove.cli", "perijove_kernel", "perijove_kernel.provisioner"]
)
def test_what_starts_early_stays_light(module: str) -> None:
    assert heavy_modules(module, HEAVY) == []


def test_the_wiring_loads_no_data_library() -> None:
    assert heavy_modules("perijove.wiring", DATA) == []


def heavy_modules(module: str, heavy: tuple[str, ...]) -> list[str]:
    """Which of the heavy modules importing a module brings along."""
    code = f"import sys, {module}; print(' '.join(name for name in {heavy!r} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return found.stdout.split()


def test_every_style_is_loaded_by_both_lists_in_the_same_order() -> None:
    folder = ROOT / "labextension" / "style"
    lists = [re.findall(r"[\w-]+\.css", (folder / name).read_text()) for name in ("index.js", "index.css")]
    assert lists[0] == lists[1]
    assert sorted(lists[0]) == sorted(path.name for path in folder.glob("*.css") if path.name != "index.css")
