"""Runs inside a notebook's kernel, beside ``values.py``: hands over its values, with samples for models and its packages."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

TRIES = 20


def capture(values: Any, names: Sequence[str], folder: str, space: Mapping[str, Any]) -> int:
    """Write the named values of a namespace into a folder with ``values.json``; gives how many are listed.

    ``values`` is the module of that name.
    """
    target = Path(folder)
    writer = values.Writer(target, {}, lambda model: samples(model, space, values.HELD))
    listed = [writer.write(name, space[name]) if name in space else _missing(name) for name in names]
    found = {
        "values": listed,
        "python": ".".join(map(str, sys.version_info[:3])),
        "packages": packages(),
        "origins": origins(),
        "types": types(space),
        "at": datetime.now(UTC).isoformat(),
    }
    (target / "values.json").write_text(json.dumps(found, indent=2), "utf-8")
    return len(listed)


def _missing(name: str) -> dict[str, str]:
    words = "There is no variable of this name in the kernel."
    return {"name": name, "kind": "none", "file": "", "detail": words, "type": ""}


def packages() -> dict[str, str]:
    """The distributions of this environment and their versions."""
    found = {one.metadata["Name"]: one.version for one in distributions() if one.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def origins() -> dict[str, dict[str, Any]]:
    """Where the distributions that came from no index came from, as their installer noted it, without passwords."""
    found = {}
    for one in distributions():
        text = one.read_text("direct_url.json")
        if text and one.metadata["Name"]:
            noted = json.loads(text)
            found[one.metadata["Name"]] = {**noted, "url": re.sub(r"//(?!git@)[^/@]*@", "//", str(noted.get("url", "")))}
    return dict(sorted(found.items()))


def types(space: Mapping[str, Any]) -> dict[str, str]:
    """The types of what has a name of its own, for the signatures of a job's steps."""
    kept = {name: type(value) for name, value in list(space.items()) if name.isidentifier() and name[0] != "_"}
    return {name: f"{kind.__module__}.{kind.__qualname__}" for name, kind in sorted(kept.items())}


def samples(model: Any, space: Mapping[str, Any], rows: int) -> Iterator[Any]:
    """Values of the namespace that a model may predict on, cut to some rows, the likeliest first."""
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    wanted = list(getattr(model, "feature_names_in_", ()))
    width = getattr(model, "n_features_in_", None)
    frames, others = [], []
    for name, value in list(space.items()):
        if name.startswith("_"):
            continue
        if pandas is not None and isinstance(value, pandas.DataFrame):
            if wanted and set(wanted) <= set(value.columns):
                frames.append(value[wanted].head(rows))
            elif not wanted and width in (None, value.shape[1]):
                others.append(value.head(rows))
        elif numpy is not None and isinstance(value, numpy.ndarray) and value.ndim == 2 and not value.dtype.hasobject:
            others += [value[:rows]] if not wanted and width in (None, value.shape[1]) else []
        elif _is_text(value) and not wanted:
            others.append([str(one) for one in list(value)[:rows]])
    yield from (one for one in [*frames, *others][:TRIES] if len(one))


def _is_text(value: Any) -> bool:
    if type(value).__name__ not in ("list", "tuple", "Series") or not len(value):
        return False
    return all(isinstance(one, str) for one in list(value)[:5])
