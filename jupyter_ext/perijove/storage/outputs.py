"""How an output is kept: small parts in the manifest, large and binary ones as blobs; and its stub in a live document.

    slot    where a blob belongs in its output: ``data/<mime>``, ``text``, ``traceback``, or ``output`` for all of it
    entry   an output as the manifest keeps it: ``{"o": the rest, "blobs": {slot: [sha256, kind, bytes]}}``

What ``kind`` and ``odd`` mean is in ``values``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from perijove.storage.manifest import encode
from perijove.storage.model import BLOB_MIME, Notebook
from perijove.storage.values import ABSENT, KINDS, NAME, Get, clone, fetch, is_json, odd, store

Output = dict[str, Any]
Put = Callable[[bytes], str]
Blob = list[Any]

INLINE = 1024
"""Bytes from which a value is a blob of its own on disk."""
LIVE = 16 * 1024
"""Bytes from which text leaves a live document; what is binary leaves it from ``INLINE``."""

Large = dict[str, tuple[bytes, str]]

_ODD = (b"", "odd")
_WHOLE = ("output", "text", "traceback")
_DISPLAYS = ("display_data", "execute_result")
_LONG = re.compile(r"[0-9]{19}")
_STREAM_MIME = "application/vnd.jupyter."


def pack(output: Mapping[str, Any], put: Put, limit: int = INLINE) -> dict[str, Any]:
    """Make the manifest's entry of an output, real or stub; text from ``limit`` bytes goes to ``put``."""
    refs = references(output)
    entry = _unstub(output, refs) if refs else {"o": dict(output), "blobs": {}}
    rest, blobs = entry["o"], entry["blobs"]
    kind = rest.get("output_type")
    large: Large | None = {}
    if kind == "stream":
        large = _pack_stream(rest, limit)
    elif kind in _DISPLAYS:
        large = _pack_display(rest, limit)
    elif rest:
        large = _pack_other(rest, limit)
    if large is None:
        large = {"output": (encode(_joined(rest if refs else output)).encode("utf-8", "surrogatepass"), "json")}
        rest = {}
    for slot, (data, how) in large.items():
        blobs[slot] = [put(data), how, len(data)]
    return {"o": rest, "blobs": blobs} if blobs else {"o": rest}


def unpack(entry: Mapping[str, Any], get: Get | None, *, stubs: bool = False) -> Output:
    """Make the output of an entry; what ``get`` does not have, and with ``stubs`` what is large, becomes a stub."""
    output: Output = clone(entry.get("o", {}))
    absent: dict[str, Blob] = {}
    blobs = entry.get("blobs", {})
    for slot in sorted(blobs, key=lambda name: name != "output") if len(blobs) > 1 else blobs:
        name, kind, size = blobs[slot]
        value = ABSENT if get is None or (stubs and leaves(slot, kind, size)) else fetch(get, name, kind)
        if value is ABSENT:
            absent[slot] = blobs[slot]
        elif slot == "output":
            output = value
        elif slot.startswith("data/"):
            output.setdefault("data", {})[slot[5:]] = value
        else:
            output[slot] = value
    return _stub(output, absent) if absent else output


def hollow(output: Mapping[str, Any], put: Put) -> Output:
    """Give an output as a live document holds it: what is large, binary or odd goes to ``put`` and leaves a stub."""
    entry = pack(output, put, LIVE)
    return _stub(entry["o"], entry["blobs"]) if "blobs" in entry else dict(output)


def fill(output: Mapping[str, Any], get: Get) -> Output:
    """Give the output that ``hollow`` got; what ``get`` does not have stays a stub."""
    refs = references(output)
    return unpack(_unstub(output, refs), get) if refs else dict(output)


def hollow_notebook(notebook: Mapping[str, Any], put: Put) -> Notebook:
    """Give a notebook with stubs for its large outputs; everything else is shared with what was given."""
    return _each_output(notebook, lambda output: hollow(output, put))


def fill_notebook(notebook: Mapping[str, Any], get: Get) -> Notebook:
    """Give a notebook with real outputs for its stubs; everything else is shared with what was given."""
    return _each_output(notebook, lambda output: fill(output, get))


def references(output: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give the blobs a stub stands for, slot by slot; nothing if the output is no stub."""
    data = output.get("data")
    refs = data.get(BLOB_MIME) if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(refs, dict) or not all(map(_is_reference, refs.values())):
        return {}
    alone = not output.get("metadata") and {BLOB_MIME, "text/plain"}.issuperset(data)
    return refs if alone or not any(slot in refs for slot in _WHOLE) else {}


def leaves(slot: str, kind: str, size: int) -> bool:
    """Tell whether a blob is kept out of live documents."""
    return slot == "output" or size >= LIVE or kind.startswith("b64")


def fallback(blobs: Mapping[str, Blob], output: Mapping[str, Any]) -> str:
    """Say in words what a stub stands for, for whoever cannot show it."""
    return "\n".join(f"[{_mime(slot, output)}, {blobs[slot][2]} bytes]" for slot in sorted(blobs))


def _pack_stream(rest: Output, limit: int) -> Large | None:
    """Take the large part out of a stream; nothing if it is odd."""
    text = _join(rest.get("text"))
    if odd(rest):
        return None
    if not isinstance(text, str):
        return {}
    rest["text"] = text
    if not _large(text, limit):
        return {}
    del rest["text"]
    return {"text": (text.encode(), "text")}


def _pack_display(rest: Output, limit: int) -> Large | None:
    """Take the large values out of a mime bundle; nothing if something is odd."""
    data = rest.get("data")
    if not isinstance(data, dict) or odd({key: value for key, value in rest.items() if key != "data"}):
        return None if odd(rest) else {}
    if BLOB_MIME in data:  # something else that looks like a stub
        return None
    left: dict[str, Any] = {}
    large: Large = {}
    for mime, value in data.items():
        if not is_json(mime):
            value = _join(value)
        if isinstance(value, str):
            kept = _ODD if odd(value) else _pack_text(mime, value, limit)
        else:
            kept = _pack_json(value, limit)
        if kept is _ODD:
            return None
        if kept is None:
            left[mime] = value
        else:
            large["data/" + mime] = kept
    rest["data"] = left
    return large


def _pack_text(mime: str, value: str, limit: int) -> tuple[bytes, str] | None:
    """Give the blob of a string, or nothing if it stays where it is."""
    if not _large(value, INLINE):
        return None
    data, kind = store(value, mime)
    return None if kind == "text" and len(data) < limit else (data, kind)


def _pack_json(value: Any, limit: int) -> tuple[bytes, str] | None:
    """Give the blob of a JSON value, nothing if it stays where it is."""
    text = encode(value)
    if ("NaN" in text or "Infinity" in text or not text.isascii() or _LONG.search(text)) and odd(value):
        return _ODD
    data = text.encode()
    return (data, "json") if len(data) >= limit else None


def _pack_other(rest: Output, limit: int) -> Large | None:
    """Take a long traceback out of an error; nothing if something is odd."""
    if "text" in rest:
        rest["text"] = _join(rest["text"])
    if odd(rest):
        return None
    traceback = rest.get("traceback")
    if isinstance(traceback, list) and sum(map(len, filter(_is_text, traceback))) >= limit // 4:
        data = encode(traceback).encode()
        if len(data) >= limit:
            del rest["traceback"]
            return {"traceback": (data, "json")}
    return {}


def _unstub(output: Mapping[str, Any], refs: Mapping[str, Any]) -> dict[str, Any]:
    """Make the entry of a stub: what it stands for, without touching the blobs."""
    blobs: dict[str, Blob] = {slot: [ref["sha256"], ref["kind"], int(ref["bytes"])] for slot, ref in refs.items()}
    whole = next((slot for slot in _WHOLE if slot in refs), None)
    if whole is not None:
        return {"o": clone(refs[whole].get("output", {})), "blobs": blobs}
    data = {mime: value for mime, value in output["data"].items() if mime != BLOB_MIME}
    if data.get("text/plain") == fallback(blobs, output):
        del data["text/plain"]
    return {"o": {**output, "data": data}, "blobs": blobs}


def _stub(rest: Mapping[str, Any], blobs: Mapping[str, Blob]) -> Output:
    """Make the output that stands in a live document for blobs; nbformat finds it valid."""
    refs: dict[str, Any] = {
        slot: {"sha256": blob[0], "kind": blob[1], "bytes": blob[2], "mime": _mime(slot, rest)}
        for slot, blob in blobs.items()
    }
    whole = next((slot for slot in _WHOLE if slot in refs), None)
    if whole is None:
        data = {**rest.get("data", {}), BLOB_MIME: refs}
        data.setdefault("text/plain", fallback(blobs, rest))
        return {**rest, "data": data}
    if rest:
        refs[whole]["output"] = rest
    data = {BLOB_MIME: refs, "text/plain": fallback(blobs, rest)}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _each_output(notebook: Mapping[str, Any], change: Callable[[Output], Output]) -> Notebook:
    cells = [
        {**cell, "outputs": [change(output) for output in cell["outputs"]]} if cell.get("outputs") else cell
        for cell in notebook["cells"]
    ]
    return {**notebook, "cells": cells}


def _large(text: str, limit: int) -> bool:
    return len(text) >= limit or (not text.isascii() and 4 * len(text) >= limit and len(text.encode()) >= limit)


def _is_reference(ref: Any) -> bool:
    kind = ref.get("kind") if isinstance(ref, dict) else None
    known = isinstance(kind, str) and kind in KINDS
    size = ref.get("bytes") if known else None
    return isinstance(size, int | float) and 0 <= size < 2**53 and NAME.fullmatch(str(ref.get("sha256"))) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _joined(output: Mapping[str, Any]) -> Output:
    """Join the lines of an output, as nbformat has it in memory."""
    joined = dict(output)
    data = joined.get("data")
    if isinstance(data, dict):
        joined["data"] = {mime: value if is_json(mime) else _join(value) for mime, value in data.items()}
    if "text" in joined:
        joined["text"] = _join(joined["text"])
    return joined


def _join(value: Any) -> Any:
    return "".join(value) if isinstance(value, list) and all(map(_is_text, value)) else value


def _mime(slot: str, output: Mapping[str, Any]) -> str:
    if slot.startswith("data/"):
        return slot[5:]
    if slot == "text":
        return _STREAM_MIME + ("stderr" if output.get("name") == "stderr" else "stdout")
    return _STREAM_MIME + "error" if slot == "traceback" else "application/json"
