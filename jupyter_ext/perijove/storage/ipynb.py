"""Plain ``.ipynb`` files: read without repair, written as nbformat writes them, compared by what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from perijove.core.errors import Invalid
from perijove.storage.model import Notebook

_SPLIT = ("application/javascript", "image/svg+xml")
_TRANSIENT = ("orig_nbformat", "orig_nbformat_minor", "signature")


def parse(data: bytes, name: str) -> Notebook:
    """The notebook in a file; raises Invalid with a sentence where there is none."""
    hint = "Open it in a text editor to see, or restore an earlier version."
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{name} is not a notebook: {error}.", hint=hint) from error
    if not isinstance(found, dict) or not isinstance(found.get("nbformat"), int):
        raise Invalid(f"{name} is not a notebook: it does not name its format.", hint=hint)
    if found["nbformat"] != 4:
        return _upgraded(found, name)
    if not isinstance(found.get("cells"), list) or not all(isinstance(cell, dict) for cell in found["cells"]):
        raise Invalid(f"{name} is not a notebook: it has no list of cells.", hint=hint)
    for place, cell in enumerate(found["cells"]):
        if not _is_text(cell.get("source", "")):
            raise Invalid(f"{name} is not a notebook: the source of cell {place} is no text.", hint=hint)
    return joined(found)


def version(data: bytes) -> int:
    """The number of the notebook format of a file's bytes; 4 where it names none, which ``parse`` refuses."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return 4
    said = found.get("nbformat") if isinstance(found, dict) else 4
    return said if isinstance(said, int) else 4


def _upgraded(found: Notebook, name: str) -> Notebook:
    import nbformat

    try:
        upgraded = nbformat.reads(json.dumps(found), as_version=4)
    except Exception as error:  # noqa: BLE001 - old formats fail in many ways
        raise Invalid(f"{name} is a notebook of version {found['nbformat']} that cannot be read: {error}.") from error
    return joined(json.loads(json.dumps(upgraded)))


def joined(notebook: Notebook) -> Notebook:
    """Join multi-line strings that were split for the file, in place."""
    for cell in notebook["cells"]:
        if isinstance(cell.get("source"), list):
            cell["source"] = "".join(cell["source"])
        for bundle in _bundles(cell):
            for mime, value in bundle.items():
                if _is_lines(value) and not _is_json(mime):
                    bundle[mime] = "".join(value)
        for output in _outputs(cell):
            if output.get("output_type") == "stream" and _is_lines(output.get("text")):
                output["text"] = "".join(output["text"])
    return notebook


def serialise(notebook: Notebook) -> bytes:
    """The bytes of a file as nbformat writes them."""
    whole = {**notebook, "metadata": _without(notebook.get("metadata", {}), _TRANSIENT)}
    old = notebook.get("nbformat_minor", 5) < 5
    whole["cells"] = [_split(cell, ("id",) if old else ()) for cell in notebook["cells"]]
    text = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": ")) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a character: JSON can say it only in ASCII
        return (json.dumps(whole, indent=1, sort_keys=True, separators=(",", ": ")) + "\n").encode()


def meaning(notebook: Notebook) -> Notebook:
    """What a notebook says, for comparing: trust and what nbformat does not write do not count."""
    old = notebook.get("nbformat_minor", 5) < 5
    whole = {**notebook, "metadata": _without(notebook.get("metadata", {}), _TRANSIENT)}
    whole["cells"] = [
        {**_without(cell, ("id",) if old else ()), "metadata": _without(cell.get("metadata", {}), ("trusted",))}
        for cell in notebook["cells"]
    ]
    return whole


def problem(notebook: Notebook) -> str:
    """Why a notebook is not valid, in a sentence; empty for a valid one. Nothing is repaired."""
    from nbformat.validator import iter_validate

    for error in iter_validate(notebook):
        return str(error).split("\n", 1)[0]
    return ""


def _without(table: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in names}


def _split(cell: dict[str, Any], dropped: tuple[str, ...]) -> dict[str, Any]:
    cell = {**_without(cell, dropped), "metadata": _without(cell.get("metadata", {}), ("trusted",))}
    if isinstance(cell.get("source"), str):
        cell["source"] = cell["source"].splitlines(True)
    if isinstance(cell.get("attachments"), dict):
        cell["attachments"] = {name: _split_bundle(bundle) for name, bundle in cell["attachments"].items()}
    if isinstance(cell.get("outputs"), list):
        cell["outputs"] = [_split_output(output) for output in cell["outputs"]]
    return cell


def _split_output(output: dict[str, Any]) -> dict[str, Any]:
    if isinstance(output.get("data"), dict):
        return {**output, "data": _split_bundle(output["data"])}
    if output.get("output_type") == "stream" and isinstance(output.get("text"), str):
        return {**output, "text": output["text"].splitlines(True)}
    return output


def _split_bundle(bundle: Any) -> Any:
    if not isinstance(bundle, dict):
        return bundle
    return {
        mime: value.splitlines(True)
        if isinstance(value, str) and (mime.startswith("text/") or mime in _SPLIT)
        else value
        for mime, value in bundle.items()
    }


def _bundles(cell: dict[str, Any]) -> Iterator[dict[str, Any]]:
    attachments = cell.get("attachments")
    if isinstance(attachments, dict):
        yield from (bundle for bundle in attachments.values() if isinstance(bundle, dict))
    for output in _outputs(cell):
        if isinstance(output.get("data"), dict):
            yield output["data"]


def _outputs(cell: dict[str, Any]) -> Iterator[dict[str, Any]]:
    outputs = cell.get("outputs")
    if isinstance(outputs, list):
        yield from (output for output in outputs if isinstance(output, dict))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or _is_lines(value)


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _is_json(mime: str) -> bool:
    return mime == "application/json" or (mime.startswith("application/") and mime.endswith("+json"))
