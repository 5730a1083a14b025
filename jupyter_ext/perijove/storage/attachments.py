"""Files that were dropped into a Markdown cell: content, kept as blobs beside the text and named on the marker.

A reference is the SHA-256 of the bytes, with ``.kind`` after it where they are not plain base64 (see ``outputs``). A
blob that is not there leaves its reference in the cell under ``BLOB_MIME``, and is written again from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from perijove.storage.model import BLOB_MIME
from perijove.storage.values import ABSENT, Get, fetch, is_json, store

References = dict[str, dict[str, str]]


def write(attachments: Mapping[str, Mapping[str, Any]], blobs: dict[str, bytes]) -> References:
    """Give the references of a cell's attachments, and put their bytes into ``blobs``."""
    return {name: _write_bundle(bundle, blobs) for name, bundle in attachments.items()}


def read(references: Mapping[str, Any], get: Get | None) -> dict[str, Any]:
    """Give the attachments that references name; a missing one stays a reference."""
    return {name: _read_bundle(bundle, get) for name, bundle in references.items() if isinstance(bundle, dict)}


def names(references: Mapping[str, Any]) -> set[str]:
    """Name the blobs that references need."""
    bundles = [bundle for bundle in references.values() if isinstance(bundle, dict)]
    return {ref.partition(".")[0] for bundle in bundles for ref in bundle.values() if isinstance(ref, str)}


def _write_bundle(bundle: Mapping[str, Any], blobs: dict[str, bytes]) -> dict[str, str]:
    written: dict[str, str] = {}
    for mime, value in bundle.items():
        if mime == BLOB_MIME and _is_references(value):
            written |= value
            continue
        if isinstance(value, list) and not is_json(mime) and all(isinstance(line, str) for line in value):
            value = "".join(value)
        data, kind = store(value, mime)
        name = hashlib.sha256(data).hexdigest()
        blobs[name] = data
        written[mime] = name if kind == "b64" else f"{name}.{kind}"
    return written


def _read_bundle(bundle: Mapping[str, Any], get: Get | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    missing: dict[str, Any] = {}
    for mime, reference in bundle.items():
        name, _, kind = reference.partition(".") if isinstance(reference, str) else ("", "", "")
        value = fetch(get, name, kind or "b64") if get else ABSENT
        if value is ABSENT:
            missing[mime] = reference
        else:
            found[mime] = value
    return {**found, BLOB_MIME: missing} if missing else found


def _is_references(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(reference, str) for reference in value.values())
