"""The lines of a text notebook that are not source: its header, and the marker that begins each cell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from perijove.core.errors import Invalid
from perijove.storage.escape import CRLF, ESCAPED, Signs, read_code, read_comment, signs, unpicture
from perijove.storage.languages import PYTHON, Language, language, named
from perijove.storage.metadata import encode, join

VERSION = 1
TYPES = ("code", "markdown", "raw")
HEADER = re.compile(r"(\S{1,4}) perijove-notebook (\d+)(?: +(\S.*))?[ \t]*$")

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TITLED = re.compile(r"(.*\S)\s+\[(markdown|md|raw)\]")
_TYPE = re.compile(r'\[(?:((?i:markdown|raw))|((?i:md))|("(?:[^"\\]|\\.)*"))\](?: +|$)')
_ID = re.compile(r'id=(?:([A-Za-z0-9_-]{1,64})|("(?:[^"\\]|\\.)*"))(?: +|$)')
_FLAG = re.compile(r"(?:eol=(crlf)|(escaped)=1)(?: +|$)")
_NAMED = re.compile(r"(attachments|extra)=(?=\{)")
_decode = json.JSONDecoder().raw_decode


class Marker(NamedTuple):
    """What the first line of a cell says."""

    cell_type: str
    id: str | None
    flag: str = ""
    metadata: dict[str, Any] = {}
    attachments: dict[str, Any] | None = None
    extra: dict[str, Any] = {}


class Cell(NamedTuple):
    """A cell as its text has it; ``id`` is None where the marker has none."""

    cell_type: str
    id: str | None
    source: str
    metadata: dict[str, Any]
    attachments: dict[str, Any] | None
    extra: dict[str, Any]


def header(
    metadata: Mapping[str, Any], content: Mapping[str, Any], minor: int, extra: Mapping[str, Any], rules: Signs
) -> str:
    """Write the first line, with its line break."""
    said: dict[str, Any] = {}
    if kernel := kernel_name(metadata):
        said["kernel"] = kernel
    if (name := named(dict(metadata))).lower() != PYTHON:
        said["language"] = name
    if content:
        said["metadata"] = content
    if minor != 5:
        said["nbformat"] = f"4.{minor}"
    if extra:
        said["extra"] = extra
    return f"{rules.prefix}perijove-notebook {VERSION}{' ' + encode(said) if said else ''}\n"


def write(marker: Marker, rules: Signs) -> str:
    """Write the line that begins a cell, without its line break."""
    line = rules.border
    if marker.cell_type != "code":
        line += f" [{marker.cell_type if marker.cell_type in TYPES else encode(marker.cell_type)}]"
    if marker.id is not None:
        line += f" id={marker.id if _PLAIN.fullmatch(marker.id) else encode(marker.id)}"
    if marker.flag:
        line += " eol=crlf" if marker.flag == CRLF else " escaped=1"
    if marker.attachments is not None:
        line += f" attachments={encode(marker.attachments)}"
    if marker.extra:
        line += f" extra={encode(marker.extra)}"
    return f"{line} {encode(marker.metadata)}" if marker.metadata else line


def read(line: str) -> Marker:
    """Read what stands on a border after ``%%``; what cannot be read, such as a title, is kept as the title."""
    rest = line.strip(" ")
    cell_type, cell_id, flag = "code", None, ""
    named_values: dict[str, Any] = {}
    if match := _TYPE.match(rest):
        cell_type = (match[1] or "").lower() or (_string(match[3]) if match[3] else "markdown") or "raw"
        rest = rest[match.end() :]
    if match := _ID.match(rest):
        cell_id, rest = match[1] or _string(match[2]), rest[match.end() :]
    if match := _FLAG.match(rest):
        flag, rest = (CRLF if match[1] else ESCAPED), rest[match.end() :]
    while match := _NAMED.match(rest):
        value, end = _object(rest, match.end())
        if value is None:
            break
        named_values[match[1]], rest = value, rest[end:].lstrip(" ")
    value, end = _object(rest, 0) if rest.startswith("{") else (None, 0)
    if value is None or rest[end:].strip(" "):
        if cell_type == "code" and (match := _TITLED.fullmatch(rest)):
            rest, cell_type = match[1], "raw" if match[2] == "raw" else "markdown"
        value = {"title": rest} if rest else {}
    return Marker(cell_type, cell_id, flag, value, named_values.get("attachments"), named_values.get("extra", {}))


def parse(text: str) -> tuple[dict[str, Any], Signs, list[Cell]]:
    """Read a text into its header, the rules of its language, and its cells."""
    first, _, rest = text.removeprefix("\ufeff").partition("\n")
    if first.endswith("\r"):
        first, rest = first[:-1], rest.replace("\r\n", "\n")
    head, rules = _header(first)
    cells: list[Cell] = []
    if "%%" in rest:
        rest = rules.by_hand.sub(lambda _: rules.prefix, rest)
    pieces = _pieces("\n" + rest, rules.border)
    if before := pieces[0].strip("\n"):
        cells.append(Cell("code", None, read_code(before, rules), {}, None, {}))
    for piece in pieces[1:]:
        line, _, region = piece.partition("\n")
        cells.append(_cell(read(line), region.removesuffix("\n"), rules))
    return head, rules, cells


def notebook_metadata(head: Mapping[str, Any], volatile: Mapping[str, Any]) -> dict[str, Any]:
    """Put the notebook's metadata together; where the header names another kernel or language, the header is right."""
    rest = dict(volatile)
    kernel, said = head.get("kernel"), head.get("language", PYTHON)
    if kernel != kernel_name(rest):
        rest.pop("kernelspec", None)
        if kernel is not None:
            rest["kernelspec"] = {"name": kernel, "display_name": kernel}
    if named(rest).lower() != said.lower():
        rest.pop("language_info", None)
        if isinstance(rest.get("kernelspec"), dict):
            rest["kernelspec"] = {key: value for key, value in rest["kernelspec"].items() if key != "language"}
        if "language" in head:
            rest["language_info"] = {"name": said}
    return join(head.get("metadata", {}), rest)


def kernel_name(metadata: Mapping[str, Any]) -> str | None:
    """The name of the kernel, which is all that the text keeps of it."""
    spec = metadata.get("kernelspec")
    name = spec.get("name") if isinstance(spec, dict) else None
    return name if isinstance(name, str) and name else None


def _header(line: str) -> tuple[dict[str, Any], Signs]:
    """Read the first line; the language says how the rest is written, the sign is the one that stands there."""
    match = HEADER.match(line)
    if match is None:
        raise Invalid("This is not a text notebook: its first line does not say so.")
    if int(match[2]) != VERSION:
        raise Invalid(f"This text notebook is of version {match[2]}, which is not known here.", hint="Update Perijove.")
    head: dict[str, Any] = {}
    if match[3]:
        value, end = _object(match[3], 0)
        if value is None or match[3][end:].strip():
            raise Invalid("The first line of this text notebook cannot be read: what follows its version is not JSON.")
        head = value
    head = {
        key: value for key, value in head.items() if isinstance(value, dict if key in ("metadata", "extra") else str)
    }
    if "nbformat" in head:
        head["nbformat"] = _minor(head["nbformat"])
    spoken = language(head.get("language", PYTHON))
    return head, signs(Language(spoken.name, match[1], spoken.magics))


def _minor(version: str) -> int:
    major, _, minor = version.partition(".")
    if major != "4" or not minor.isdigit():
        raise Invalid(
            f"The first line of this text notebook names the notebook format {version}; only 4 is known here."
        )
    return int(minor)


def _pieces(text: str, border: str) -> list[str]:
    """Cut a text at its borders; each piece after the first begins behind ``%%``.

    A cut takes one line break away: the one that ends the blank line before the border.
    """
    between = "\n" + border
    pieces = text.split(between)
    if all(not piece or piece[0] in " \n" for piece in pieces[1:]):
        return pieces
    whole = [[pieces[0]]]
    for piece in pieces[1:]:
        if not piece or piece[0] in " \n":
            whole.append([piece])
        else:
            whole[-1].append(piece)
    return [between.join(parts) for parts in whole]


def _cell(marker: Marker, body: str, rules: Signs) -> Cell:
    source = read_code(body, rules) if marker.cell_type == "code" else read_comment(body, rules)
    if marker.flag:
        source = unpicture(source, marker.flag)
    return Cell(marker.cell_type, marker.id, source, marker.metadata, marker.attachments, marker.extra)


def _string(text: str) -> str | None:
    """Read a JSON string, or nothing."""
    try:
        return str(json.loads(text))
    except ValueError:
        return None


def _object(text: str, start: int) -> tuple[dict[str, Any] | None, int]:
    """Read a JSON object and where it ends, or nothing."""
    try:
        value, end = _decode(text, start)
    except (ValueError, RecursionError):
        return None, start
    return (value, end) if isinstance(value, dict) else (None, start)
