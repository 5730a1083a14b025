"""Dataframes in a live kernel: which there are, their rows and figures, asked of the kernel without leaving a trace.

The kernel side is ``perijove_kernel.frames``; it prints one line of JSON for each question.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from perijove.catalog.model import Preview, Profile, Window
from perijove.catalog.shapes import Frame
from perijove.core.errors import Failed, Invalid
from perijove.core.kernels import Kernels
from perijove.core.ranges import within

T = TypeVar("T")
SECONDS = 20.0
CODE = """\
def _perijove_answer(verb, arguments):
    import json
    from perijove_kernel import frames
    print(json.dumps(getattr(frames, verb)(**json.loads(arguments))))
_perijove_answer({verb!r}, {arguments!r})
del _perijove_answer
"""


class Frames:
    """Asks live kernels of this person for their dataframes."""

    def __init__(self, kernels: Kernels) -> None:
        self.kernels = kernels

    def all(self, kernel: str) -> list[Frame]:
        """The dataframes of a kernel."""
        found = self._ask(kernel, "listing", {})
        return [
            Frame(f"frame:{kernel}/{one['name']}", one["name"], one["kind"], one["rows"], one["columns"], one["bytes"])
            for one in found
        ]

    def look(self, kernel: str, name: str, window: Window) -> Preview:
        """Some rows of a dataframe."""
        within("rows", window.rows, 1, 1000)
        arguments = {"name": _name(name), "window": msgspec.to_builtins(window)}
        return _typed(self._ask(kernel, "head", arguments), Preview)

    def profile(self, kernel: str, name: str) -> Profile:
        """Figures of a dataframe."""
        return _typed(self._ask(kernel, "describe", {"name": _name(name)}), Profile)

    def _ask(self, kernel: str, verb: str, arguments: dict[str, Any]) -> Any:
        code = CODE.format(verb=verb, arguments=msgspec.json.encode(arguments).decode())
        printed = self.kernels.execute(kernel, code, SECONDS)
        try:
            return msgspec.json.decode(printed.strip().rpartition("\n")[2])
        except msgspec.DecodeError as error:
            raise Failed(
                "The kernel said nothing of its dataframes.", hint="Install perijove-kernel in its environment."
            ) from error


def _typed(found: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(found, type=kind)
    except msgspec.ValidationError as error:
        raise Failed("The kernel's answer is not understood.", hint="Install the same version there.") from error


def _name(name: str) -> str:
    if not name.isidentifier():
        raise Invalid(f"“{name}” is not the name of a variable.", hint="See the kernel's dataframes.")
    return name
