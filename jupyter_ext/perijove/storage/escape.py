"""How the source of a cell becomes lines of a program, and back, so that nothing of it can be mistaken for a border.

    border       a line ``# %%``, alone or followed by a space; it begins a cell (by hand also ``#%%``)
    commented    a cell whose every line is a comment: Markdown, raw, and code that begins with a magic like ``%%bash``
    look-alike   a line that is, or would become, a border: ``%%``, ``%% …``, ``#%%`` after any number of ``# ``
    magic        a line that only IPython understands: ``%cd``, ``!ls``, ``?x``, indented, after any number of ``# ``

A look-alike gets two signs more. A magic gets one sign, after its indentation, so that the file stays a program. Both
classes are closed under adding a sign, so that taking the signs away again gives the source exactly. ``#`` stands
for the comment sign of the language. Everything works on whole strings: files can be large and saving is frequent.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from perijove.storage.languages import Language

CRLF = "crlf"
ESCAPED = "escaped"

_PICTURES = {"\r": "\u240d", "\0": "\u2400"}
_UNPICTURED = {picture: character for character, picture in _PICTURES.items()}
_HIDDEN = re.compile("[\r\0\ud800-\udfff\u240d\u2400\u241b]")
_PICTURED = re.compile("\u241b(?:([\u240d\u2400\u241b])|([0-9a-f]{4}))|([\u240d\u2400])")
_HALVES = re.compile("[\ud800-\udfff]")
_MAGIC = r"(?:[!?]|%[A-Za-z_]|%%\S)"


class Signs(NamedTuple):
    """The patterns of one comment sign; ``shift`` signs are added to a look-alike in code that is no comment."""

    prefix: str
    border: str
    magics: bool
    shift: str
    by_hand: re.Pattern[str]
    look: re.Pattern[str]
    commented: re.Pattern[str]
    looked: re.Pattern[str]
    looked_plain: re.Pattern[str]
    magic: re.Pattern[str]
    magicked: re.Pattern[str]


@cache
def signs(language: Language) -> Signs:
    """Compile the patterns of a language."""
    prefix = language.sign + " "
    one = re.escape(prefix)
    bare = re.escape(language.sign)
    tail = r"%%(?: |$)"
    any_tail = f"(?:{bare})?{tail}"
    plain = f"(?:{one})*{any_tail}" if language.magics else f"(?:(?:{one})+{any_tail}|{bare}{tail})"
    shift = prefix * 2 if language.magics else prefix
    return Signs(
        prefix=prefix,
        border=prefix + "%%",
        magics=language.magics,
        shift=shift,
        by_hand=re.compile(f"^{bare}(?={tail})", re.M),
        look=re.compile(f"^(?={plain})", re.M),
        commented=re.compile(f"^(?=(?:{one})*{any_tail})", re.M),
        looked=re.compile(f"^{one}(?=(?:{one})+{any_tail})", re.M),
        looked_plain=re.compile(f"^{re.escape(shift)}(?={plain})", re.M),
        magic=re.compile(rf"^([ \t]*)(?=(?:{one})*{_MAGIC})", re.M),
        magicked=re.compile(rf"^([ \t]*){one}(?=(?:{one})*{_MAGIC})", re.M),
    )


def write_code(source: str, rules: Signs) -> str:
    """Write the source of a code cell that has lines, as lines of a program."""
    if rules.magics and is_cell_magic(source):
        return write_comment(source, rules)
    text = rules.look.sub(lambda _: rules.shift, source) if "%%" in source else source
    if rules.magics and ("%" in source or "!" in source or "?" in source):
        text = rules.magic.sub(lambda match: match[1] + rules.prefix, text)
    return text


def read_code(body: str, rules: Signs) -> str:
    """Give the source that ``write_code`` wrote, or somebody by hand."""
    prefix = rules.prefix
    if rules.magics and body.startswith(rules.border) and is_cell_magic(body[len(prefix) :]):
        return read_comment(body, rules)
    text = body
    if rules.magics and (prefix + "%" in body or prefix + "!" in body or prefix + "?" in body):
        text = rules.magicked.sub(lambda match: match[1], text)
    return rules.looked_plain.sub("", text) if "%%" in text else text


def write_comment(source: str, rules: Signs) -> str:
    """Write a source that has lines as comment lines; an empty line is the bare sign."""
    prefix = rules.prefix
    if "%%" in source:
        source = rules.commented.sub(lambda _: prefix, source)
    text = "\n" + prefix + source.replace("\n", "\n" + prefix) + "\n"
    empty, bare = f"\n{prefix}\n", f"\n{prefix[:-1]}\n"
    return text.replace(empty, bare).replace(empty, bare)[1:-1]


def read_comment(body: str, rules: Signs) -> str:
    """Give the source that ``write_comment`` wrote; a line without the sign, written by hand, is taken as it is."""
    prefix = rules.prefix
    if "%%" in body:
        body = rules.looked.sub("", body)
    bare = f"\n{prefix[:-1]}\n"
    text = f"\n{body}\n".replace(bare, "\n\n").replace(bare, "\n\n")
    return text.replace("\n" + prefix, "\n")[1:-1]


def is_cell_magic(source: str) -> bool:
    """Tell whether IPython takes the whole cell for a cell magic."""
    return source.startswith("%%") and len(source) > 2 and not source[2].isspace()


def picture(source: str) -> tuple[str, str]:
    """Give a source that UTF-8 lines can carry, and the flag that says what was done: "", ``crlf`` or ``escaped``."""
    returns = "\r" in source
    if not returns and "\0" not in source and (source.isascii() or not _HALVES.search(source)):
        return source, ""
    if returns and "\0" not in source and not _HALVES.search(source):
        breaks = source.count("\r\n")
        if breaks == source.count("\n") == source.count("\r"):
            return source.replace("\r\n", "\n"), CRLF
    return _HIDDEN.sub(_draw, source), ESCAPED


def unpicture(text: str, flag: str) -> str:
    """Give the source that ``picture`` got."""
    if flag == CRLF:
        return text.replace("\n", "\r\n")
    return _PICTURED.sub(_undraw, text) if flag == ESCAPED else text


def _draw(match: re.Match[str]) -> str:
    """Draw one character; a picture that was there before gets the mark, so that the two stay apart."""
    character = match[0]
    if character in _PICTURES:
        return _PICTURES[character]
    return "\u241b" + (character if character in "\u240d\u2400\u241b" else f"{ord(character):04x}")


def _undraw(match: re.Match[str]) -> str:
    """Take one picture for what it stands for."""
    if match[1]:
        return match[1]
    return chr(int(match[2], 16)) if match[2] else _UNPICTURED[match[3]]
