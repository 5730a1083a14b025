"""What people and kernels do to a notebook: edit and run again in Jupyter, or edit its text in another program."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from perijove.storage import from_text, to_text
from perijove.storage.check import same
from perijove.storage.text import TextNotebook

Notebook = dict[str, Any]
NEW = "new_cell = True"


def wrong_lines(notebook: Notebook) -> Iterator[str]:
    """Edit one line in up to three cells, run everything again, and tell where the text changed in more than that."""
    taken = to_text(notebook)
    for index in places(taken, notebook):
        cell = opened(taken)["cells"][index]
        line = cell["source"].count("\n") // 2
        after = to_text(edited(taken, index, line))
        before_lines, after_lines = taken.text.split("\n"), after.text.split("\n")
        changed = [(one, other) for one, other in zip(before_lines, after_lines, strict=False) if one != other]
        if len(before_lines) != len(after_lines) or len(changed) != 1 or "edited" not in changed[0][1]:
            yield f"cell {index + 1}: {len(changed)} lines changed: {changed[:3]}"


def edited(taken: TextNotebook, index: int, line: int) -> Notebook:
    """Open a notebook, edit one line of a cell, and run it all again: counts, outputs and volatile metadata change."""
    notebook = opened(taken)
    lines = notebook["cells"][index]["source"].split("\n")
    ending = "\r" if lines[line].endswith("\r") else ""
    lines[line] = lines[line].removesuffix("\r") + " edited" + ending
    notebook["cells"][index]["source"] = "\n".join(lines)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            run(cell)
    notebook["metadata"] = {**notebook["metadata"], "widgets": {"state": len(notebook["cells"])}}
    return notebook


def run(cell: dict[str, Any]) -> None:
    """Leave in a code cell what another run leaves."""
    cell["execution_count"] = (cell["execution_count"] or 0) + 100
    cell["metadata"] = {**cell["metadata"], "execution": {"iopub.execute_input": "2026-11-21T06:00:00Z"}}
    for output in cell["outputs"]:
        if "text" in output:
            output["text"] += "another line\n"
        for mime, value in output.get("data", {}).items():
            output["data"][mime] = value[:-8] + "AAAAAAA=" if isinstance(value, str) else value
    cell["outputs"].append({"output_type": "stream", "name": "stderr", "text": "a warning\n"})


def opened(taken: TextNotebook) -> Notebook:
    """Give the notebook as Jupyter has it open: with ids, whatever its format."""
    return from_text(taken.text, taken.manifest.dumps(), {**taken.blobs, **taken.attachments}, ids=True)


def places(taken: TextNotebook, notebook: Notebook) -> list[int]:
    """Give up to three cells that have a source: the first, one in the middle, the last."""
    full = [index for index, cell in enumerate(notebook["cells"]) if cell.get("source")]
    return sorted({full[0], full[len(full) // 2], full[-1]}) if full else []


# Six edits in another program; each takes the blocks of a text and the position of a code cell.


def edit_a_line(blocks: list[str], at: int) -> None:
    blocks[at] = blocks[at].removesuffix("\n") + "\nedited = 1\n"


def rewrite_a_cell(blocks: list[str], at: int) -> None:
    blocks[at] = blocks[at].partition("\n")[0] + "\nquite_another = 'thing'\n"


def insert_before_an_edited_cell(blocks: list[str], at: int) -> None:
    edit_a_line(blocks, at)
    blocks.insert(at, marker(blocks[at]) + f"\n{NEW}\n")


def insert_before_a_rewritten_cell(blocks: list[str], at: int) -> None:
    rewrite_a_cell(blocks, at)
    blocks.insert(at, marker(blocks[at]) + f"\n{NEW}\n")


def edit_and_move_to_the_end(blocks: list[str], at: int) -> None:
    edit_a_line(blocks, at)
    blocks.append(blocks.pop(at))


def duplicate_a_cell(blocks: list[str], at: int) -> None:
    blocks.insert(at + 1, blocks[at])


EDITS: list[Callable[[list[str], int], None]] = [
    edit_a_line,
    rewrite_a_cell,
    insert_before_an_edited_cell,
    insert_before_a_rewritten_cell,
    edit_and_move_to_the_end,
    duplicate_a_cell,
]


def marker(block: str) -> str:
    """Give the bare border of a block's language, as an editor inserts it."""
    return block.partition("%%")[0] + "%%"


def misplaced(notebook: Notebook, edit: Callable[[list[str], int], None]) -> str:
    """Make an edit in the text, read it again, and tell which cell lost its outputs or got those of another."""
    taken = to_text(notebook)
    before = opened(taken)["cells"]
    ids = [cell["id"] for cell in before]
    code = [index for index, cell in enumerate(before) if cell["cell_type"] == "code" and ids.count(cell["id"]) == 1]
    if not code:
        return ""
    at = next((index for index in code[len(code) // 2 :] if before[index]["outputs"]), code[len(code) // 2])
    head, *blocks = blocks_of(taken.text)
    edit(blocks, at)
    text = "\n".join([head, *blocks])
    after = from_text(text, taken.manifest.dumps(), {**taken.blobs, **taken.attachments}, ids=True)["cells"]
    return compare(before, after, copied=edit is duplicate_a_cell)


def compare(before: list[dict[str, Any]], after: list[dict[str, Any]], *, copied: bool) -> str:
    """Tell which cell is not as it was, apart from the one new cell, which has nothing of anybody."""
    new = [cell for cell in after if cell["id"] not in {old["id"] for old in before}]
    if len(new) != len(after) - len(before) or any(cell["outputs"] or cell["execution_count"] for cell in new):
        return "the new cell is not new"
    if new and not copied and new[0]["source"] != NEW:
        return "the new cell has another source"
    for old in before:
        now = [cell for cell in after if cell["id"] == old["id"]]
        rest = [{key: value for key, value in cell.items() if key != "source"} for cell in (old, now[0])]
        if not same(rest[0], rest[1]) and len(now) == 1:
            return f"cell {old['id']} is not as it was"
    return ""


def blocks_of(text: str) -> list[str]:
    """Cut a text at its borders, as an editor's cells are."""
    sign = text.partition(" ")[0]
    blocks: list[list[str]] = [[]]
    for line in copy.copy(text).split("\n"):
        if line == f"{sign} %%" or line.startswith(f"{sign} %% "):
            blocks[-1] = blocks[-1][:-1] + [""]
            blocks.append([])
        blocks[-1].append(line)
    return ["\n".join(block) for block in blocks]
