"""The contents manager: text notebooks are notebooks, their views are hidden, and every file has a true version.

A text notebook, its manifest and its view are one document: ``churn.py`` and ``churn.ipynb`` give the same notebook.
Asked for as type "file", ``churn.py`` is its raw text.
"""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import nbformat
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError
from traitlets import default

from perijove.core.errors import Conflict, Invalid, NotAllowed, NotFound, PerijoveError
from perijove.core.project import Project
from perijove.storage import blobs, ipynb, outputs
from perijove.storage.documents import Documents
from perijove.storage.model import Notebook, Version
from perijove.storage.values import odd

Model = dict[str, Any]


class TextContents(AsyncLargeFileManager):
    """Jupyter's own files, with text notebooks among them."""

    formats: ClassVar[None] = None  # by this jupytext's server extension sees that it is not wanted here
    _documents: Documents | None = None
    _documents_root = ""

    @property
    def documents(self) -> Documents:
        """The documents of the project that the root folder belongs to."""
        known = self._documents
        if known is None or self._documents_root != self.root_dir:
            self._documents_root = self.root_dir
            known = self._documents = Documents(Project.find(Path(self.root_dir)))
        return known

    @default("checkpoints_class")
    def _text_checkpoints(self) -> type:
        from perijove.storage.checkpoints import TextCheckpoints

        return TextCheckpoints

    async def get(
        self,
        path: str,
        content: bool = True,
        type: str | None = None,
        format: str | None = None,
        require_hash: bool = False,
    ) -> Model:
        """A model; without content it costs a few ``stat``."""
        path = path.strip("/")
        file = Path(self._get_os_path(path))
        with as_http():
            text, view = await asyncio.to_thread(self._kinds, file)
        if view is not None and type in (None, "notebook"):
            shown = await self.get(self._api_path(view), content, "notebook", format, require_hash)
            return {**shown, "path": path, "name": file.name}
        if view is not None:
            await asyncio.to_thread(self.documents.views.flush, view)
        if text and type in (None, "notebook"):
            return await self._text_model(path, file, content)
        model: Model = await super().get(path, content=content, type=type, format=format)
        if model["type"] != "directory":
            await self._versioned(model, file, digest=require_hash or text, raw=view is not None)
        return model

    async def file_exists(self, path: str) -> bool:
        """Whether there is a file; a view is there as soon as its text is."""
        view = await asyncio.to_thread(self._kinds, Path(self._get_os_path(path.strip("/"))))
        return view[1] is not None or bool(await super().file_exists(path))

    async def _text_model(self, path: str, file: Path, content: bool) -> Model:
        """The model of a text notebook."""
        model: Model = {**self._base_model(path), "type": "notebook"}
        self.emit(data={"action": "get", "path": path})
        with as_http():
            if not content:
                await self._versioned(model, file, digest=True)
                return model
            document = await asyncio.to_thread(self.documents.load, file, ids=False)
            notebook, problem = await asyncio.to_thread(self._for_a_browser, document.notebook)
        self.mark_trusted_cells(notebook, path)
        _set(model, document.version)
        model |= {"content": notebook, "format": "json"}
        return {**model, "message": f"Notebook validation failed: {problem}"} if problem else model

    async def _versioned(self, model: Model, file: Path, *, digest: bool, raw: bool = False) -> None:
        """Say in a model which version of a file it is."""
        with as_http():
            if raw:
                model |= {
                    "hash": await asyncio.to_thread(self.documents.plain.digest, file),
                    "hash_algorithm": "sha256",
                }
            elif digest:
                _set(model, await asyncio.to_thread(self.documents.version, file))
            else:
                model["last_modified"] = moment(await asyncio.to_thread(self.documents.token, file))

    async def _dir_model(self, path: str, content: bool = True) -> Model:
        model: Model = await super()._dir_model(path, content)
        if content:
            folder = Path(self._get_os_path(path))
            model["content"] = await asyncio.to_thread(self._without_views, folder, model["content"])
        return model

    async def _read_notebook(
        self, os_path: str, as_version: int = 4, capture_validation_error: Model | None = None, raw: bool = False
    ) -> Any:
        """An ``.ipynb``, as nbformat reads it, but from a file that may be replaced meanwhile."""
        with as_http():
            document = await asyncio.to_thread(self.documents.load, Path(os_path), ids=True)
            notebook, problem = await asyncio.to_thread(self._for_a_browser, document.notebook)
        if problem and capture_validation_error is not None:
            capture_validation_error["ValidationError"] = nbformat.ValidationError(problem)
        return (notebook, b"") if raw else notebook

    async def _save_notebook(self, os_path: str, nb: Notebook, capture_validation_error: Model | None = None) -> None:
        problem = await asyncio.to_thread(ipynb.problem, nb)
        if problem and capture_validation_error is not None:
            capture_validation_error["ValidationError"] = nbformat.ValidationError(problem)
        with as_http():
            await asyncio.to_thread(self.documents.save, Path(os_path), nb)

    async def _save_file(self, os_path: str, content: str, format: str | None) -> None:
        if format not in ("text", "base64"):
            raise HTTPError(400, "Must specify format of file contents as 'text' or 'base64'")
        try:
            data = content.encode() if format == "text" else base64.decodebytes(content.encode("ascii"))
        except (ValueError, UnicodeError) as error:
            raise HTTPError(400, f"Encoding error saving {os_path}: {error}") from error
        with as_http():
            await asyncio.to_thread(self.documents.save_bytes, Path(os_path), data)

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Rename a file; what belongs to a text notebook goes with it."""
        old, new = Path(self._get_os_path(old_path.strip("/"))), Path(self._get_os_path(new_path.strip("/")))
        text, view = await asyncio.to_thread(self._kinds, old)
        if view is not None:
            raise HTTPError(400, f"{old.name} is the view of {view.name}: rename that.")
        if old.is_dir():
            await super().rename_file(old_path, new_path)
            await asyncio.to_thread(self.documents.moved_folder, old, new)
        elif text and old != new:
            if new.suffix == ".ipynb":
                raise HTTPError(400, f"{old.name} is a text notebook: convert it, a name does not make it another.")
            self._may_not_be_hidden(old, new)
            with as_http():
                await asyncio.to_thread(self.documents.rename, old, new)
        else:
            await super().rename_file(old_path, new_path)

    async def delete_file(self, path: str) -> None:
        """Delete a file; what belongs to a text notebook goes with it, to the trash where files go there."""
        file = Path(self._get_os_path(path.strip("/")))
        text, view = await asyncio.to_thread(self._kinds, file)
        if view is not None:
            await asyncio.to_thread(self.documents.views.leave, view)
        elif text and not self.delete_to_trash:
            self._may_not_be_hidden(file)
            with as_http():
                await asyncio.to_thread(self.documents.delete, file)
        else:
            beside = await asyncio.to_thread(self.documents.companions, file) if text else []
            if text:
                await asyncio.to_thread(self.documents.views.leave, file)
            await super().delete_file(path)
            for folder in beside:
                await super().delete_file(self._api_path(folder))

    def mark_trusted_cells(self, nb: Any, path: str = "") -> None:
        """Trust a notebook that was signed here; large outputs count by their hash."""
        trusted = self.notary.check_signature(_hollow(nb))
        if not trusted:
            self.log.warning("Notebook %s is not trusted", path)
        self.notary.mark_cells(nb, trusted)

    def check_and_sign(self, nb: Any, path: str = "", *, _retrying: bool = False) -> None:
        """Sign a notebook that somebody here trusts; large outputs count by their hash."""
        if self.notary.check_cells(nb):
            super().check_and_sign(_trusted(_hollow(nb)), path, _retrying=_retrying)
        else:
            self.log.warning("Notebook %s is not trusted", path)

    def _kinds(self, file: Path) -> tuple[bool, Path | None]:
        """Whether a file is a text notebook, and the text it is the view of."""
        return self.documents.is_text(file), self.documents.views.text_of(file)

    def _for_a_browser(self, notebook: Notebook) -> tuple[Any, str]:
        """The notebook, what JSON in a browser cannot say as a stub, and why it is not valid."""
        problem = ipynb.problem(notebook)
        for cell in notebook["cells"]:
            cell.get("metadata", {}).pop("trusted", None)
            if any(odd(output) for output in cell.get("outputs", ())):
                cell["outputs"] = [
                    outputs.hollow(output, self.documents.put_blob) if odd(output) else output
                    for output in cell["outputs"]
                ]
        return nbformat.from_dict(notebook), problem

    def _without_views(self, folder: Path, models: list[Model]) -> list[Model]:
        return [model for model in models if self.documents.views.text_of(folder / model["name"]) is None]

    def _may_not_be_hidden(self, *files: Path) -> None:
        if not self.allow_hidden and any(part.startswith(".") for file in files for part in self._parts(file)):
            raise HTTPError(400, f"Cannot rename or delete the hidden file {files[0].name}.")

    def _parts(self, file: Path) -> tuple[str, ...]:
        return Path(self._api_path(file)).parts

    def _api_path(self, file: Path) -> str:
        root = Path(self.root_dir)
        return (
            (file if file.is_relative_to(root) else root / file.relative_to(root.resolve()))
            .relative_to(root)
            .as_posix()
        )


def moment(token: int) -> datetime:
    """A token as the time that models speak of, exact to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=token // 1000)


@contextlib.contextmanager
def as_http() -> Iterator[None]:
    """Turn the errors of the domain into those of a contents manager."""
    try:
        yield
    except PerijoveError as error:
        statuses = ((Invalid, 400), (NotAllowed, 403), (NotFound, 404), (Conflict, 409))
        status = next((status for kind, status in statuses if isinstance(error, kind)), 500)
        raise HTTPError(status, f"{error.message} {error.hint}".strip().replace("%", "%%")) from error


def _set(model: Model, version: Version) -> None:
    model |= {"last_modified": moment(version.token), "hash": version.digest, "hash_algorithm": "sha256"}


def _hollow(notebook: Any) -> Any:
    """A notebook with hashes for its large outputs: fast to sign, and the same whether it is live or not."""
    return nbformat.from_dict(outputs.hollow_notebook(notebook, blobs.name))


def _trusted(notebook: Any) -> Any:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["trusted"] = True
    return notebook
