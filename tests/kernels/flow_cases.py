"""Cells in which flows of data cross, and exactly the flows that are proven: target, and the sources that went in.

Each case runs in a kernel where ``A`` and ``B`` are CSV files and ``A.parquet`` and ``B.parquet`` hold the same.
"""

# ruff: noqa: E501 - the code of a cell stands on one line
from __future__ import annotations

CROSSED = {"C": {"A"}, "D": {"B"}}
BOTH = {"C": {"A", "B"}}
Case = tuple[list[str], dict[str, set[str]]]

PANDAS: dict[str, Case] = {
    "read and write": (["a = pd.read_csv('A'); b = pd.read_csv('B')\na.to_csv('C'); b.to_csv('D')"], CROSSED),
    "another cell": (
        [
            "a = pd.read_csv('A'); b = pd.read_csv('B')",
            "c = a.dropna(); d = b[b.v > 0]",
            "c.to_csv('C'); d.to_csv('D')",
        ],
        CROSSED,
    ),
    "one name twice": (
        ["df = pd.read_csv('A')\ndf = df.dropna()\ndf.to_csv('C')\ndf = pd.read_csv('B').head()\ndf.to_csv('D')"],
        CROSSED,
    ),
    "loop over pairs": (
        ["for s, d in [('A', 'C'), ('B', 'D')]:\n    df = pd.read_csv(s)\n    df = df.dropna()\n    df.to_csv(d)"],
        CROSSED,
    ),
    "function": (
        [
            "def convert(s, d):\n    df = pd.read_csv(s)\n    df = df.assign(z=1)\n    df.to_csv(d)",
            "convert('A', 'C'); convert('B', 'D')",
        ],
        CROSSED,
    ),
    "function that returns": (
        [
            "def load(p):\n    return pd.read_csv(p).dropna()\nx = load('A'); y = load('B')\nx.to_csv('C'); y.to_csv('D')"
        ],
        CROSSED,
    ),
    "function that writes": (
        [
            "def save(df, path, *, rows=1):\n    out = df.head(rows)\n    out.to_csv(path)",
            "a = pd.read_csv('A').dropna(); b = pd.read_csv('B').dropna()\nsave(a, 'C'); save(df=b, path='D')",
        ],
        CROSSED,
    ),
    "function in a comprehension": (
        [
            "def etl(s, d):\n    t = pd.read_csv(s).dropna()\n    t.to_csv(d)\n    return len(t)\nn = [etl(s, d) for s, d in (('A', 'C'), ('B', 'D'))]"
        ],
        CROSSED,
    ),
    "class": (
        [
            "class T:\n    def __init__(s, p): s.df = pd.read_csv(p)\n    def save(s, p): s.df.to_csv(p)\nT('A').save('C'); T('B').save('D')"
        ],
        CROSSED,
    ),
    "dictionary": (
        [
            "f = {'a': pd.read_csv('A'), 'b': pd.read_csv('B')}",
            "f['a'].dropna().to_csv('C'); f['b'].dropna().to_csv('D')",
        ],
        CROSSED,
    ),
    "dictionary filled in a loop": (
        [
            "out = {}\nfor n in 'AB':\n    out[n] = pd.read_csv(n).dropna()",
            "for n, f in out.items():\n    f.to_csv({'A': 'C', 'B': 'D'}[n])",
        ],
        CROSSED,
    ),
    "unpacked": (
        ["a, b = pd.read_csv('A').dropna(), pd.read_csv('B').dropna()\na.to_csv('C'); b.to_csv('D')"],
        CROSSED,
    ),
    "unpacked comprehension": (
        ["a, b = [pd.read_csv(p).dropna() for p in 'AB']\na.to_csv('C'); b.to_csv('D')"],
        CROSSED,
    ),
    "zip": (
        ["fs = [pd.read_csv(p).dropna() for p in 'AB']\nfor f, p in zip(fs, 'CD'): f.to_csv(p)"],
        CROSSED,
    ),
    "merge": (["pd.read_csv('A').merge(pd.read_csv('B'), on='k').to_csv('C')"], BOTH),
    "concat of a comprehension": (["pd.concat([pd.read_csv(p) for p in 'AB']).to_csv('C')"], BOTH),
    "concat of a list": (["p = []\nfor n in 'AB':\n    p.append(pd.read_csv(n))\npd.concat(p).to_csv('C')"], BOTH),
    "lambda": (["s = lambda d: d.dropna()\ns(pd.read_csv('A')).to_csv('C')\ns(pd.read_csv('B')).to_csv('D')"], CROSSED),
    "pipe with a captured frame": (
        ["a = pd.read_csv('A'); b = pd.read_csv('B')\na.pipe(lambda d: d.assign(q=b.v)).to_csv('C')"],
        BOTH,
    ),
    "column added and left out": (
        ["a = pd.read_csv('A'); b = pd.read_csv('B')\na['z'] = b.v\na[['k']].to_csv('C'); b.to_csv('D')"],
        CROSSED,
    ),
    "column deleted": (
        ["a = pd.read_csv('A').dropna(); b = pd.read_csv('B')\na['z'] = b.v\ndel a['z']\na.to_csv('C'); b.to_csv('D')"],
        CROSSED,
    ),
    "last turn of a loop": (["for p in 'AB':\n    df = pd.read_csv(p)\ndf.dropna().to_csv('C')"], {"C": {"B"}}),
    "branch taken": (
        ["if len('x') == 2:\n    t = pd.read_csv('A')\nelse:\n    t = pd.read_csv('B')\nt.dropna().to_csv('D')"],
        {"D": {"B"}},
    ),
    "handler taken": (
        [
            "try:\n    t = pd.read_csv('none')\nexcept FileNotFoundError:\n    t = pd.read_csv('B')\nt.dropna().to_csv('D')"
        ],
        {"D": {"B"}},
    ),
    "branch nobody knows": (
        ["a = pd.read_csv('A'); b = pd.read_csv('B')\nx = a if sum([1]) > 2 else b\nx.dropna().to_csv('C')"],
        {},
    ),
    "branch nobody knows, itself": (
        ["a = pd.read_csv('A'); b = pd.read_csv('B')\nx = a if sum([1]) > 2 else b\nx.to_csv('C')"],
        {"C": {"B"}},
    ),
    "quiet turns": (
        [
            "a = pd.read_csv('A'); b = pd.read_csv('B')\nfor i in range(3):\n    if i == 0: x = a\n    elif i == 1: x = b\n"
            "    else:\n        x.dropna().to_csv('C')"
        ],
        {},
    ),
    "split of two": (
        [
            "from sklearn.model_selection import train_test_split\na1, a2, b1, b2 = train_test_split(pd.read_csv('A'), pd.read_csv('B'))\n"
            "a1.to_csv('C'); b1.to_csv('D')"
        ],
        {},
    ),
    "own function that drops its argument": (
        ["def fresh(a, b):\n    return a.dropna()\nfresh(pd.read_csv('A'), pd.read_csv('B')).to_csv('C')"],
        {"C": {"A"}},
    ),
    "only the length": (["a = pd.read_csv('A'); b = pd.read_csv('B')\na.head(len(b)).to_csv('C')"], {"C": {"A"}}),
    "changed from outside": (
        ["a = pd.read_csv('A').dropna()", "globals()['a'] = pd.read_csv('B').dropna()", "a.to_csv('C')"],
        {},
    ),
    "a cell that fails half way": (
        ["a = pd.read_csv('A').dropna()\na.to_csv('C')\n1 / 0\na = pd.read_csv('B')", "a.to_csv('D')"],
        {"C": {"A"}},
    ),
    "timed": (["%%time\nq = pd.read_csv('A').dropna()\nq.to_csv('C')"], {"C": {"A"}}),
    "excel sheets": (
        ["with pd.ExcelWriter('x.xlsx') as w:\n    pd.read_csv('A').dropna().to_excel(w, sheet_name='a')"],
        {"x.xlsx": {"A"}},
    ),
    "model": (
        [
            "from sklearn.linear_model import LinearRegression\nimport joblib\na = pd.read_csv('A'); b = pd.read_csv('B')\n"
            "m = LinearRegression().fit(a[['k']], a.v)\njoblib.dump(m, 'm.joblib')\npd.Series(m.predict(b[['k']])).to_csv('C')"
        ],
        {"m.joblib": {"A"}, "C": {"A", "B"}},
    ),
}

READ = "a = pd.read_csv('A'); b = pd.read_csv('B')"
STRICT: dict[str, Case] = {
    "stacked by label": (
        [READ, "u = pd.concat([a.assign(s='a'), b.assign(s='b')])\nu[u.s == 'a'].to_csv('C'); u.to_csv('E')"],
        {"E": {"A", "B"}},
    ),
    "stacked by key": (
        [READ, "u = pd.concat([a, b], keys=['a', 'b'])\nu.loc['a'].to_csv('C'); u.to_csv('E')"],
        {"E": {"A", "B"}},
    ),
    "stacked by place": (
        [READ, "u = pd.concat([a, b])\nu.head(2).to_csv('C'); u.iloc[2:].to_csv('D'); u[u.v > 0].to_csv('E')"],
        {"E": {"A", "B"}},
    ),
    "stacked by side": ([READ, "u = pd.concat([a, b], axis=1)\nu.iloc[:, :2].to_csv('C')"], {}),
    "columns of two": (
        [READ, "u = pd.DataFrame({'x': a.v, 'y': b.v})\nu[['x']].to_csv('C'); u['y'].to_csv('D')"],
        CROSSED,
    ),
    "column set and dropped": (
        [READ, "u = a.copy(); u.loc[:, 'z'] = b.v\nu.drop(columns=['z']).to_csv('C')"],
        {"C": {"A"}},
    ),
    "swapped": ([READ, "a, b = b, a\na.dropna().to_csv('D'); b.dropna().to_csv('C')"], CROSSED),
    "list changed": ([READ, "r = [a.dropna(), b.dropna()]\nr.reverse()\nr[0].to_csv('C')"], {}),
    "list changed by another name": (
        [READ, "r = [a.dropna(), b.dropna()]\nq = r\nq[0] = b.tail()\nr[0].to_csv('D')"],
        {},
    ),
    "dictionary changed in a function": (
        [READ, "def swap(d): d['x'] = b.tail()\nd = {'x': a.dropna()}\nswap(d)\nd['x'].to_csv('D')"],
        {},
    ),
    "global set in a function": (
        [READ, "c = a\ndef put():\n    global c\n    c = b\nput()\nc.dropna().to_csv('D')"],
        {"D": {"B"}},
    ),
    "set by exec": ([READ, "c = a\nexec('c = b')\nc.dropna().to_csv('D')"], {}),
    "set by a magic": ([READ, "c = a\n%time c = b.dropna()\nc.dropna().to_csv('D')"], {}),
    "groups": ([READ, "for k, g in pd.concat([a, b]).groupby('k'): g.to_csv(f'g{k}')"], {}),
    "cached function": (
        [
            "import functools\nload = functools.cache(lambda p: pd.read_csv(p).dropna())\nload('A').to_csv('C'); load('B').to_csv('D')"
        ],
        {},
    ),
    "function over a global": (
        ["x = pd.read_csv('A').dropna()\ndef use(): x.to_csv('D')\nx = pd.read_csv('B').dropna()\nuse()"],
        {"D": {"B"}},
    ),
    "awaited": (
        [
            "async def load(p): return pd.read_csv(p).dropna()\np = await load('A'); q = await load('B')\np.to_csv('C'); q.to_csv('D')"
        ],
        CROSSED,
    ),
}

OTHERS: dict[str, Case] = {
    "open in a loop": (
        ["for s, d in zip('AB', 'CD'):\n    with open(s) as i, open(d, 'w') as o:\n        o.write(i.read())"],
        CROSSED,
    ),
    "copied": (["import shutil\nshutil.copy('A', 'C'); shutil.copy('B', 'D')"], CROSSED),
    "pathlib": (["Path('C').write_text(Path('A').read_text()); Path('D').write_text(Path('B').read_text())"], CROSSED),
    "csv module": (
        [
            "import csv\nfor s, d in (('A', 'C'), ('B', 'D')):\n    rows = list(csv.reader(open(s)))\n    with open(d, 'w') as f:\n        csv.writer(f).writerows(rows)"
        ],
        CROSSED,
    ),
    "polars lazy": (
        [
            "a = pl.scan_csv('A'); b = pl.scan_csv('B')",
            "a.filter(pl.col('k') > 0).sink_csv('C'); b.collect().write_csv('D')",
        ],
        CROSSED,
    ),
    "polars join": (["pl.scan_csv('A').join(pl.scan_csv('B'), on='k').collect().write_csv('C')"], BOTH),
    "arrow": (
        [
            "t = pq.read_table('A.parquet'); pq.write_table(t.slice(0, 1), 'C'); pq.write_table(pq.read_table('B.parquet'), 'D')"
        ],
        {"C": {"A.parquet"}, "D": {"B.parquet"}},
    ),
    "duckdb copy": (
        [
            "duckdb.sql(\"copy (select * from 'A.parquet') to 'C'\"); duckdb.sql(\"copy (select * from 'B.parquet') to 'D'\")"
        ],
        {"C": {"A.parquet"}, "D": {"B.parquet"}},
    ),
    "duckdb, two connections": (
        [
            "con = duckdb.connect(); con2 = duckdb.connect()\n"
            "con.execute(\"create table x as from 'A.parquet'\"); con2.execute(\"create table x as from 'B.parquet'\")\n"
            "con.execute(\"copy x to 'C'\"); con2.sql('from x').df().to_csv('D')"
        ],
        {"C": {"A.parquet"}, "D": {"B.parquet"}},
    ),
    "duckdb, two connections in later cells": (
        [
            "con3 = duckdb.connect(); con4 = duckdb.connect()",
            "con3.execute(\"create table x as from 'A.parquet'\"); con4.execute(\"create table x as from 'B.parquet'\")",
            "con3.execute(\"copy x to 'C'\"); con4.execute(\"copy x to 'D'\")",
        ],
        {"C": {"A.parquet"}, "D": {"B.parquet"}},
    ),
    "duckdb, a statement that is not spelt out": (
        [
            "x = pd.read_csv('A')",
            "con5 = duckdb.connect(); con5.execute(\"create table x as from 'A.parquet'\")",
            "other = 'B'; con5.execute(f\"create or replace table x as from '{other}.parquet'\")",
            "con5.execute(\"copy x to 'C'\")",
        ],
        {},
    ),
    "duckdb and frames": (
        [
            "x = duckdb.sql(\"select * from 'A.parquet'\").df(); y = pd.read_csv('B')",
            "z = duckdb.sql('select k, sum(v) from x group by 1').df(); z.to_csv('C'); duckdb.sql('from y').write_csv('D')",
        ],
        {"C": {"A.parquet"}, "D": {"B"}},
    ),
    "tables by SQLAlchemy": (
        [
            "pd.read_csv('A').to_sql('a', engine, index=False); pd.read_csv('B').to_sql('b', engine, index=False)",
            "with engine.begin() as c:\n    c.execute(sa.text('create table c as select * from a'))\n"
            "    c.execute(sa.text('create table d as select * from b'))",
            "pd.read_sql('select k from c', engine).to_csv('C'); pd.read_sql_table('d', engine).to_csv('D')",
        ],
        {"db#a": {"A"}, "db#b": {"B"}, "db#c": {"db#a"}, "db#d": {"db#b"}, "C": {"db#c"}, "D": {"db#d"}},
    ),
    "cursor of sqlite3": (
        [
            "cur = sqlite3.connect('s.db').cursor()\ncur.execute('select * from e'); x = cur.fetchall()\n"
            "cur.execute('select * from f'); y = cur.fetchall()\njson.dump(x, open('C', 'w')); json.dump(y, open('D', 'w'))"
        ],
        {"C": {"db#e"}, "D": {"db#f"}},
    ),
    "delta": (
        [
            "deltalake.write_deltalake('da', pq.read_table('A.parquet')); deltalake.write_deltalake('db', pd.read_csv('B'))",
            "deltalake.DeltaTable('da').to_pandas().to_csv('C'); pl.read_delta('db').write_csv('D')",
        ],
        {"da": {"A.parquet"}, "db": {"B"}, "C": {"da"}, "D": {"db"}},
    ),
    "iceberg": (
        [
            "from pyiceberg.catalog.sql import SqlCatalog\nimport os; os.makedirs('w', exist_ok=True)\n"
            "cat = SqlCatalog('x', uri='sqlite:///:memory:', warehouse=Path('w').absolute().as_uri()); cat.create_namespace('n')\n"
            "at = pq.read_table('A.parquet'); i1 = cat.create_table('n.i', schema=at.schema); i1.append(at)\n"
            "bt = pq.read_table('B.parquet'); i2 = cat.create_table('n.j', schema=bt.schema); i2.append(bt)",
            "i1.scan().to_pandas().to_csv('C'); i2.scan().to_arrow().to_pandas().to_csv('D')",
        ],
        {"w/n/i": {"A.parquet"}, "w/n/j": {"B.parquet"}, "C": {"w/n/i"}, "D": {"w/n/j"}},
    ),
    "dask": (
        ["a = dd.read_csv('A'); b = dd.read_csv('B')", "a[a.k > 0].to_parquet('C'); b.to_parquet('D')"],
        CROSSED,
    ),
    "numpy": (
        [
            "a = np.genfromtxt('A', delimiter=','); b = np.genfromtxt('B', delimiter=',')",
            "np.save('C.npy', a * 2); np.savez('D.npz', b=b)",
        ],
        {"C.npy": {"A"}, "D.npz": {"B"}},
    ),
    "json": (
        [
            "json.dump(pd.read_csv('A').to_dict(), open('J', 'w'))\nj = json.load(open('J'))\nwith open('K', 'w') as f:\n    json.dump(j, f)"
        ],
        {"J": {"A"}, "K": {"J"}},
    ),
    "duckdb, another connection of the process": (
        [
            "duckdb.execute(\"create or replace table x as from 'A.parquet'\")\n"
            "old = duckdb.default_connection(); duckdb.set_default_connection(duckdb.connect())\n"
            "duckdb.execute(\"create table x as from 'B.parquet'\"); duckdb.set_default_connection(old)\n"
            "duckdb.execute(\"copy x to 'C'\")",
            "duckdb.execute(\"copy x to 'D'\")",
        ],
        {},
    ),
}
