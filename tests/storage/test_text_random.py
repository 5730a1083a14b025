"""Random notebooks made of awkward pieces come back whole.

    PERIJOVE_EXAMPLES=10000 python -m pytest tests/storage/test_text_random.py

tries ten thousand; the same number always gives the same notebooks.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.storage import awkward

from perijove.storage import from_text, to_text
from perijove.storage.check import differences, joined, lost, problem_of
from perijove.storage.escape import picture, read_code, read_comment, signs, unpicture, write_code, write_comment
from perijove.storage.languages import language

EXAMPLES = int(os.environ.get("PERIJOVE_EXAMPLES", "400"))
tries = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

CHARACTERS = st.characters(exclude_categories=())
FRAGMENTS = st.sampled_from(
    [
        "# ",
        "#",
        "%%",
        "%% ",
        "%",
        "!",
        "?",
        "\n",
        "\n\n",
        " ",
        "\t",
        "\r",
        "\r\n",
        "\0",
        "\ud800",
        "\udc00",
        "\u240d",
        "\u241b",
    ]
    + [
        "\u2400",
        "\u2028",
        "\x0b",
        "\x0c",
        "\x85",
        "\ufeff",
        '"""',
        "'",
        "\\",
        "// ",
        "-- ",
        "; ",
        "x = 1",
        "%%bash",
        "%cd",
        "d800",
    ]
    + [
        "# %%",
        "# %% id=a",
        "// %%",
        "# perijove-notebook 1",
        "# %% [markdown]",
        "eol=crlf",
        "{}",
        '{"a": 1}',
        "ü",
        "🎉",
    ]
)
SOURCES = st.lists(st.one_of(FRAGMENTS, FRAGMENTS, st.text(CHARACTERS, max_size=8)), max_size=14).map("".join)
LANGUAGES = st.sampled_from(["python", "R", "javascript", "sql", "scheme", "matlab", "ipython", "Klingon", "c++"])
LONG = st.builds(lambda text, times: text * times, SOURCES, st.integers(1, 4000)).filter(lambda text: len(text) < 60000)
TEXTS = st.one_of(SOURCES, LONG)
NUMBERS = st.one_of(
    st.integers(), st.floats(), st.sampled_from([2**63, -(2**63) - 1, 2**64, 1.0, -0.0, float("nan"), float("inf")])
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(SOURCES, inner, max_size=4)),
    max_leaves=8,
)
KEYS = st.one_of(
    st.sampled_from(
        ["tags", "collapsed", "jupyter", "outputs_hidden", "id", "colab", "title", "attachments", "execution"]
    ),
    st.sampled_from(["extra", "perijove", "metadata", "kernel", "nbformat", "language", "papermill", "jupytext"]),
    SOURCES,
)
WELL_FORMED = {"tags", "collapsed", "jupyter", "name", "format", "slideshow", "scrolled", "execution", "kernelspec"}
TYPED = {*WELL_FORMED, "language_info", "authors", "title", "orig_nbformat"}


def metadata() -> st.SearchStrategy[dict[str, Any]]:
    """Metadata of any kind; keys that nbformat types get a value of that type."""
    free = st.dictionaries(KEYS.filter(lambda key: key not in TYPED), JSON, max_size=3)
    jupyter = st.dictionaries(st.sampled_from(["outputs_hidden", "source_hidden"]), st.booleans())
    typed = st.fixed_dictionaries(
        {}, optional={"tags": st.lists(st.just("a"), max_size=1), "collapsed": st.booleans(), "jupyter": jupyter}
    )
    return st.builds(lambda one, other: {**one, **other}, free, typed)


def base64_of(data: bytes, form: int) -> str:
    plain = base64.b64encode(data).decode()
    return [plain, plain + "\n", base64.encodebytes(data).decode(), plain + "=", plain[:-1]][form]


IMAGES = st.builds(base64_of, st.binary(max_size=40).map(lambda data: data * 60), st.integers(0, 4))
LINES = st.one_of(TEXTS, st.lists(TEXTS, max_size=3))
BUNDLES = st.fixed_dictionaries(
    {},
    optional={
        "text/plain": LINES,
        "image/png": st.one_of(IMAGES, LINES),
        "image/svg+xml": LINES,
        "application/json": JSON,
        "application/vnd.x.v1+json": JSON,
        "application/vnd.perijove.blob+json": JSON,
    },
)
COUNTS = st.one_of(st.none(), st.integers(0, 2**66))
OUTPUTS = st.one_of(
    st.builds(lambda name, text: awkward.stream(text, name), st.sampled_from(["stdout", "stderr"]), LINES),
    st.builds(lambda data, more: {"output_type": "display_data", "data": data, "metadata": more}, BUNDLES, metadata()),
    st.builds(
        lambda data, count: {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": count},
        BUNDLES,
        COUNTS,
    ),
    st.builds(
        lambda name, trace: {"output_type": "error", "ename": name, "evalue": name, "traceback": trace},
        SOURCES,
        st.lists(TEXTS, max_size=3),
    ),
)
ATTACHED = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"attachments": st.dictionaries(SOURCES, st.fixed_dictionaries({"image/png": IMAGES}))}),
)
CELLS = st.one_of(
    st.builds(
        lambda source, outputs, count, more: awkward.code(source, outputs, count, metadata=more),
        SOURCES,
        st.lists(OUTPUTS, max_size=2),
        COUNTS,
        metadata(),
    ),
    st.builds(
        lambda make, source, more, attached: make(source, metadata=more, **attached),
        st.sampled_from([awkward.markdown, awkward.raw]),
        SOURCES,
        metadata(),
        ATTACHED,
    ),
)


@st.composite
def notebooks(draw: st.DrawFn) -> dict[str, Any]:
    """A valid notebook of any minor format, sometimes with ids that are there twice."""
    minor = draw(st.sampled_from([0, 1, 2, 3, 4, 5, 5, 5]))
    cells = draw(st.lists(CELLS, max_size=5))
    info = draw(st.one_of(st.just({}), LANGUAGES.map(lambda name: {"language_info": {"name": name}})))
    spec = draw(st.one_of(st.just({}), SOURCES.map(lambda name: {"kernelspec": {"name": name, "display_name": name}})))
    for index, cell in enumerate(cells):
        if minor >= 5:
            cell["id"] = draw(st.sampled_from([f"c{index}", f"c{index}", "same", "-", "x" * 64]))
        if minor == 0:
            cell.pop("attachments", None)
    more = draw(metadata())
    made = {"cells": cells, "metadata": {**more, **info, **spec}, "nbformat": 4, "nbformat_minor": minor}
    return joined(json.loads(json.dumps(made)))


@tries
@given(notebooks())
def test_a_random_notebook_comes_back_whole(made: dict[str, Any]) -> None:
    assert problem_of(made) == ""
    assert list(lost(made)) == []


@tries
@given(SOURCES, LANGUAGES)
def test_no_source_is_mistaken_for_a_border(source: str, name: str) -> None:
    rules = signs(language(name))
    shown, flag = picture(source)
    assert unpicture(shown, flag) == source
    assert shown.encode("utf-8").count(b"\r") == shown.count("\0") == 0
    for write, read in ((write_code, read_code), (write_comment, read_comment)):
        text = write(shown, rules)
        assert read(text, rules) == shown
        assert not any(line == rules.border or line.startswith(rules.border + " ") for line in text.split("\n"))


@tries
@given(st.lists(st.one_of(FRAGMENTS, st.just("\n# %%"), st.just("\n# %% id=a "), st.just("\n"))).map("".join))
def test_any_text_below_a_header_is_a_notebook_that_settles(body: str) -> None:
    text = "# perijove-notebook 1\n" + body
    once = to_text(from_text(text))
    back = from_text(once.text, once.manifest)
    assert list(differences(from_text(text), back)) == []
    assert to_text(back).text == once.text
