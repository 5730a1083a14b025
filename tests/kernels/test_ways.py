"""Every way to read and write of the list is seen in a real kernel: once, under its right name, and nothing else is."""

from __future__ import annotations

import pytest
from tests.kernels import ways

pytestmark = pytest.mark.timeout(280)
# A store of the library's own, or a file whose version is the library's business, has none at the time of the call.
WITHOUT_VERSION: set[str] = set()


@pytest.fixture(scope="module")
def prepared(kernel):
    kernel.run(ways.MAKE + "\nos.makedirs('out', exist_ok=True)", "make")
    project = kernel.state.parent
    return {"files": project.as_uri(), "db": f"sqlite:///{project}/wine.db", "folder": str(project)}


def test_there_are_as_many_ways_as_promised():
    assert len(ways.READS) >= 40 and len(ways.WRITES) >= 15


@pytest.mark.parametrize(("kind", "listed"), [("read", ways.READS), ("write", ways.WRITES)])
def test_every_way_is_seen_once_and_alone(kernel, prepared, kind, listed):
    wanted = {}
    for name, code, uri in listed:
        kernel.run(code, f"{kind} {name}")
        wanted[f"{kind} {name}"] = [(kind, uri.format(**prepared))]
    lines = [line for one in ("read", "write") for line in kernel.spooled(one) if line["cell"].startswith(f"{kind} ")]
    found = {cell: [(line["type"], line["uri"]) for line in lines if line["cell"] == cell] for cell in wanted}
    assert found == wanted
    assert {line["cell"] for line in lines if not line["version"]} == set()
