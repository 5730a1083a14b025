"""Which metadata is content and belongs in the text, and which only tells of a run, a screen or a tool and does not.

Content stays in the text, where it is read, reviewed and merged. Volatile metadata changes without anybody meaning it
(when a cell ran, how tall its output was, which editor was open), so the manifest keeps it: nothing is lost, and the
text changes only when the notebook does. What is in no table is content.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from perijove.storage.model import CONFLICT_KEY

Metadata = dict[str, Any]

CELL = frozenset(
    {
        *("execution", "ExecuteTime", "executionInfo", "papermill", "trusted"),
        *("collapsed", "scrolled", "outputId", "outputExpanded", "heading_collapsed", "hidden"),
        *(
            "jp-MarkdownHeadingCollapsed",
            "colab",
            "id",
            "colab_type",
            "colabType",
            "_uuid",
            "_cell_guid",
            "_kg_hide-output",
        ),
        *("vscode", "pycharm", "jukit", "interpreter", "nteract", "datalore", "azdata_cell_guid", "cell_id"),
        *("deepnote_to_be_reexecuted", "execution_start", "execution_millis", "execution_context_id", "source_hash"),
        *("gather", "noteable", "ExecutionInfo", "PapermillException", "dotnet_interactive", "polyglot_notebook"),
    }
)
"""Cell metadata that tells of a run, a screen or a tool."""

NOTEBOOK = frozenset(
    {
        *("kernelspec", "language_info", "widgets", "papermill", "varInspector", "colab", "vscode", "interpreter"),
        *(
            "pycharm",
            "jukit",
            "nteract",
            "signature",
            "orig_nbformat",
            "orig_nbformat_minor",
            "latex_envs",
            "nbTranslate",
        ),
        *("toc", "toc-autonumbering", "toc-showcode", "toc-showmarkdowntxt", "toc-showtags", "toc_position"),
        *(
            "toc_section_display",
            "toc_window_display",
            "notebookId",
            "notebookPath",
            "notify_time",
            "deepnote_notebook_id",
        ),
        *(
            "deepnote_execution_queue",
            "last_executed_text",
            "azdata_notebook_guid",
            "synapse_widget",
            "language_info_raw",
        ),
    }
)
"""Notebook metadata that tells of a run, a screen or a tool; the kernel's name is in the header all the same."""

NESTED = {"jupyter": frozenset({"outputs_hidden"}), "jupytext": frozenset({"text_representation"})}
"""Volatile keys within a section whose other keys are content."""

_TOOL = "application/vnd."
_HALVES = re.compile("[\ud800-\udfff]")
_plain = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
_ascii = json.JSONEncoder(ensure_ascii=True, sort_keys=True).encode


def split(metadata: Mapping[str, Any], volatile: frozenset[str]) -> tuple[Metadata, Metadata]:
    """Part metadata into content and volatile; an unresolved conflict goes to neither."""
    content: Metadata = {}
    rest: Metadata = {}
    for key, value in metadata.items():
        if key in volatile or key.startswith(_TOOL):
            rest[key] = value
        elif key in NESTED and isinstance(value, dict):
            _split_section(key, value, content, rest)
        elif key == CONFLICT_KEY and isinstance(value, dict) and "conflict" in value:
            left = {name: entry for name, entry in value.items() if name != "conflict"}
            if left:
                content[key] = left
        else:
            content[key] = value
    return content, rest


def join(content: Mapping[str, Any], rest: Mapping[str, Any]) -> Metadata:
    """Put content and volatile metadata together again; content wins where both have a key."""
    if not rest:
        return dict(content)
    joined = {**rest, **content}
    for key in NESTED:
        inner, outer = rest.get(key), content.get(key)
        if isinstance(inner, dict) and isinstance(outer, dict):
            joined[key] = {**inner, **outer}
    return joined


def encode(value: Any) -> str:
    """Write metadata as JSON on one line that any UTF-8 file can hold, keys in order."""
    text = _plain(value)
    return text if text.isascii() or not _HALVES.search(text) else _ascii(value)


def _split_section(key: str, value: Metadata, content: Metadata, rest: Metadata) -> None:
    """Part one section; a section that has content, or has nothing at all, stays in the text."""
    hidden = {name: entry for name, entry in value.items() if name in NESTED[key]}
    if hidden:
        rest[key] = hidden
    if len(hidden) < len(value) or not value:
        content[key] = {name: entry for name, entry in value.items() if name not in hidden}
