"""How many notebooks come back whole from text, and what of the others would be lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from perijove.core.errors import Invalid
from perijove.storage import disk
from perijove.storage.languages import ENDINGS
from perijove.storage.manifest import Manifest
from perijove.storage.model import CheckReport, Loss, Notebook
from perijove.storage.text import TextNotebook, from_text, is_text_notebook, to_text
from perijove.storage.values import is_json

Progress = Callable[[float | None, str], None]
SKIPPED = frozenset({".git", "node_modules", ".perijove", "__pycache__"})
_PARTS = {
    "cell_type": "cell type",
    "execution_count": "execution count",
    "metadata": "cell metadata",
}


def check(paths: Sequence[Path], progress: Progress | None = None) -> CheckReport:
    """Take every notebook at or below the paths through text and back, in memory; nothing is written."""
    files = list(_files(paths))
    valid = lossless = 0
    losses: list[Loss] = []
    invalid: list[Loss] = []
    for index, file in enumerate(files):
        if progress:
            progress(index / len(files), file.name)
        try:
            notebook = read(file)
        except Invalid as error:
            invalid.append(Loss(str(file), "invalid", error.message))
            continue
        valid += 1
        found = list(lost(notebook))
        losses += [Loss(str(file), kind, detail) for kind, detail in found]
        lossless += not found
    return CheckReport(len(files), valid, lossless, losses, invalid)


def read(path: Path) -> Notebook:
    """Read a notebook as it is, or say why it is not valid; nothing is repaired."""
    try:
        data = path.read_bytes()
        value = from_text(disk.decoded(data, path.name)) if is_text_notebook(data[:200]) else json.loads(data)
    except OSError as error:
        raise Invalid(f"It cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise Invalid("It is not JSON.") from error
    problem = problem_of(value)
    if problem:
        raise Invalid(problem)
    return joined(value)


def problem_of(value: Any) -> str:
    """Say why something is not a valid notebook of format 4, or nothing if it is one."""
    from nbformat.validator import iter_validate

    if not isinstance(value, dict) or not isinstance(value.get("nbformat"), int):
        return "It is not a notebook."
    if value["nbformat"] != 4:
        return f"It is of notebook format {value['nbformat']}; only format 4 can be stored as text."
    if not isinstance(value.get("nbformat_minor"), int) or isinstance(value["nbformat_minor"], bool):
        return "It does not say its minor format."
    error = next(iter(iter_validate(value, version=4, version_minor=value["nbformat_minor"])), None)
    if error is None:
        return ""
    where = "/".join(str(step) for step in getattr(error, "path", ()))
    return f"It is not valid{f' at {where}' if where else ''}: {str(error.message).splitlines()[0][:200]}"


def lost(notebook: Notebook) -> Iterator[tuple[str, str]]:
    """Tell what a round trip changes, kind by kind; text, manifest and live form must each give the same again."""
    try:
        taken = to_text(notebook)
        text, manifest = taken.text.encode("utf-8"), taken.manifest.dumps()
        back = _back(text, manifest, taken)
        yield from differences(notebook, back)
        again = to_text(back)
        if again.text != taken.text:
            yield "text", "the text changes when it is written again"
        if again.manifest.dumps() != manifest or again.blobs != taken.blobs:
            yield "outputs", "the kept outputs change when they are written again"
        live = to_text(from_text(taken.text, manifest, _all(taken), stubs=True, ids=True))
        if live.text != taken.text or live.manifest.dumps() != manifest:
            yield "live", "text or outputs change when they are written from a live document"
    except (ValueError, KeyError, TypeError, RecursionError, Invalid) as error:
        yield "error", f"{type(error).__name__}: {error}"


def differences(before: Notebook, after: Notebook) -> Iterator[tuple[str, str]]:
    """Tell in what two notebooks differ, part by part."""
    for key in sorted({*before, *after} - {"cells"}):
        if not same(before.get(key), after.get(key)) or (key in before) != (key in after):
            yield f"notebook {key}", key
    first, second = before.get("cells", []), after.get("cells", [])
    if len(first) != len(second):
        yield "cell count", f"{len(first)} became {len(second)}"
        return
    for index, (one, other) in enumerate(zip(first, second, strict=True)):
        for key in sorted({*one, *other}):
            if (key in one) != (key in other) or not same(one.get(key), other.get(key)):
                yield _PARTS.get(key, key), f"cell {index + 1}"


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are exactly alike: 1 is not 1.0 nor true, NaN is NaN, -0.0 is not 0.0."""
    left = [(one, other)]
    while left:
        first, second = left.pop()
        if isinstance(first, dict):
            if not isinstance(second, dict) or first.keys() != second.keys():
                return False
            left += [(value, second[key]) for key, value in first.items()]
        elif isinstance(first, list):
            if not isinstance(second, list) or len(first) != len(second):
                return False
            left += zip(first, second, strict=True)
        elif isinstance(first, float):
            if not isinstance(second, float) or repr(first) != repr(second):
                return False
        elif type(first) is not type(second) or first != second:
            return False
    return True


def joined(notebook: Any) -> Notebook:
    """Join what nbformat keeps as lists of lines, and change nothing else."""
    made = json.loads(json.dumps(notebook))
    for cell in made["cells"]:
        if isinstance(cell.get("source"), list):
            cell["source"] = "".join(cell["source"])
        for bundle in cell.get("attachments", {}).values():
            _join(bundle)
        for output in cell.get("outputs", ()):
            if isinstance(output.get("data"), dict):
                _join(output["data"])
            if isinstance(output.get("text"), list):
                output["text"] = "".join(output["text"])
    return dict(made)


def _back(text: bytes, manifest: bytes, taken: TextNotebook) -> Notebook:
    return from_text(text.decode("utf-8"), Manifest.loads(manifest), _all(taken))


def _all(taken: TextNotebook) -> dict[str, bytes]:
    return {**taken.blobs, **taken.attachments}


def _join(bundle: dict[str, Any]) -> None:
    for mime, value in bundle.items():
        if isinstance(value, list) and not is_json(mime) and all(isinstance(line, str) for line in value):
            bundle[mime] = "".join(value)


def _is_text(file: Path) -> bool:
    if file.suffix not in ENDINGS or not file.is_file():
        return False
    try:
        with file.open("rb") as stream:
            return is_text_notebook(stream.read(200))
    except OSError:
        return False


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Find the notebooks at and below the paths, in order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("*")
                if SKIPPED.isdisjoint(file.relative_to(path).parts) and (file.suffix == ".ipynb" or _is_text(file))
                if file.is_file()
            )
        else:
            yield path
