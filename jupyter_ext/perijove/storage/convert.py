"""Makes text notebooks of ``.ipynb`` files and back, and speaks jupytext's formats; what is invalid stays as it is."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from perijove.core.errors import Conflict, Failed, Invalid, NotFound, PerijoveError
from perijove.core.project import Project
from perijove.storage import atomic, ipynb
from perijove.storage.documents import Documents
from perijove.storage.exclude import include
from perijove.storage.languages import ENDINGS, ending, named
from perijove.storage.model import Converted, Notebook
from perijove.storage.text import from_text, to_text

Progress = Callable[[float | None, str], None]
SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})
"""Folders that are not looked into, besides hidden ones and those where outputs and attachments lie."""
FORMATS = {
    ".md": {"extension": ".md", "format_name": "markdown"},
    ".markdown": {"extension": ".markdown", "format_name": "markdown"},
    ".myst.md": {"extension": ".md", "format_name": "myst"},
    ".Rmd": {"extension": ".Rmd", "format_name": "rmarkdown"},
    ".qmd": {"extension": ".qmd", "format_name": "quarto"},
}
"""jupytext's formats by the ending of a file; scripts are named ``x.light.py``, ``x.percent.py``, …"""
SCRIPTS = ("light", "percent", "hydrogen", "sphinx", "nomarker", "marimo", "spin")


def convert(
    project: Project,
    path: str | Path,
    to: Literal["text", "notebook"],
    progress: Progress | None = None,
    documents: Documents | None = None,
) -> list[Converted]:
    """Convert a notebook, or every notebook below a folder, in place; raises NotFound for a path that is not there."""
    found = project.inside(path)
    if not found.exists():
        raise NotFound(f"There is no {project.relative(found)}.", hint="Name a notebook or a folder of the project.")
    own = documents or Documents(project)
    try:
        files = list(_candidates(own, found, to)) if found.is_dir() else [found]
        report = []
        for done, file in enumerate(files):
            if progress:
                progress(done / len(files), project.relative(file))
            report.append(_one(own, file, to))
        return report
    finally:
        if documents is None:
            own.close()


def convert_file(documents: Documents, source: Path, target: Path, *, overwrite: bool = False) -> Converted:
    """Write a notebook in another format, chosen by the endings; raises Invalid, Conflict or NotFound in a sentence."""
    if target.exists() and not overwrite:
        raise Conflict(f"There is already a {target.name}.", hint="Choose another name, or remove it first.")
    notebook = read(documents, source)
    if problem := ipynb.problem(notebook):
        raise Invalid(f"{source.name} is not a valid notebook: {problem.rstrip('.')}.", hint="Nothing was written.")
    kind = jupytext_format(target)
    if kind is None and target.suffix not in ENDINGS and target.suffix != ".ipynb":
        raise Invalid(f"{target.name}: there is no format for “{target.suffix}”.", hint="Use .ipynb, .py, .md, .Rmd, …")
    try:
        atomic.make(target.parent)
        if kind is not None:
            atomic.write(target, _written_by_jupytext(notebook, kind, target).encode())
        else:
            documents.save(target, notebook)
    except OSError as error:
        raise Failed(f"{target.name} could not be written: {error.strerror or error}.") from error
    return Converted(documents.project.relative(source), documents.project.relative(target))


def read(documents: Documents, source: Path) -> Notebook:
    """A notebook in any format; raises Invalid or NotFound."""
    if not source.is_file():
        raise NotFound(f"There is no {source}.", hint="Name a notebook.")
    if source.suffix == ".ipynb" or documents.is_text(source):
        return documents.load(source, ids=False).notebook
    kind = jupytext_format(source)
    if kind is None and source.suffix not in ENDINGS:
        raise Invalid(f"{source.name}: there is no format for “{source.suffix}”.", hint="Use .ipynb, .py, .md, .Rmd, …")
    return _read_by_jupytext(source, kind)


def jupytext_format(file: Path) -> dict[str, str] | None:
    """jupytext's name of a file's format; None for ours."""
    for suffix, kind in sorted(FORMATS.items(), key=lambda item: -len(item[0])):
        if file.name.endswith(suffix):
            return kind
    inner = Path(file.stem).suffix.removeprefix(".")
    return {"extension": file.suffix, "format_name": inner} if inner in SCRIPTS and file.suffix in ENDINGS else None


def _one(documents: Documents, file: Path, to: str) -> Converted:
    path = documents.project.relative(file)
    try:
        made = _to_text(documents, file) if to == "text" else _to_notebook(documents, file)
    except PerijoveError as error:
        return Converted(path, "", f"{error.message} {error.hint}".strip())
    except OSError as error:
        return Converted(path, "", f"{file.name} could not be converted: {error.strerror or error}.")
    return Converted(path, documents.project.relative(made), note=_unfollowed(file) if to == "text" else "")


def _unfollowed(view: Path) -> str:
    """Have git no longer follow a notebook that is a view now; says so if it did."""
    from perijove.storage.git import Repository

    repository = Repository.of(view) if view.exists() else None
    if repository is None:
        return ""
    name = repository.name(view)
    try:
        if not repository.ask(["ls-files", "--", name]):
            return ""
        repository.ask(["rm", "--cached", "-q", "--", name])
    except PerijoveError as error:
        return f"git still follows {view.name}: {error.message}"
    return f"git no longer follows {view.name}; commit the change."


def _to_text(documents: Documents, file: Path) -> Path:
    if documents.is_text(documents.at(file)):
        raise Invalid(f"{file.name} is a text notebook already.")
    if (version := ipynb.version(file.read_bytes())) != 4:
        raise Invalid(
            f"{file.name} is of notebook format {version}; only format 4 can be stored as text.",
            hint=f"Bring it to format 4 first: perijove nb convert {file.name} {file.stem}_4.ipynb",
        )
    notebook = documents.load(file, ids=False).notebook
    if problem := ipynb.problem(notebook):
        raise Invalid(f"{file.name} is not a valid notebook: {problem.rstrip('.')}.", hint="It was left as it is.")
    target = file.with_suffix(ending(named(notebook.get("metadata", {}))))
    if target.exists():
        raise Conflict(f"There is already a {target.name}.", hint="Rename it, then convert again.")
    _must_return(notebook, file.name)
    documents.save(target, notebook)
    if documents.places.settings(target).view:
        documents.views.adopt(target)
    else:
        file.unlink()
    return target


def _to_notebook(documents: Documents, file: Path) -> Path:
    if not documents.is_text(file):
        raise Invalid(f"{file.name} is not a text notebook.")
    document = documents.load(file, ids=False)
    if document.conflicts:
        raise Conflict(f"{file.name} has {document.conflicts} unresolved conflicts.", hint="Resolve them first.")
    if problem := ipynb.problem(document.notebook):
        raise Invalid(
            f"{file.name} would not be a valid notebook: {problem.rstrip('.')}.", hint="It was left as it is."
        )
    target = file.with_suffix(".ipynb")
    if target.exists() and documents.views.text_of(target) != file:
        raise Conflict(f"There is already a {target.name}.", hint="Rename it, then convert again.")
    with documents.lock.held():
        atomic.write(target, ipynb.serialise(document.notebook))
        shutil.rmtree(documents.places.state(target), ignore_errors=True)  # it is a view no more
        include(target)
        documents.delete(file)
    _followed(target)
    return target


def _followed(notebook: Path) -> None:
    """Have git follow a notebook again that it followed before it was converted."""
    from perijove.storage.git import Repository

    repository = Repository.of(notebook)
    if repository is None:
        return
    name = repository.name(notebook)
    with contextlib.suppress(PerijoveError):  # no commit yet, or the index is locked: git shows it as a new file
        if repository.read("HEAD", name) is not None:
            repository.ask(["reset", "-q", "HEAD", "--", name])


def _must_return(notebook: Notebook, name: str) -> None:
    """Refuse to convert what would not come back whole."""
    made = to_text(notebook)
    back = from_text(made.text, made.manifest.dumps(), {**made.blobs, **made.attachments})
    if json.dumps(back, sort_keys=True) != json.dumps(notebook, sort_keys=True):
        raise Invalid(f"{name} would not come back whole from text.", hint="It was left as it is; please report it.")


def _candidates(documents: Documents, folder: Path, to: str) -> Iterator[Path]:
    for file in sorted(folder.iterdir()):
        if file.name.startswith(".") or file.is_symlink():
            continue
        if file.is_dir():
            if file.name not in SKIPPED and file.suffix not in (".outputs", ".attachments"):
                yield from _candidates(documents, file, to)
        elif not file.is_file():
            continue
        elif to == "text":
            if file.suffix == ".ipynb" and documents.views.text_of(file) is None:
                yield file
        elif documents.is_text(file):
            yield file


def _read_by_jupytext(source: Path, kind: dict[str, str] | None) -> Notebook:
    import jupytext

    try:
        text = source.read_text(encoding="utf-8")
        found = jupytext.reads(text, fmt=kind or {"extension": source.suffix})
        notebook: Notebook = json.loads(json.dumps(found))
    except Exception as error:  # noqa: BLE001 - jupytext's parsers fail in many ways
        raise Invalid(f"{source.name} cannot be read by jupytext: {error}") from error
    notebook["metadata"].pop("jupytext", None)
    return ipynb.joined(notebook)


def _written_by_jupytext(notebook: Notebook, kind: dict[str, str], target: Path) -> str:
    import jupytext
    import nbformat

    try:
        return str(jupytext.writes(nbformat.from_dict(notebook), fmt=kind))
    except Exception as error:  # noqa: BLE001 - jupytext's writers fail in many ways
        raise Invalid(f"{target.name} cannot be written by jupytext: {error}") from error
