"""The difference of two notebooks: which cells are the same, changed, moved, new or gone, down to characters.

Cells are paired first (``pairs``), and equal ones are told by comparing what they are, so that only what really differs
is looked at line by line. Outputs are compared as they are; those that are blobs by their SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perijove.storage.lines import compare, matching, rising
from perijove.storage.model import (
    BLOB_MIME,
    CellChange,
    Line,
    NotebookDiff,
    OutputChange,
    OutputPart,
)
from perijove.storage.pairs import Body, bodies, joined, pair
from perijove.storage.weave import same

MOST_TEXT = 64 * 1024
"""Characters of an output that are shown; the rest is told by its number."""
SHORT_TEXT = 2 * 1024
"""Longer outputs are not compared line by line: both are there to be looked at."""
MOST_COMPARED = 48 * 1024
"""Characters of outputs that are compared line by line in one diff."""
MIMES = (
    *("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"),
    *("text/html", "text/markdown", "text/latex", "application/json", "text/plain"),
)
"""What of an output is shown, best first."""

Cell = Mapping[str, Any]
Output = Mapping[str, Any]
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass
class _Budget:
    """How many characters of outputs may still be compared line by line."""

    left: int = MOST_COMPARED


def diff(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    outputs: bool = True,
    names: tuple[str, str] = ("before", "after"),
    path: str = "",
) -> NotebookDiff:
    """Compare two notebooks; without ``outputs`` only sources, types and metadata count."""
    old, new = list(before["cells"]), list(after["cells"])
    told_old, told_new = bodies(old), bodies(new)
    pairs = pair(told_old, told_new)
    kept = {pairs[at] for at in rising([to for _, to in pairs])}
    budget = _Budget() if outputs else None
    cells = [
        _change(
            (None if b is None else old[b], None if a is None else new[a]),
            (b, a),
            (Body(None, "", "") if b is None else told_old[b], Body(None, "", "") if a is None else told_new[a]),
            moved=b is not None and a is not None and (b, a) not in kept,
            budget=budget,
        )
        for b, a in _rows(pairs, kept, len(old), len(new))
    ]
    return NotebookDiff(
        path,
        *names,
        cells,
        sum(cell.kind != "same" for cell in cells),
        metadata_changes(before.get("metadata", {}), after.get("metadata", {}), notebook=True),
        language(after),
    )


def language(notebook: Mapping[str, Any]) -> str:
    """The language of a notebook's code."""
    metadata = notebook.get("metadata", {})
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        found = metadata.get(section)
        if isinstance(found, Mapping) and found.get(key):
            return str(found[key])
    return "python"


def metadata_changes(before: Mapping[str, Any], after: Mapping[str, Any], *, notebook: bool = False) -> list[str]:
    """The keys that differ, without those that tell only of a run, a screen or a tool; of a kernel its name counts."""
    if same(before, after):
        return []
    from perijove.storage import metadata
    from perijove.storage.markers import kernel_name

    volatile = metadata.NOTEBOOK if notebook else metadata.CELL
    old, new = metadata.split(before, volatile)[0], metadata.split(after, volatile)[0]
    if notebook:
        old, new = {**old, "kernelspec": kernel_name(before)}, {**new, "kernelspec": kernel_name(after)}
    return sorted(key for key in {*old, *new} if not (key in old and key in new and same(old[key], new[key])))


def _rows(
    pairs: list[tuple[int, int]], kept: set[tuple[int, int]], size_old: int, size_new: int
) -> list[tuple[int | None, int | None]]:
    """The cells of both sides in the order after, each removed one where it was between its neighbours."""
    partner = {a: b for b, a in pairs}
    removed = sorted(set(range(size_old)) - {b for b, _ in pairs})
    rows: list[tuple[int | None, int | None]] = []
    for a in range(size_new):
        b = partner.get(a)
        if b is not None and (b, a) in kept:
            while removed and removed[0] < b:
                rows.append((removed.pop(0), None))
        rows.append((b, a))
    return [*rows, *((b, None) for b in removed)]


def _change(
    cells: tuple[Cell | None, Cell | None],
    at: tuple[int | None, int | None],
    told: tuple[Body, Body],
    *,
    moved: bool,
    budget: _Budget | None,
) -> CellChange:
    before, after = cells
    shown: Cell = after if after is not None else before or {}
    body_old, body_new = told
    lines = _lines(body_old.source, body_new.source, cells)
    keys = [] if before is None or after is None else _cell_metadata(before, after)
    changed = output_changes(_outputs(before), _outputs(after), budget) if budget else []
    if before is None or after is None:
        kind = "added" if before is None else "removed"
    elif moved:
        kind = "moved"
    else:
        kind = "changed" if keys or changed or body_old.source != body_new.source else "same"
    return CellChange(
        kind=kind,  # type: ignore[arg-type]  # the words of the model
        id=str(shown.get("id", "")),
        cell_type=str(shown.get("cell_type")),
        before=at[0],
        after=at[1],
        count_before=(before or {}).get("execution_count"),
        count_after=(after or {}).get("execution_count"),
        lines=lines,
        outputs=changed,
        metadata=keys,
        summary=_summary(kind, lines, changed, keys),
    )


def _lines(before: str, after: str, cells: tuple[Cell | None, Cell | None]) -> list[Line]:
    if before == after and None not in cells:
        return [Line("same", at, at, text, text) for at, text in enumerate(before.split("\n") if before else [], 1)]
    return compare(before, after)


def _cell_metadata(before: Cell, after: Cell) -> list[str]:
    keys = metadata_changes(before.get("metadata", {}), after.get("metadata", {}))
    if before.get("cell_type") != after.get("cell_type"):
        keys.append("cell type")
    if not same(before.get("attachments"), after.get("attachments")):
        keys.append("attachments")
    return keys


def _outputs(cell: Cell | None) -> Sequence[Output]:
    return (cell or {}).get("outputs") or ()


def output_changes(before: Sequence[Output], after: Sequence[Output], budget: _Budget) -> list[OutputChange]:
    """The outputs that are on one side only or differ, in order."""
    old, new = [_bare(output) for output in before], [_bare(output) for output in after]
    if len(old) == len(new):
        return [_output_change(one, other, budget) for one, other in zip(old, new, strict=True) if not same(one, other)]
    found: list[OutputChange] = []
    at_b = at_a = 0
    blocks = matching([_digest(output) for output in old], [_digest(output) for output in new])
    for b, a, size in [*blocks, (len(old), len(new), 0)]:
        for step in range(max(b - at_b, a - at_a)):
            one = old[at_b + step] if at_b + step < b else None
            other = new[at_a + step] if at_a + step < a else None
            found.append(_output_change(one, other, budget))
        at_b, at_a = b + size, a + size
    return found


def _bare(output: Output) -> Output:
    return {key: value for key, value in output.items() if key not in ("execution_count", "transient")}


def _digest(output: Output) -> bytes:
    return hashlib.sha256(json.dumps(output, sort_keys=True).encode()).digest()


def _output_change(before: Output | None, after: Output | None, budget: _Budget) -> OutputChange:
    old, new = (None if before is None else part(before)), (None if after is None else part(after))
    if before is None or after is None:
        return OutputChange("added" if before is None else "removed", old, new, [])
    texts = _text(before), _text(after)
    if texts[0] == texts[1]:
        return OutputChange("changed", old, new)
    size = len(texts[0]) + len(texts[1])
    if max(map(len, texts)) > SHORT_TEXT or size > budget.left:
        return OutputChange("changed", old, new)
    budget.left -= size
    return OutputChange("changed", old, new, compare(*texts))


def _text(output: Output) -> str:
    """What an output says in words."""
    kind = output.get("output_type")
    if kind == "stream":
        return joined(output.get("text"))
    if kind == "error":
        trace = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
        return _ANSI.sub("", "\n".join(trace))
    return joined(output.get("data", {}).get("text/plain"))


def part(output: Output) -> OutputPart:
    """An output for showing: the best of its forms, as text, as base64, or as the name of a blob."""
    kind = str(output.get("output_type"))
    data = output.get("data", {})
    refs = data.get(BLOB_MIME)
    forms: dict[str, Any] = {mime: value for mime, value in data.items() if mime != BLOB_MIME}
    if isinstance(refs, Mapping):
        forms |= {str(ref.get("mime") or slot.removeprefix("data/")): ref for slot, ref in refs.items()}
    if kind in ("stream", "error"):
        text = _text(output)
        return OutputPart(kind, "text/plain", len(text.encode("utf-8", "replace")), _cut(text))
    mime = _best(forms)
    value = forms.get(mime, "")
    if isinstance(value, Mapping) and "sha256" in value:
        return OutputPart(kind, mime, int(value.get("bytes", 0)), blob=str(value["sha256"]))
    if mime.startswith("image/") and mime != "image/svg+xml":
        encoded = joined(value)
        encoded = encoded.replace("\n", "") if "\n" in encoded else encoded
        return OutputPart(kind, mime, len(encoded) * 3 // 4 - encoded[-2:].count("="), data=encoded)
    text = joined(value) if isinstance(value, str | list) else json.dumps(value, ensure_ascii=False, indent=1)
    return OutputPart(kind, mime, len(text.encode("utf-8", "replace")), _cut(text))


def _best(forms: Mapping[str, Any]) -> str:
    for mime in MIMES:
        if mime in forms:
            return mime
    return min(forms, default="text/plain")


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}\n… {len(text) - MOST_TEXT:,} characters more"


def _summary(kind: str, lines: list[Line], outputs: list[OutputChange], keys: list[str]) -> str:
    """The change of a cell in words."""
    if kind in ("added", "removed"):
        return f"{len(lines)} line{'s' if len(lines) != 1 else ''}"
    told = ["moved"] if kind == "moved" else []
    for what in ("changed", "added", "removed"):
        places = [line.before if what == "removed" else line.after for line in lines if line.kind == what]
        if places:
            told.append(f"line {places[0]} {what}" if len(places) == 1 else f"{len(places)} lines {what}")
    if outputs:
        told.append("output changed" if len(outputs) == 1 else f"{len(outputs)} outputs changed")
    return ", ".join([*told, *(f"{key} changed" for key in keys)])
