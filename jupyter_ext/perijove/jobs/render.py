"""Fills the templates of a job. Text of users goes in through repr, a TOML writer or a code span, never as it is."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from perijove.core.errors import Failed
from perijove.jobs.source import indent


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - no HTML is made here
        loader=FunctionLoader(template), undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    environment.filters.update(
        toml=toml_value,
        tomlkey=_toml_key,
        repr=repr,
        docstring=docstring,
        inner=indent,
        code=code_span,
        percent=_percent,
        json=json.dumps,
        line=line,
        comment=line,
    )
    return environment


def template(name: str) -> str:
    """A file of the templates folder, as it is."""
    return files("perijove.jobs").joinpath("templates", name).read_text("utf-8")


def render(template_name: str, /, **values: Any) -> str:
    """A template filled with values."""
    return _environment().get_template(template_name).render(**values)


def toml_value(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(_no_halves(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(toml_value(one) for one in value)}]"
    if isinstance(value, date):
        return value.isoformat()
    return repr(value)


def _no_halves(text: str) -> str:
    """Text without halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _toml_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_value(name)


def docstring(text: str) -> str:
    """A string literal on one line that reads as a docstring."""
    flat = " ".join(_no_halves(text).split())
    safe = flat.isprintable() and "\\" not in flat and '"' not in flat
    return f'"""{flat}"""' if safe else repr(flat)


def line(text: object) -> str:
    """Text on one line, with nothing in it that a file could take for something else than a letter."""
    flat = " ".join(_no_halves(str(text)).split())
    return flat if flat.isprintable() else ascii(flat)


def code_span(text: str) -> str:
    """Text as a code span of Markdown, on one line."""
    flat = " ".join(_no_halves(str(text)).split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def tidy(name: str, text: str, own: str = "") -> str:
    """Python with sorted imports and even form; ``own`` is its own package. Raises Failed where it is none."""
    first = ["--config", f'lint.isort.known-first-party=["{own}", "compare"]'] if own else []
    checked = _ruff(["check", "--fix-only", "--select", "I", "--quiet", *first], name, text)
    return _ruff(["format", "--quiet"], name, checked)


def _ruff(arguments: list[str], name: str, text: str) -> str:
    from ruff.__main__ import find_ruff_bin  # type: ignore[import-untyped]  # ruff carries no types

    command = [find_ruff_bin(), *arguments, "--isolated", "--line-length", "120", "--stdin-filename", name, "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Failed(f"The generated {name} is not valid Python: {done.stderr.strip()[:300]}", hint="Please report it.")
    return done.stdout
