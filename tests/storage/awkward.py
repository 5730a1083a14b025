"""Notebooks that are valid and hard to keep as text: one for each thing that has gone wrong somewhere."""

from __future__ import annotations

import base64
from typing import Any

Notebook = dict[str, Any]
PNG = bytes(range(256)) * 8
LONG = "line of output\n" * 200
HIGH, LOW = "\ud83d", "\ude00"


def notebook(*cells: dict[str, Any], minor: int = 5, **metadata: Any) -> Notebook:
    """Put cells into a notebook; those of 4.5 get ids where they have none."""
    if minor >= 5:
        cells = tuple({"id": f"cell-{index}", **cell} for index, cell in enumerate(cells))
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}


def code(source: Any = "", outputs: Any = (), count: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
        **more,
    }


def markdown(source: Any = "", **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def raw(source: Any = "", **more: Any) -> dict[str, Any]:
    return {"cell_type": "raw", "metadata": {}, "source": source, **more}


def shown(**data: Any) -> dict[str, Any]:
    """An output by its mime types, written with an underscore for each sign that Python names cannot have."""
    names = {"png": "image/png", "plain": "text/plain", "html": "text/html", "json": "application/json"}
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {names.get(key, key): value for key, value in data.items()},
    }


def stream(text: Any, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


SOURCES = {
    "carriage return": "a = 1\rb = 2",
    "windows line breaks": "a = 1\r\nb = 2\r\n",
    "mixed line breaks": "a\r\nb\nc\r",
    "only a windows line break": "\r\n",
    "nul": "a = '\0'",
    "half a surrogate pair": "a = '\ud83d'",
    "both halves the wrong way round": LOW + HIGH,
    "both halves as two characters": HIGH + LOW,
    "pictures of control characters": "\r\u240d\u2400\u241b\u241bd83d",
    "pictures without control characters": "\u240d\u2400\u241b",
    "border in code": "a = 1\n# %%\nb = 2",
    "border with words in code": "# %% [markdown] id=x\nb = 2",
    "borders in many comments": "# # %%\n# # # %% x\n%%\n%% x",
    "border in a string": 'text = """\n# %% id=cell-1\n"""',
    "like a border": "#%%\n# %%%\n# %%x\n # %%\n# %%\t",
    "open triple quote": 'text = """',
    "open quote and bracket": "f('(",
    "blank lines before": "\n\n\na = 1",
    "blank lines after": "a = 1\n\n\n",
    "one line break": "\n",
    "many line breaks": "\n" * 7,
    "spaces only": "   ",
    "tabs and breaks only": "\t\n \n",
    "spaces at line ends": "a = 1  \n  \nb = 2 ",
    "percent percent words": "%% not a magic",
    "percent percent alone": "%%",
    "cell magic": "%%bash\nls\n\n# %%\n# x",
    "cell magic of one line": "%%time",
    "cell magic with a shout": "%%!ls\nls",
    "cell magic that is a comment": "# %%bash\nls",
    "cell magic with a digit": "%%1x\n%%1x",
    "cell magic after a blank line": "\n%%time\nx",
    "cell magic with a space after it": "%%sql \nselect 1",
    "line magics": "%cd ..\n  %time x\nif x:\n\t!ls\n?print\nprint?\nprint??",
    "commented line magics": "# %cd ..\n# # !ls\n  # # ?x\n#%cd\n#  %cd",
    "lines of question marks": "?\n# ?\n??\n # ??",
    "lines of shouts": "!\n# !\n!!\n!=",
    "remainder": "a = (5\n% 3)\n% 3",
    "comment signs": "#\n# \n##\n# #\n#  x\n #",
    "form feed and vertical tab": "a\x0cb\x0bc",
    "separators of Unicode": "a\u2028b\u2029c\u0085d\x1ce",
    "byte order mark": "\ufeffa\n\ufeff",
    "other scripts": "# 何ができる?\n変数 = '🎉'",
    "header of another notebook": '# perijove-notebook 1 {"kernel": "x"}',
    "conflict markers": "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs",
    "backslashes": "a = 1 \\\n  + 2\\",
    "jupytext words": '# +\n# -\n# + active="py"\n# ---\n# jupyter: x\n# ---',
}
"""Sources; each is tried in a code, a Markdown and a raw cell, in four languages, first, middle and last."""

ODD_METADATA = {
    "tags": ["parameters", "a b", "ü", "\u2028", "\ud83d", "\0", "}"],
    "nan": float("nan"),
    "infinity": [float("inf"), float("-inf"), -0.0, 1e300, 1, 1.0, True, None],
    "big": 2**70,
    "": {"": {}},
    "id": "colab-id",
    "attachments": {"like": "attachments"},
    "extra": {},
    "title": "a title",
    "jupyter": {"outputs_hidden": True, "source_hidden": False},
    "collapsed": True,
    "trusted": False,
    "incorrectly_encoded_metadata": "x=1",
    "perijove": {"of": "somebody else"},
    "application/vnd.databricks.v1+cell": {"nuid": "1"},
}
LANGUAGES = [{}, {"name": "R"}, {"name": "javascript"}, {"name": "sql"}, {"name": "matlab"}, {"name": "scheme"}]


def sources() -> dict[str, Notebook]:
    """Every source in every type of cell, so that each stands before, between and after others."""
    made = {}
    for name, source in SOURCES.items():
        cells = [make(source) for make in (code, markdown, raw)]
        for language in LANGUAGES:
            info = {"language_info": language} if language else {}
            last = cells[len(made) % 3]
            made[f"{name}, {language.get('name', 'python')}"] = notebook(*cells, code("x = 1"), last, **info)
    return made


def wholes() -> dict[str, Notebook]:
    """Notebooks that are hard for what is around their sources."""
    image = base64.b64encode(PNG).decode()
    spec = {"name": "ir", "display_name": "R", "language": "R"}
    plain = [code("a = 1", count=1), markdown("# b"), raw("c"), code("a = 1"), code("a = 1")]
    return {
        "nothing": notebook(),
        "nothing of 4.0": notebook(minor=0),
        "empty cells": notebook(code(), markdown(), raw(), code()),
        **{f"minor {minor}": notebook(*plain, minor=minor, kernelspec=spec) for minor in range(6)},
        "lists of lines": notebook(code(["a\n", "b"]), markdown(["# a\n", "\n"]), raw([])),
        "lists of lines in outputs": notebook(
            code("", [stream(["a\n", "b"]), shown(plain=["a\n", "b"], html=[], json=["a", "b"]), stream([])])
        ),
        "one id twice": notebook(
            code("a", [stream("1")], 1, id="x"), code("b", [stream("2")], 2, id="x"), markdown("c", id="x")
        ),
        "one id thrice, same source": notebook(*[code("a", [stream(str(n))], n, id="x") for n in range(3)]),
        "ids like made ids": notebook(code("a", id="x~2"), code("a", id="x" * 64), code("b", id="-_-")) | {},
        "metadata of cells": notebook(*[make("x", metadata=ODD_METADATA) for make in (code, markdown, raw)]),
        "metadata of the notebook": notebook(code("x"), **ODD_METADATA, kernel="k", language="l", nbformat="4.9"),
        "nested volatile only": notebook(
            code("x", metadata={"jupyter": {"outputs_hidden": True}}), code("y", metadata={"jupyter": {}})
        ),
        "kernel without language": notebook(code("x"), kernelspec={"name": "k", "display_name": "K"}),
        "kernel without name": notebook(code("x"), kernelspec={"name": "", "display_name": ""}),
        "kernel and language differ": notebook(code("%x"), kernelspec=spec, language_info={"name": "python"}),
        "unknown language": notebook(code("%%\n# %%\n!x"), language_info={"name": "Klingon", "version": 1}),
        "attachments": notebook(
            markdown("![a](attachment:a.png)", attachments={"a.png": {"image/png": image}, "b": {}}),
            raw("x", attachments={}),
            markdown("y", attachments={"c d}.txt": {"text/plain": ["a\n", "b"], "image/svg+xml": "<svg/>\r\n"}}),
            markdown("z", attachments={"ü": {"image/png": image + "\n", "image/jpeg": "no base64", "x/y": ""}}),
            markdown("j", attachments={"j": {"application/json": {"a": [1, 1.0, float("nan")]}}}),
        ),
        "raw with formats": notebook(raw("\\LaTeX", metadata={"format": "text/latex", "raw_mimetype": "x"})),
        "all outputs": notebook(code("x", every_output(), 7)),
        "base64 of every kind": notebook(code("x", base64_outputs(), 1)),
        "numbers in outputs": notebook(code("x", number_outputs(), 1)),
        "text of outputs": notebook(code("x", text_outputs(), 1)),
        "count without outputs": notebook(code("x", count=0), code("y", count=2**64)),
        "stub of somebody": notebook(
            code("x", [shown(**{"application/vnd.perijove.blob+json": value}) for value in (1, [], {"a": 1}, "x")]),
            code("", [shown(png=image, **{"application/vnd.perijove.blob+json": "x"})]),
        ),
    }


def every_output() -> list[dict[str, Any]]:
    """One output of each type, small and large."""
    result = {"output_type": "execute_result", "execution_count": 3, "metadata": {}, "data": {"text/plain": "1"}}
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
    image = base64.b64encode(PNG).decode()
    return [
        stream(""),
        stream(LONG, "stderr"),
        stream("\x1b[31mred\r\n"),
        shown(),
        shown(plain="<Figure>", png=image),
        shown(png=image[:40]),
        result,
        {**result, "execution_count": None, "data": {"text/html": LONG, "text/latex": "$x$"}},
        {**result, "metadata": {"image/png": {"width": 2}, "isolated": True}},
        error,
        {**error, "traceback": ["\x1b[0m" + LONG, "\n", LONG]},
        shown(json={"a": list(range(2000))}),
        shown(**{"application/vnd.plotly.v1+json": {"x": [1.5, 2, None]}, "application/javascript": "1;"}),
        shown(**{"application/geo+json": [], "application/x+json": "text", "application/y+json": False}),
        shown(**{"image/svg+xml": "<svg>" + LONG, "text/markdown": "# x", "video/mp4": image}),
        shown(**{"application/vnd.jupyter.widget-view+json": {"model_id": "a", "version_major": 2}}),
    ]


def base64_outputs() -> list[dict[str, Any]]:
    """Images in every way that tools write base64, and in ways that only look like it."""
    plain = base64.b64encode(PNG).decode()
    lines = base64.encodebytes(PNG).decode()
    forms = [plain, plain + "\n", lines, lines.rstrip("\n"), plain + "\n\n", lines.replace("\n", "\r\n"), plain[:-2]]
    forms += [plain[:-3] + "B==", " " + plain, plain + "=", plain.replace("A", "-"), "ü" * 2000, "=" * 2000, lines[1:]]
    return [shown(png=form) for form in forms] + [shown(png=lines.splitlines(keepends=True))]


def number_outputs() -> list[dict[str, Any]]:
    """Numbers that many a JSON library bends."""
    numbers = [float("nan"), float("inf"), float("-inf"), 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 1, 1.0, True, -0.0]
    numbers += [1e-320, 1.7976931348623157e308, 0.1, 123456789012345678]
    return [
        shown(json=numbers),
        *[shown(json=number) for number in numbers],
        shown(json={"a": [{"b": [numbers] * 100}]}),
        {**shown(plain="x"), "metadata": {"a": numbers}},
        {**shown(png=base64.b64encode(PNG).decode()), "metadata": {"a": float("nan")}},
    ]


def text_outputs() -> list[dict[str, Any]]:
    """Text that many an encoding bends."""
    texts = ["\ud83d", "\0\r\n\u2028\ufeff", "ü" * 700, "🎉" * 300, "\ud83d" * 2000, "a\ud83d" + LONG, "x" * 20000]
    return (
        [stream(text) for text in texts]
        + [shown(plain=text, html=text) for text in texts]
        + [{"output_type": "error", "ename": text[:5], "evalue": text, "traceback": [text]} for text in texts]
        + [shown(json={text: [text]}) for text in texts]
    )
