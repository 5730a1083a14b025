"""Turns a cell as it was typed into plain Python with the same line numbers.

Python's own parser finds the lines that are not Python: a magic, a shell line or a question. Each is replaced, by
the table of ``effects.toml``, with Python that does the same or with ``pass``; a magic that is not in the table makes
its cell opaque, and so does a shell line that may do anything.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from perijove.core.errors import Invalid
from perijove.jobs.effects import Effects, built_in

_ASSIGN = re.compile(r"^(\s*)([A-Za-z_][\w, .\[\]'\"]*?)\s*=\s*([!%])(.*)$")
_MAGIC = re.compile(r"^(\s*)(%{1,2})\s*([A-Za-z_]\w*)\s?(.*)$")


@dataclass
class Plain:
    """A cell as plain Python: its text, its parse, why it is opaque (empty if it is not), and what to tell."""

    source: str
    tree: ast.Module
    opaque: str = ""
    warnings: list[str] = field(default_factory=list)


def to_python(source: str, index: int, effects: Effects | None = None) -> Plain:
    """A cell as plain Python; raises Invalid, naming the cell and line, where it cannot be parsed."""
    state = _State(source.replace("\r\n", "\n"), (effects or built_in()).table["magics"])
    state.cell_magic()
    for _ in range(len(state.lines) + 1):
        try:
            tree = ast.parse("\n".join(state.lines))
        except (SyntaxError, ValueError) as error:
            line = (getattr(error, "lineno", None) or 1) - 1
            if not state.repair(min(line, len(state.lines) - 1)):
                reason = getattr(error, "msg", None) or str(error)
                raise Invalid(
                    f"Cell {index} has a syntax error in line {line + 1}: {reason}.",
                    hint="Correct the cell, or choose one that does not come after it.",
                ) from error
        else:
            return Plain("\n".join(state.lines), tree, state.opaque, state.warnings)
    raise Invalid(f"Cell {index} cannot be read.", hint="Correct its magics.")


class _State:
    """The lines of a cell while they are being turned into Python."""

    def __init__(self, source: str, magics: dict[str, Any]) -> None:
        self.lines = source.split("\n")
        self.magics = magics
        self.opaque = ""
        self.warnings: list[str] = []

    def cell_magic(self) -> None:
        """Deal with a first line that begins with %%, which speaks for the whole cell."""
        first = next((at for at, line in enumerate(self.lines) if line.strip()), None)
        if first is None or not self.lines[first].startswith("%%"):
            return
        hit = _MAGIC.match(self.lines[first])
        name, rest = (hit[3], hit[4]) if hit else (self.lines[first][2:].strip(), "")
        magics = self.magics
        body = self.lines[first + 1 :]
        if name in magics["code"] and not (name == "capture" and rest.strip() and not rest.strip().startswith("-")):
            self.lines[first] = rest if name == "time" else ""
            return
        self.lines[first:] = [""] * (len(body) + 1)
        if name == "writefile" or name == "file":
            append = rest.strip().startswith("-a")
            target = rest.replace("-a", "", 1).strip() if append else rest.strip()
            text = "\n".join(body) + "\n"
            self.lines[first] = f"open({target.strip(chr(34) + chr(39))!r}, {'a' if append else 'w'!r}).write({text!r})"
        elif name not in magics["drop_cell"]:
            self.opaque = f"the magic %%{name} may do anything"

    def repair(self, at: int) -> bool:
        """Replace the line that the parser stumbled over, if it is a magic, a shell line or a question."""
        line = self.lines[at]
        new = self._assignment(line) or self._magic(line) or self._shell_or_help(line)
        if new is None or new == line:
            return False
        self.lines[at] = new
        return True

    def _assignment(self, line: str) -> str | None:
        hit = _ASSIGN.match(line)
        if hit is None:
            return None
        indent, target, mark, rest = hit.groups()
        if mark == "!":
            self.warnings.append(f"The shell command “{rest.strip()}” runs in the job, too.")
            run = f"__import__('subprocess').run({rest.strip()!r}, shell=True, stdout=-1, text=True)"
            return f"{indent}{target} = {run}.stdout.splitlines()"
        self.opaque = f"the magic %{rest.split(' ')[0]} may do anything"
        return f"{indent}{target} = None"

    def _magic(self, line: str) -> str | None:
        hit = _MAGIC.match(line)
        if hit is None:
            return None
        indent, _, name, rest = hit.groups()
        magics = self.magics
        if name in magics["code"]:
            return f"{indent}{rest}" if rest.strip() else f"{indent}pass"
        if name == "env" and ("=" in rest or " " in rest.strip()):
            key, _, value = rest.strip().partition("=" if "=" in rest else " ")
            return f"{indent}__import__('os').environ[{key.strip()!r}] = {value.strip()!r}"
        if name == "cd":
            return f"{indent}__import__('os').chdir({rest.strip() or '~'!r})"
        if name in ("pip", "conda", "mamba", "uv"):
            self.warnings.append(f"“%{name} {rest}” is not run by the job: its lock pins what the kernel had.")
        elif name not in (*magics["drop"], "env"):
            self.opaque = f"the magic %{name} may do anything"
        return f"{indent}pass"

    def _shell_or_help(self, line: str) -> str | None:
        text = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if text.startswith("!"):
            command = text.lstrip("!").strip()
            if re.match(r"(python3? -m )?(pip3?|uv|conda|mamba)\b", command):
                self.warnings.append(f"“!{command}” is not run by the job: its lock pins what the kernel had.")
            elif not re.match(
                r"(ls|pwd|cat|head|tail|wc|echo|nvidia-smi|du|df|which|whoami|date|free|lscpu)\b[^>|;&]*$", command
            ):
                self.opaque = f"the shell command “{command}” may do anything"
            return f"{indent}pass"
        if text.startswith("?") or text.endswith("?"):
            return f"{indent}pass"
        return None
