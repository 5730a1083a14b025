"""What JupyterLab shows of the outputs of a cell while others change them: it knows no order but that of arrival."""

from __future__ import annotations

from typing import Any

from pycrdt import Array, ArrayEvent, TextEvent

from perijove.storage.live.ydoc import plain


class Screen:
    """Follows the changes of a cell's outputs as JupyterLab's cell model does."""

    def __init__(self, outputs: Array[Any]) -> None:
        self.shown: list[dict[str, Any]] = plain(outputs.to_py())
        self._watching = outputs.observe_deep(self._changed)

    def _changed(self, events: list[Any]) -> None:
        for event in events:
            if isinstance(event, TextEvent):
                self._write(event.delta)  # type: ignore[attr-defined]
        for event in events:
            if isinstance(event, ArrayEvent):
                self._arrange(event.delta)  # type: ignore[attr-defined]

    def _write(self, delta: list[dict[str, Any]]) -> None:
        """Text goes to the end of the last output, wherever it was put; and is taken from there."""
        for change in delta:
            if "delete" in change:
                self.shown[-1]["text"] = self.shown[-1]["text"][: -change["delete"]]
            self.shown[-1]["text"] += change.get("insert", "")

    def _arrange(self, delta: list[dict[str, Any]]) -> None:
        """What is put in is put at the end, wherever it belongs."""
        at = 0
        for change in delta:
            at += change.get("retain", 0)
            del self.shown[at : at + change.get("delete", 0)]
            self.shown += [plain(each.to_py()) for each in change.get("insert", [])]
