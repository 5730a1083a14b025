"""The contents manager in a real server: text notebooks are notebooks, for Lab, for jupytext and for every tool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hosts import Host, jupyter_host
from tests.storage.awkward import code, markdown, notebook, stream

from perijove.storage import blobs
from perijove.storage.text import to_text

WITH_JUPYTEXT = "--ServerApp.jpserver_extensions={'jupyterlab_jupytext': True, 'perijove': True}"


class Contents:
    """The contents of a server, asked as Lab asks."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.folder = host.folder

    def __call__(self, method: str, path: str = "", body: Any = None, **query: Any) -> Any:
        answer = self.ask(method, path, body, **query)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str = "", body: Any = None, **query: Any) -> httpx.Response:
        headers = {"Authorization": f"token {self.host.token}"}
        url = f"{self.host.base}/api/contents/{path}"
        return httpx.request(method, url, json=body, params=query, headers=headers, timeout=60)

    def save(self, path: str, content: dict[str, Any]) -> Any:
        return self("PUT", path, {"type": "notebook", "format": "json", "content": content})


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contents]:
    """One server for all, with jupytext's own extension switched on beside ours."""
    with jupyter_host(tmp_path_factory.mktemp("contents"), WITH_JUPYTEXT) as host:
        yield Contents(host)


def churn(source: str = "a = 1") -> dict[str, Any]:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook(markdown("# Churn", id="t"), code(source, [stream("out\n")], 1, id="c"), kernelspec=kernel)


def test_jupytext_does_not_take_our_place(contents: Contents) -> None:
    log = (contents.folder / "server.log").read_text()
    assert "jupyterlab_jupytext | extension was successfully loaded." in log
    assert "Deriving" not in log
    assert "TextFileContentsManager already - OK" in log
    (contents.folder / "program.py").write_text("# %%\nprint(1)\n")
    assert contents("GET", "program.py", content=0)["type"] == "file"  # jupytext's would say notebook


def test_an_admin_may_choose_another_contents_manager(tmp_path: Path) -> None:
    option = "--ServerApp.contents_manager_class=jupyter_server.services.contents.filemanager.AsyncFileContentsManager"
    with jupyter_host(tmp_path, option) as host:
        other = Contents(host)
        (tmp_path / "churn.py").write_text(to_text(churn()).text)
        assert other("GET", "churn.py", content=0)["type"] == "file"


def test_a_new_text_notebook_is_saved_opened_and_read_as_a_file(contents: Contents) -> None:
    made = contents("POST", "", {"type": "file", "ext": ".py"})
    path = made["path"]
    saved = contents.save(path, churn())
    opened = contents("GET", path)
    assert opened["type"] == saved["type"] == "notebook"
    assert [cell["source"] for cell in opened["content"]["cells"]] == ["# Churn", "a = 1"]
    assert opened["content"]["cells"][1]["outputs"] == [stream("out\n")]
    raw = contents("GET", path, type="file", format="text", hash=1)
    assert (raw["type"], raw["content"]) == ("file", (contents.folder / path).read_text())
    for one in (raw, contents("GET", path, content=0, hash=1), contents("GET", path.replace(".py", ".ipynb"))):
        assert (one["hash"], one["last_modified"]) == (opened["hash"], opened["last_modified"])
    assert saved["last_modified"] == opened["last_modified"]


def test_the_view_is_hidden_and_is_the_same_document(contents: Contents) -> None:
    contents.save("shown.py", churn())
    contents.save("shown.ipynb", churn("a = 2"))
    assert "a = 2" in (contents.folder / "shown.py").read_text()
    listed = {entry["name"]: entry["type"] for entry in contents("GET")["content"]}
    assert listed["shown.py"] == "notebook"
    assert "shown.ipynb" not in listed
    raw = contents("GET", "shown.ipynb", type="file", format="text")  # a download
    assert json.loads(raw["content"])["cells"][1]["source"] == ["a = 2"]
    assert (contents.folder / "shown.ipynb").read_text() == raw["content"]


def test_an_upload_over_the_view_is_taken_in(contents: Contents) -> None:
    contents.save("upload.py", churn())
    raw = contents("GET", "upload.ipynb", type="file", format="text")["content"]
    body = {"type": "file", "format": "text", "content": raw.replace("a = 1", "a = 5")}
    contents("PUT", "upload.ipynb", body)
    assert contents("GET", "upload.py")["content"]["cells"][1]["source"] == "a = 5"
    assert (contents.folder / "upload.py").read_text().startswith("# perijove-notebook")


def test_saving_text_keeps_outputs_and_the_time_grows(contents: Contents) -> None:
    before = contents.save("text.py", churn())
    text = (contents.folder / "text.py").read_text().replace("a = 1", "a = 3")
    after = contents("PUT", "text.py", {"type": "file", "format": "text", "content": text})
    assert after["last_modified"] > before["last_modified"]
    cell = contents("GET", "text.py")["content"]["cells"][1]
    assert (cell["source"], cell["outputs"]) == ("a = 3", [stream("out\n")])


def test_saving_the_same_again_writes_nothing(contents: Contents) -> None:
    for path in ("same.py", "same-plain.ipynb"):
        contents.save(path, churn())
        stamp = (contents.folder / path).stat()
        model = contents("GET", path)
        again = contents.save(path, model["content"])
        assert again["last_modified"] == model["last_modified"]
        assert (contents.folder / path).stat() == stamp


def test_plain_files_and_notebooks_work_as_before(contents: Contents) -> None:
    contents("PUT", "notes.txt", {"type": "file", "format": "text", "content": "öne\n"})
    contents("PUT", "data.bin", {"type": "file", "format": "base64", "content": "AAEC"})
    assert contents("GET", "notes.txt", hash=1)["content"] == "öne\n"
    assert (contents.folder / "data.bin").read_bytes() == b"\0\1\2"
    contents.save("plain.ipynb", churn())
    (contents.folder / "older").write_bytes((contents.folder / "plain.ipynb").read_bytes().replace(b"a = 1", b"a = 4"))
    first = contents("GET", "plain.ipynb")
    (contents.folder / "older").replace(contents.folder / "plain.ipynb")
    second = contents("GET", "plain.ipynb")
    assert second["last_modified"] > first["last_modified"]
    assert second["content"]["cells"][1]["source"] == "a = 4"
    (contents.folder / "broken.ipynb").write_text("{")
    assert contents.ask("GET", "broken.ipynb").status_code == 400


def test_rename_copy_checkpoint_and_delete_take_all_along(contents: Contents) -> None:
    contents.save("first.py", churn())
    contents("POST", "first.py/checkpoints")
    contents.save("first.py", churn("a = 'later'"))
    contents("PATCH", "first.py", {"path": "second.py"})
    copied = contents("POST", "", {"copy_from": "second.py"})
    assert copied["type"] == "notebook"
    for path in ("second.py", copied["path"]):
        assert contents("GET", path)["content"]["cells"][1]["outputs"] == [stream("out\n")]
    contents("POST", "second.py/checkpoints/checkpoint")
    restored = contents("GET", "second.py")["content"]["cells"][1]
    assert (restored["source"], restored["outputs"]) == ("a = 1", [stream("out\n")])
    assert contents.ask("PATCH", "second.py", {"path": "second.ipynb"}).status_code == 400
    assert contents.ask("PATCH", "second.py", {"path": copied["path"]}).status_code == 409
    contents("DELETE", "second.py")
    left = [file.name for file in contents.folder.iterdir() if file.name.startswith(("first", "second."))]
    assert left == []


def test_a_folder_keeps_its_notebooks_outputs_when_it_is_renamed(contents: Contents) -> None:
    (contents.folder / "old").mkdir()
    contents.save("old/churn.py", churn())
    contents("PATCH", "old", {"path": "new"})
    assert contents("GET", "new/churn.py")["content"]["cells"][1]["outputs"] == [stream("out\n")]


def test_what_json_cannot_say_in_a_browser_is_opened_and_saved_unharmed(contents: Contents) -> None:
    odd = {"output_type": "display_data", "metadata": {}, "data": {"application/json": [float("nan"), 2**80]}}
    whole = churn()
    whole["cells"][1]["outputs"] = [odd]
    taken = to_text(whole)
    (contents.folder / "odd.py").write_text(taken.text)
    place = contents.folder / ".perijove/outputs/notebooks/odd.py"
    place.mkdir(parents=True)
    (place / "manifest.json").write_bytes(taken.manifest.dumps())
    for blob in taken.blobs.values():
        blobs.put(contents.folder / ".perijove/outputs/blobs", blob)
    model = contents("GET", "odd.py")
    json.dumps(model, allow_nan=False)
    model["content"]["cells"][1]["source"] = "a = 9"
    contents.save("odd.py", model["content"])
    view = json.loads(contents("GET", "odd.ipynb", type="file", format="text")["content"])
    kept = view["cells"][1]["outputs"][0]["data"]["application/json"]
    assert (str(kept[0]), kept[1]) == ("nan", 2**80)


def test_a_notebook_run_here_is_trusted_and_one_changed_outside_is_not(contents: Contents) -> None:
    html = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<b>1</b>" * 5000}}
    whole = churn()
    whole["cells"][1] |= {"outputs": [html], "metadata": {"trusted": True}}
    contents.save("trusted.py", whole)
    assert contents("GET", "trusted.py")["content"]["cells"][1]["metadata"]["trusted"] is True
    raw = contents("GET", "trusted.ipynb", type="file", format="text")["content"]
    (contents.folder / "trusted.ipynb").write_text(raw.replace("<b>1", "<i>1"))
    assert contents("GET", "trusted.py")["content"]["cells"][1]["metadata"]["trusted"] is False
    assert "trusted" not in (contents.folder / "trusted.py").read_text()


def test_a_disk_error_is_a_sentence(contents: Contents) -> None:
    assert contents.ask("GET", "nothing.py").status_code == 404
    program = to_text(churn()).text.encode() + b"# \xe4\n"
    (contents.folder / "latin.py").write_bytes(program)
    refused = contents.ask("GET", "latin.py")
    assert (refused.status_code, "is not UTF-8" in refused.json()["message"]) == (400, True)
