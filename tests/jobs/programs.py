"""Random notebooks and what is true of them: a grammar of cells, a kernel's session, and re-execution as the oracle."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import signal
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from perijove.core.executions import Execution, Session
from perijove.jobs.notebook import Cell, Notebook

HOLE = re.compile(r"<(\w+)>")
START = datetime(2026, 1, 1, tzinfo=UTC)
RULES = tomllib.loads(Path(__file__).with_name("grammar.toml").read_text("utf-8"))
NAMES: dict[str, list[str]] = RULES["names"]
EXPRESSIONS = {kind: RULES[kind].strip().split("\n") for kind in ("e", "l")}
SIMPLE, ARRAYS = (RULES[kind].strip().split("\n") for kind in ("simple", "arrays"))
BLOCKS, PRELUDE, FRAMES = (RULES[kind].strip("\n").split("\n---\n") for kind in ("blocks", "prelude", "frames"))


class Choices:
    """Takes decisions from bytes; the first choice for ever when they are used up."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.at = 0

    def among(self, count: int) -> int:
        """A number below a count."""
        if count <= 1:
            return 0
        value = 0
        for _ in range(2 if count > 200 else 1):
            value = 256 * value + (self.source[self.at] if self.at < len(self.source) else 0)
            self.at += 1
        return value % count

    def one(self, options: list[str]) -> str:
        """One of several."""
        return options[self.among(len(options))]


@dataclass(frozen=True)
class Program:
    """A notebook, the session that ran it, and the value of everything after each run."""

    notebook: Notebook
    session: Session
    states: tuple[dict[str, str], ...]


class Grammar:
    """Writes cells by the templates above."""

    def __init__(self, choices: Choices, frames: bool = False) -> None:
        self.choices = choices
        self.frames = frames

    def expression(self, kind: str, depth: int = 0) -> str:
        """An expression of a kind; deep ones are simple."""
        options = EXPRESSIONS[kind]
        return self.fill(self.choices.one(options if depth < 2 else options[:4]), depth + 1)

    def fill(self, template: str, depth: int = 0) -> str:
        """A template with its holes filled."""

        def hole(found: re.Match[str]) -> str:
            kind = found[1]
            if kind == "e0":
                return self.choices.one(["1", "n0 + 1", "len(a0)", "n1 + len(a2)", "i0(n2)", "sum(a1)", "o0.v"])
            if kind == "n1":
                return "local"
            return self.choices.one(NAMES[kind]) if kind in NAMES else self.expression(kind, depth)

        return HOLE.sub(hole, template)

    def statement(self, depth: int = 0) -> str:
        """A statement, perhaps with others inside."""
        kind = self.choices.among(10)
        if self.frames and kind < 6:
            return self.fill(self.choices.one(ARRAYS))
        if kind < 7 or depth > 1:
            return self.fill(self.choices.one(SIMPLE))
        lines = []
        for line in self.choices.one(BLOCKS).split("\n"):
            if line.strip() == "<*>":
                margin = line[: line.index("<")]
                lines += [margin + inner for inner in self.statement(depth + 1).split("\n")]
            else:
                lines.append(line)
        return self.fill("\n".join(lines))

    def cell(self) -> str:
        """A cell of a few statements."""
        return "\n".join(self.statement() for _ in range(1 + self.choices.among(3)))


def program(source: bytes, folder: Path, frames: bool = False) -> Program:
    """The program that these bytes stand for, run in this folder."""
    choices = Choices(source)
    grammar = Grammar(choices, frames)
    first = [*PRELUDE, *FRAMES] if frames else PRELUDE
    cells = [(f"p{at}", text) for at, text in enumerate(first)]
    cells += [(f"c{at}", grammar.cell()) for at in range(2 + choices.among(7))]
    runs = list(cells)
    for _ in range(choices.among(4)):  # run again, earlier or later, perhaps with another text
        cell, text = cells[len(first) + choices.among(len(cells) - len(first))]
        text = grammar.cell() if choices.among(3) == 2 else text
        runs.insert(len(first) + choices.among(len(runs) - len(first) + 1), (cell, text))
    for _ in range(choices.among(3)):  # out of order
        at = len(first) + choices.among(len(runs) - len(first))
        runs.append(runs.pop(at))
    deleted = {f"c{choices.among(8)}" for _ in range(choices.among(3))}
    now = {cell: text for cell, text in runs if cell not in deleted}
    order = [cell for cell, _ in cells if cell in now]
    book = tuple(Cell(at, cell, now[cell], True) for at, cell in enumerate(order))
    executions, states = run_all(runs, folder)
    return Program(Notebook(folder / "a.ipynb", "a.ipynb", book, "python3"), Session("k", executions), states)


def run_all(runs: list[tuple[str, str]], folder: Path) -> tuple[tuple[Execution, ...], tuple[dict[str, str], ...]]:
    """Run cells as a kernel does: a cell that fails stops there, the next goes on."""
    executions: list[Execution] = []
    states: list[dict[str, str]] = []
    with world(folder) as space:
        for at, (cell, source) in enumerate(runs):
            line, error = 0, ""
            try:
                exec(compile(source, "<cell>", "exec"), space)  # noqa: S102 - of our own grammar
            except Exception as problem:  # noqa: BLE001 - whatever a random program raises
                error = type(problem).__name__
                step = problem.__traceback__
                while step is not None and step.tb_frame.f_code.co_filename != "<cell>":
                    step = step.tb_next
                line = step.tb_lineno if step is not None else 0
            when = START + timedelta(seconds=at)
            executions.append(Execution("a.ipynb", cell, "k", at + 1, not error, source, error, when, line))
            states.append({name: shown(value) for name, value in space.items() if _is_value(name, value)})
    return tuple(executions), tuple(states)


def run_nodes(nodes: list[ast.stmt], folder: Path) -> dict[str, str]:
    """Run single statements one after the other in a fresh world, and give all values."""
    with world(folder) as space:
        for node in nodes:
            exec(compile(ast.Module([node], []), "<cell>", "exec"), space)  # noqa: S102 - of our own grammar
        return {name: shown(value) for name, value in space.items() if _is_value(name, value)}


class TooLong(BaseException):
    """A random program did not end in time."""


@contextlib.contextmanager
def world(folder: Path) -> Any:
    """A namespace, with nothing left of other programs in files, variables of the environment and on the screen."""

    def stop(_number: int, _frame: Any) -> None:
        raise TooLong

    for path in folder.iterdir():
        path.unlink()
    here = Path.cwd()
    os.chdir(folder)
    os.environ.pop("PJ_TEST", None)
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 1)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield {"__name__": "__main__"}
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        os.environ.pop("PJ_TEST", None)
        os.chdir(here)


def _is_value(name: str, value: Any) -> bool:
    return bool(re.fullmatch(r"[a-z]\d", name)) and not callable(value) and not hasattr(value, "__next__")


def shown(value: Any, depth: int = 0) -> str:
    """A value as text, with all that can be reached from it."""
    if depth > 6:
        return "…"
    if isinstance(value, list):
        return f"[{', '.join(shown(one, depth + 1) for one in value[:50])}]{len(value)}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {shown(one, depth + 1)}' for key, one in value.items())}}}"
    if type(value).__module__ == "__main__":
        return f"{type(value).__name__}({shown(vars(value), depth + 1)})"
    if callable(value) or hasattr(value, "__next__"):
        return type(value).__name__
    if type(value).__module__.startswith("pandas"):
        return f"{value.to_dict()!r} {value.attrs!r} {value.index.name!r}"
    return repr(value)
