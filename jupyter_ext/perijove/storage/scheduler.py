"""Runs text notebooks with jupyter-scheduler, which knows only ``.ipynb`` files."""

from __future__ import annotations

from pathlib import Path

from jupyter_scheduler.executors import DefaultExecutionManager

from perijove.storage.ipynb import serialise
from perijove.storage.languages import ENDINGS


class TextExecutionManager(DefaultExecutionManager):  # type: ignore[misc]
    """jupyter-scheduler's own runner, which reads text notebooks, too."""

    staging_paths: dict[str, str]

    def execute(self) -> None:
        """Run the staged notebook."""
        staged = Path(self.staging_paths["input"])
        if staged.suffix in ENDINGS:
            notebook = staged.with_name(f"{staged.name}.ipynb")
            notebook.write_bytes(_as_notebook(staged))
            self.staging_paths = {**self.staging_paths, "input": str(notebook)}
            try:
                super().execute()
            finally:
                notebook.unlink(missing_ok=True)
        else:
            super().execute()

    def validate(cls, input_path: str) -> bool:  # noqa: N805 - as jupyter-scheduler calls it
        """Whether a notebook says which kernel runs it."""
        if Path(input_path).suffix not in ENDINGS:
            return bool(DefaultExecutionManager.validate(cls, input_path))
        from perijove.storage.text import from_text, is_text_notebook

        text = Path(input_path).read_text(encoding="utf-8")
        return is_text_notebook(text) and "name" in from_text(text)["metadata"].get("kernelspec", {})


def _as_notebook(text: Path) -> bytes:
    from perijove.storage.text import from_text

    notebook = from_text(text.read_text(encoding="utf-8"))
    return serialise(notebook)
