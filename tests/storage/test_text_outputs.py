"""Large outputs leave live documents as stubs, and come back as they were."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import pytest
from tests.storage import awkward
from tests.storage.awkward import code, markdown, notebook, shown, stream

from perijove.storage import from_text, to_text
from perijove.storage.check import joined, lost, problem_of, same
from perijove.storage.model import BLOB_MIME
from perijove.storage.outputs import LIVE, fill, fill_notebook, hollow, hollow_notebook

OUTPUTS = [
    output
    for make in (awkward.every_output, awkward.base64_outputs, awkward.number_outputs, awkward.text_outputs)
    for output in joined(notebook(code("", make())))["cells"][0]["outputs"]
]


class Store(dict[str, bytes]):
    """Blobs by name."""

    def put(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        self[name] = data
        return name


@pytest.mark.parametrize("output", OUTPUTS, ids=range(len(OUTPUTS)))
def test_an_output_comes_back_from_its_stub(output: dict[str, Any]) -> None:
    store, before = Store(), copy.deepcopy(output)
    stub = hollow(output, store.put)
    assert same(fill(stub, store.__getitem__), before)
    assert same(output, before), "what was given has changed"
    assert problem_of(notebook(code("", [stub]))) == ""
    assert same(hollow(stub, store.put), stub)
    small = len(json.dumps(stub)) < 4 * LIVE
    assert small and not any(number in json.dumps(stub) for number in ("NaN", "Infinity", str(2**63)))
    json.dumps(stub, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("output", OUTPUTS, ids=range(len(OUTPUTS)))
def test_a_stub_is_written_as_the_output_it_stands_for(output: dict[str, Any]) -> None:
    store = Store()
    real, live = (to_text(notebook(code("x", [one], 1))) for one in (output, hollow(output, store.put)))
    assert real.manifest.dumps() == live.manifest.dumps()
    assert real.blobs.items() <= {**live.blobs, **store}.items()


def test_without_its_blobs_a_notebook_is_valid_and_nothing_is_lost() -> None:
    whole = joined(notebook(code("x", OUTPUTS, 1), markdown("y", attachments={"a.png": {"image/png": "AAAA"}})))
    taken = to_text(whole)
    bare = from_text(taken.text, taken.manifest)
    assert problem_of(bare) == ""
    again = to_text(bare)
    assert (again.text, again.manifest.dumps(), again.blobs, again.attachments) == (
        taken.text,
        taken.manifest.dumps(),
        {},
        {},
    )
    assert same(from_text(again.text, again.manifest, {**taken.blobs, **taken.attachments}), whole)


def test_one_missing_blob_costs_one_output_only() -> None:
    whole = joined(notebook(code("x", [shown(png="A" * 2000), stream("x" * 2000)], 1)))
    taken = to_text(whole)
    name = hashlib.sha256(b"x" * 2000).hexdigest()
    blobs = {sha: data for sha, data in taken.blobs.items() if sha != name}
    image, text = from_text(taken.text, taken.manifest, blobs)["cells"][0]["outputs"]
    assert same(image, whole["cells"][0]["outputs"][0])
    assert text["data"][BLOB_MIME]["text"]["sha256"] == name
    assert text["data"]["text/plain"] == "[application/vnd.jupyter.stdout, 2000 bytes]"


def test_a_name_that_is_no_hash_is_never_looked_up() -> None:
    def get(name: str) -> bytes:
        raise AssertionError(f"looked up {name}")

    manifest = {
        "perijove_manifest": 1,
        "cells": {"a": {"source": "", "outputs": [{"o": {}, "blobs": {"output": ["../../secret", "json", 1]}}]}},
    }
    reference = json.dumps({"a": {"image/png": "/etc/passwd"}})
    text = f"# perijove-notebook 1\n\n# %% id=a\nx\n\n# %% [markdown] id=b attachments={reference}\n"
    cells = from_text(text, manifest, get)["cells"]
    assert cells[1]["attachments"] == {"a": {BLOB_MIME: {"image/png": "/etc/passwd"}}}
    assert cells[0]["outputs"][0]["data"][BLOB_MIME]["output"]["sha256"] == "../../secret"


def test_only_what_is_large_or_binary_leaves_a_live_document() -> None:
    store = Store()
    kept = [stream("x" * (LIVE - 1)), shown(plain="x", png="AAAA"), shown(json=list(range(100)))]
    gone = [
        stream("x" * LIVE),
        shown(plain="x", png="A" * 1024),
        shown(json=list(range(9999))),
        stream("ü" * (LIVE // 2)),
    ]
    assert [same(hollow(output, store.put), output) for output in [*kept, *gone]] == [True] * 3 + [False] * 4
    image = hollow(gone[1], store.put)["data"]
    assert image["text/plain"] == "x" and set(image) == {"text/plain", BLOB_MIME}
    assert set(image[BLOB_MIME]) == {"data/image/png"}


def test_a_whole_notebook_goes_hollow_and_back() -> None:
    store = Store()
    whole = joined(notebook(code("x", OUTPUTS, 1), markdown("y"), code("z")))
    live = hollow_notebook(whole, store.put)
    assert problem_of(live) == ""
    assert same(fill_notebook(live, store.__getitem__), whole)
    taken = to_text(whole)
    assert to_text(live).text == taken.text
    assert same(from_text(taken.text, taken.manifest, taken.blobs, stubs=True), live)


def test_a_damaged_blob_is_as_good_as_a_missing_one() -> None:
    whole = joined(notebook(code("x", [shown(json=list(range(1000))), stream("ü" * 2000)], 1)))
    taken = to_text(whole)
    cells = from_text(taken.text, taken.manifest, dict.fromkeys(taken.blobs, b"\xff{"))["cells"]
    assert all(BLOB_MIME in output["data"] for output in cells[0]["outputs"])
    assert to_text({**whole, "cells": cells}).manifest.dumps() == taken.manifest.dumps()


@pytest.mark.parametrize(
    "entry",
    [
        1,
        {"metadata": 1},
        {"outputs": {}},
        {"outputs": [{}]},
        {"outputs": [{"o": {}, "blobs": {"text": ["a"]}}]},
        {"lacks": 1},
    ],
)
def test_an_entry_of_another_form_is_left_out(entry: Any) -> None:
    text = "# perijove-notebook 1\n\n# %% id=a\nx\n"
    manifest = {"perijove_manifest": 1, "cells": {"a": entry, "b": {"source": "0"}}}
    assert from_text(text, manifest)["cells"][0]["outputs"] == []


def test_json_may_be_nested_deep() -> None:
    deep: Any = "bottom"
    for _ in range(400):
        deep = [{"a": deep}]
    whole = notebook(code("x", [shown(json=deep)], 1, metadata={"deep": deep, "papermill": deep}))
    assert list(lost(whole)) == []
