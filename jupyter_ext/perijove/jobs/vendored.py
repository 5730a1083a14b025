"""Finds modules that lie beside a notebook and come along with its job, as whole files."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

from perijove.core.errors import Invalid
from perijove.jobs.notebook import Notebook

MOST_BYTES = 2_000_000


def beside(notebook: Notebook, modules: Iterable[str]) -> dict[str, Path]:
    """The files of modules that are found beside the notebook or at the project's top, by their path below ``src``.

    Files that these import in turn come along. Raises Invalid for one that leads out of the project.
    """
    folder, top = _places(notebook)
    found: dict[str, Path] = {}
    waiting = sorted({module.partition(".")[0] for module in modules})
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name in sys.stdlib_module_names or not name.isidentifier():
            continue
        seen.add(name)
        place = next((one for one in dict.fromkeys((folder, top)) if _is_module(one, name)), None)
        for file in _files(place, name) if place is not None else ():
            assert place is not None
            _check(file, top)
            found[file.relative_to(place).as_posix()] = file
            waiting.extend(imported(file.read_text("utf-8", "replace")))
    return dict(sorted(found.items()))


def is_beside(notebook: Notebook, name: str) -> bool:
    """Whether a module lies beside the notebook or at the project's top."""
    return any(_is_module(one, name) for one in _places(notebook))


def _places(notebook: Notebook) -> tuple[Path, Path]:
    folder = notebook.file.parent
    parts = len(Path(notebook.path).parts)
    return folder, notebook.file.parents[parts - 1] if not Path(notebook.path).is_absolute() else folder


def imported(source: str) -> set[str]:
    """The top names of the modules that a file imports, wherever in it; none where it is not Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in part.names}
        elif isinstance(part, ast.ImportFrom) and part.module and not part.level:
            found.add(part.module.partition(".")[0])
    return found


def _is_module(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()


def _files(folder: Path, name: str) -> list[Path]:
    package = folder / name
    if (package / "__init__.py").is_file():
        return sorted(one for one in package.rglob("*.py") if "__pycache__" not in one.parts)
    return [folder / f"{name}.py"]


def _check(file: Path, top: Path) -> None:
    real = file.resolve()
    if not real.is_relative_to(top.resolve()):
        raise Invalid(f"{file.name} leads out of the project.", hint="Put a copy of it beside the notebook.")
    if real.stat().st_size > MOST_BYTES:
        raise Invalid(f"{file.name} is too large to come along.", hint="Install it as a package.")
