"""Our own sources and one of another package keep to the contract that perijove.testing holds."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, ClassVar

import pytest

from perijove.catalog.model import Filter, Sort, Window
from perijove.catalog.places import place
from perijove.catalog.sandbox import Sandbox
from perijove.catalog.worker import GROUP
from perijove.core.plugins import Parts
from perijove.testing import SourceContract

ACME = Path(__file__).parent / "acme"


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The other package as a wheel, installed where Python looks for packages."""
    import tomllib
    import zipfile

    said = tomllib.loads((ACME / "pyproject.toml").read_text())["project"]
    points = said["entry-points"][GROUP]
    out = tmp_path_factory.mktemp("acme")
    info = "acme_perijove-1.0.dist-info"
    with zipfile.ZipFile(out / "acme_perijove-1.0-py3-none-any.whl", "w") as wheel:
        for file in sorted(ACME.rglob("*.py")):
            wheel.write(file, file.relative_to(ACME))
        lines = "".join(f"{name} = {target}\n" for name, target in points.items())
        wheel.writestr(f"{info}/entry_points.txt", f"[{GROUP}]\n{lines}")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {said['name']}\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    asked = [
        "uv",
        "pip",
        "install",
        "-q",
        "--offline",
        "--no-deps",
        "--target",
        str(out / "site"),
        wheel.filename or "",
    ]
    subprocess.run(asked, check=True)
    return out / "site"


class TestFiles(SourceContract):
    kind = "files"

    @pytest.fixture
    def config(self, made_data: Path) -> dict[str, Any]:
        return {"uri": made_data.as_uri()}


class TestSql(SourceContract):
    kind = "sql"

    @pytest.fixture
    def config(self, made_data: Path) -> dict[str, Any]:
        return {"uri": place(str(made_data / "wine.db"), Path("/"))[1]}


class TestDuckdb(SourceContract):
    kind = "duckdb"

    @pytest.fixture
    def config(self, tmp_path: Path) -> dict[str, Any]:
        import duckdb

        with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
            connection.execute("CREATE TABLE t AS SELECT i AS id, 'n' || i AS name FROM range(20) r(i)")
        return {"uri": (tmp_path / "a.duckdb").as_uri()}


class TestDelta(SourceContract):
    kind = "delta"

    @pytest.fixture
    def config(self, tmp_path: Path) -> dict[str, Any]:
        import deltalake
        import pyarrow as pa

        deltalake.write_deltalake(str(tmp_path / "t"), pa.table({"id": list(range(20)), "name": ["x"] * 20}))
        return {"uri": (tmp_path / "t").as_uri()}


class TestIceberg(SourceContract):
    kind = "iceberg"

    @pytest.fixture
    def config(self, tmp_path: Path) -> dict[str, Any]:
        import pyarrow as pa
        from pyiceberg.catalog import load_catalog

        database = f"sqlite:///{tmp_path}/catalog.db"
        catalog = load_catalog("lake", type="sql", uri=database, warehouse=f"file://{tmp_path}/house")
        catalog.create_namespace("shop")
        data = pa.table({"id": list(range(20)), "name": ["x"] * 20})
        catalog.create_table("shop.t", data.schema).append(data)
        return {"uri": f"iceberg+{database}"}


class TestAcme(SourceContract):
    kind: ClassVar[str] = "acme"

    @pytest.fixture(autouse=True)
    def installed(self, acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(str(acme))
        monkeypatch.setenv("PYTHONPATH", str(acme))

    @pytest.fixture
    def config(self) -> dict[str, Any]:
        return {"uri": "acme://demo"}

    def test_shows_up_with_its_form_and_the_broken_one_with_its_problem(self) -> None:
        parts = {part.name: part for part in Parts(GROUP).all()}
        assert (parts["acme"].label, parts["acme"].package) == ("Acme warehouse", "acme-perijove")
        assert "region" in str(parts["acme"].form)
        assert "a_package_that_nobody_has" in parts["acme_broken"].problem
        assert parts["acme_broken"].package == "acme-perijove"
        assert parts["files"].problem == ""

    def test_without_own_verbs_the_first_rows_are_sorted(self, sandbox: Sandbox) -> None:
        window = Window(rows=2, sort=[Sort("id", True)], where=[Filter("name", "contains", "2")])
        found = sandbox.look("acme", "acme://demo", "acme://demo/gadgets", window, {})
        assert (found.rows, found.total_rows) == ([[11, "gadget 2"], [8, "gadget 2"]], 4)
        for ask in (sandbox.versions, sandbox.children):
            with pytest.raises(Exception, match="Acme warehouse"):
                ask("acme", "acme://demo", "acme://demo/gadgets", *([{}] if ask == sandbox.versions else []))
