"""Flows through objects that hold several things, and into files that are written twice, told as in ``flow_cases``."""

# ruff: noqa: E501 - the code of a cell stands on one line
from __future__ import annotations

from tests.kernels.flow_cases import BOTH, CROSSED, READ, Case

CONTAINERS: dict[str, Case] = {
    "tables of a SQL context": (
        [
            "ctx = pl.SQLContext(a=pl.scan_csv('A'), b=pl.scan_csv('B'), eager=True)\n"
            "ctx.execute('select * from a').write_csv('C'); ctx.execute('select * from b').write_csv('D')"
        ],
        {},
    ),
    "namespace": (
        [
            READ,
            "from types import SimpleNamespace\ns = SimpleNamespace(a=a.dropna(), b=b.dropna()); s.a, s.b = s.b, s.a\n"
            "s.b.dropna().to_csv('C'); s.a.dropna().to_csv('D')",
        ],
        {},
    ),
    "namespace filled": (
        [
            READ,
            "from types import SimpleNamespace\ns = SimpleNamespace(); s.a = b.dropna(); s.b = a.dropna()\n"
            "s.b.dropna().to_csv('C'); s.a.dropna().to_csv('D')",
        ],
        CROSSED,
    ),
    "dict of names": ([READ, "d = dict(x=a.dropna(), y=b.dropna())\nd['x'].to_csv('C'); d['y'].to_csv('D')"], CROSSED),
    "deque": (
        [READ, "from collections import deque\nq = deque([a.dropna(), b.dropna()]); q.popleft().to_csv('C')"],
        {},
    ),
    "queue": (
        [READ, "import queue\nq = queue.Queue(); q.put(a.dropna()); q.put(b.dropna()); q.get_nowait().to_csv('C')"],
        {},
    ),
    "item by operator": ([READ, "import operator\noperator.getitem([a.dropna(), b.dropna()], 0).to_csv('C')"], {}),
    "attribute by name": ([READ, "u = pd.DataFrame({'x': a.v, 'y': b.v})\ngetattr(u, 'x').to_csv('C')"], {}),
    "columns of an Arrow table": (
        [
            "import pyarrow as pa\na = pq.read_table('A.parquet'); b = pq.read_table('B.parquet')\n"
            "t = pa.table({'x': a['v'], 'y': b['v']})\npq.write_table(pa.table({'x': t.column('x')}), 'C')\n"
            "pq.write_table(t.select(['y']), 'D')"
        ],
        {"C": {"A.parquet"}, "D": {"B.parquet"}},
    ),
    "column inserted": (
        [READ, "c = a.copy(); c.insert(0, 'z', b.v)\nc[['k']].to_csv('C'); b.to_csv('D')"],
        {"D": {"B"}},
    ),
    "collected together": (
        ["x, y = pl.collect_all([pl.scan_csv('A'), pl.scan_csv('B')])\nx.write_csv('C'); y.write_csv('D')"],
        CROSSED,
    ),
}

OVERWRITTEN: dict[str, Case] = {
    "by a frame": ([READ, "b.to_csv('C'); a.to_csv('C')"], {"C": {"A"}}),
    "by what nobody knows": ([READ, "b.to_csv('C')\nx = a if sum([1]) > 2 else b.tail()\nx.dropna().to_csv('C')"], {}),
    "added to": ([READ, "b.to_csv('C'); a.to_csv('C', mode='a')"], BOTH),
    "in a loop": (["for p in 'AB':\n    pd.read_csv(p).dropna().to_csv('C')"], {"C": {"B"}}),
    "text by a frame": (
        ["open('C', 'w').write(open('B').read())\npd.read_csv('A').dropna().to_csv('C')"],
        {"C": {"A"}},
    ),
    "frame by text": (["pd.read_csv('B').dropna().to_csv('C')\nopen('C', 'w').write(open('A').read())"], {"C": {"A"}}),
    "text by text": (["for p in 'BA':\n    open('C', 'w').write(open(p).read())"], {"C": {"A"}}),
    "text added": (["open('C', 'w').write(open('B').read())\nopen('C', 'a').write(open('A').read())"], BOTH),
    "sheets": (
        [READ, "with pd.ExcelWriter('x.xlsx') as w:\n    a.to_excel(w, sheet_name='a'); b.to_excel(w, sheet_name='b')"],
        {"x.xlsx": {"A", "B"}},
    ),
    "by an engine": (
        [
            "duckdb.sql(\"copy (select * from 'B.parquet') to 'C'\"); duckdb.sql(\"copy (select * from 'A.parquet') to 'C'\")"
        ],
        {"C": {"A.parquet"}},
    ),
    "by an engine and a frame": (
        ["duckdb.sql(\"copy (select * from 'B.parquet') to 'C'\"); pd.read_csv('A').dropna().to_csv('C')"],
        {},
    ),
    "table replaced": (
        ["pd.read_csv('B').to_sql('t', engine); pd.read_csv('A').to_sql('t', engine, if_exists='replace')"],
        {"db#t": {"A"}},
    ),
    "table added to": (
        ["pd.read_csv('B').to_sql('t', engine); pd.read_csv('A').to_sql('t', engine, if_exists='append')"],
        {"db#t": {"A", "B"}},
    ),
}

MOVED: dict[str, Case] = {
    "in place of another": (
        [READ, "import os\nb.to_csv('C'); a.dropna().to_csv('C.tmp'); os.replace('C.tmp', 'C')"],
        {"C": {"A"}},
    ),
    "twice": (
        [READ, "import shutil\na.to_csv('x'); Path('x').rename('y'); shutil.move('y', 'C'); b.to_csv('D')"],
        CROSSED,
    ),
    "written text": (
        ["import os\nwith open('x', 'w') as f: f.write(open('A').read())\nos.rename('x', 'C')"],
        {"C": {"A"}},
    ),
    "one name for two": (
        [READ, "import os\nfor f, p in ((a, 'C'), (b, 'D')):\n    f.dropna().to_csv('x'); os.replace('x', p)"],
        {"D": {"B"}},
    ),
    "moved and written again": (
        [READ, "import os\na.to_csv('x'); os.replace('x', 'C'); b.to_csv('x'); os.remove('x')"],
        {"x": {"B"}},
    ),
}
