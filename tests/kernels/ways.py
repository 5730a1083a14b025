"""The ways to read and to write that the recorder is tested with: name, code, and the datasets it must be seen with.

``{files}`` stands for the project's folder as a URI, ``{db}`` for the URL of its SQLite file. ``make()`` prepares it all.
"""

# ruff: noqa: E501 - the code of a cell stands on one line
from __future__ import annotations

MAKE = """
import pandas as pd, numpy as np, polars as pl, pyarrow as pa, json, os, sqlite3, joblib, pickle, duckdb, deltalake
import pyarrow.parquet as pq, pyarrow.csv, pyarrow.feather, pyarrow.orc, pyarrow.ipc, pyarrow.dataset, pyarrow.json
import dask.dataframe as dd, dask.bag, fsspec, sqlalchemy as sa
from pathlib import Path
frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
os.makedirs("parts", exist_ok=True)
for part in range(2): frame.to_parquet(f"parts/part-{part}.parquet")
frame.to_parquet("in.parquet"); frame.to_csv("in.csv", index=False); frame.to_feather("in.feather"); frame.to_orc("in.orc")
frame.to_json("in.json"); frame.to_json("in.ndjson", orient="records", lines=True); frame.to_excel("in.xlsx", index=False)
frame.to_pickle("in.pkl"); frame.to_stata("in.dta"); frame.to_csv("in.tsv", sep="\\t", index=False)
Path("in.fwf").write_text("a b\\n1 x\\n2 y\\n"); Path("in.txt").write_text("hello"); Path("one.json").write_text("[1]"); Path("rows.json").write_text('[{"a": 1}]')
np.save("in.npy", np.arange(3)); np.savez("in.npz", x=np.arange(3)); np.savetxt("numbers.txt", np.arange(3))
joblib.dump([1], "in.joblib"); pl.DataFrame({"a": [1]}).write_avro("in.avro"); pl.DataFrame({"a": [1]}).write_ipc("in.ipc")
deltalake.write_deltalake("delta", pa.table({"a": [1, 2]}))
with sqlite3.connect("wine.db") as con: frame.to_sql("wines", con, if_exists="replace", index=False)
engine = sa.create_engine("sqlite:///wine.db")
from pyiceberg.catalog.sql import SqlCatalog
catalog = SqlCatalog("local", uri="sqlite:///:memory:", warehouse=Path("warehouse").absolute().as_uri())
os.makedirs("warehouse", exist_ok=True); catalog.create_namespace("n")
ice = catalog.create_table("n.ice", schema=pa.schema([("a", pa.int64())])); ice.append(pa.table({"a": [1, 2]}))
"""

READS: list[tuple[str, str, str]] = [
    ("pandas parquet", "pd.read_parquet('in.parquet')", "{files}/in.parquet"),
    ("pandas csv", "pd.read_csv('in.csv')", "{files}/in.csv"),
    ("pandas csv, chunks", "for chunk in pd.read_csv('in.csv', chunksize=2): len(chunk)", "{files}/in.csv"),
    ("pandas table", "pd.read_table('in.tsv')", "{files}/in.tsv"),
    ("pandas fixed width", "pd.read_fwf('in.fwf')", "{files}/in.fwf"),
    ("pandas json", "pd.read_json('in.json')", "{files}/in.json"),
    ("pandas feather", "pd.read_feather('in.feather')", "{files}/in.feather"),
    ("pandas orc", "pd.read_orc('in.orc')", "{files}/in.orc"),
    ("pandas excel", "pd.read_excel('in.xlsx')", "{files}/in.xlsx"),
    ("pandas excel file", "pd.ExcelFile('in.xlsx').parse(0)", "{files}/in.xlsx"),
    ("pandas pickle", "pd.read_pickle('in.pkl')", "{files}/in.pkl"),
    ("pandas stata", "pd.read_stata('in.dta')", "{files}/in.dta"),
    ("pandas sql", "pd.read_sql('select * from wines where a > 1', engine)", "{db}#wines"),
    ("pandas sql table", "pd.read_sql_table('wines', engine)", "{db}#wines"),
    ("polars parquet", "pl.read_parquet('in.parquet')", "{files}/in.parquet"),
    ("polars csv", "pl.read_csv('in.csv')", "{files}/in.csv"),
    ("polars ndjson", "pl.read_ndjson('in.ndjson')", "{files}/in.ndjson"),
    ("polars json", "pl.read_json('rows.json')", "{files}/rows.json"),
    ("polars ipc", "pl.read_ipc('in.ipc')", "{files}/in.ipc"),
    ("polars avro", "pl.read_avro('in.avro')", "{files}/in.avro"),
    ("polars scan parquet", "pl.scan_parquet('in.parquet').filter(pl.col('a') > 1).collect()", "{files}/in.parquet"),
    ("polars scan csv", "pl.scan_csv('in.csv').select('a').collect()", "{files}/in.csv"),
    ("polars scan ipc", "pl.scan_ipc('in.ipc').collect()", "{files}/in.ipc"),
    ("polars scan ndjson", "pl.scan_ndjson('in.ndjson').collect()", "{files}/in.ndjson"),
    ("polars delta", "pl.read_delta('delta')", "{files}/delta"),
    ("polars scan delta", "pl.scan_delta('delta').collect()", "{files}/delta"),
    ("polars database", "pl.read_database('select a from wines', engine)", "{db}#wines"),
    ("arrow parquet table", "pq.read_table('in.parquet')", "{files}/in.parquet"),
    ("arrow parquet file", "pq.ParquetFile('in.parquet').read_row_group(0)", "{files}/in.parquet"),
    ("arrow parquet folder", "pq.read_table('parts')", "{files}/parts"),
    ("arrow dataset", "pa.dataset.dataset('parts').to_table()", "{files}/parts"),
    ("arrow csv", "pa.csv.read_csv('in.csv')", "{files}/in.csv"),
    ("arrow csv stream", "for batch in pa.csv.open_csv('in.csv'): len(batch)", "{files}/in.csv"),
    ("arrow json", "pa.json.read_json('in.ndjson')", "{files}/in.ndjson"),
    ("arrow feather", "pa.feather.read_table('in.feather')", "{files}/in.feather"),
    ("arrow ipc", "pa.ipc.open_file('in.ipc').read_all()", "{files}/in.ipc"),
    ("arrow ipc, mapped", "with pa.memory_map('in.ipc') as m: pa.ipc.open_file(m).read_all()", "{files}/in.ipc"),
    ("arrow orc", "pa.orc.ORCFile('in.orc').read()", "{files}/in.orc"),
    ("dask parquet", "dd.read_parquet('parts').compute()", "{files}/parts"),
    ("dask csv", "len(dd.read_csv('in.csv'))", "{files}/in.csv"),
    ("dask json", "dd.read_json('in.ndjson', lines=True).compute()", "{files}/in.ndjson"),
    ("dask bag", "dask.bag.read_text('in.txt').compute()", "{files}/in.txt"),
    ("dask sql", "dd.read_sql_table('wines', 'sqlite:///wine.db', 'a', npartitions=1).compute()", "{db}#wines"),
    ("duckdb file", "duckdb.sql(\"select * from 'in.parquet'\").df()", "{files}/in.parquet"),
    ("duckdb csv", "duckdb.read_csv('in.csv').fetchall()", "{files}/in.csv"),
    (
        "duckdb connection",
        "with duckdb.connect() as d: d.execute(\"select * from read_parquet('in.parquet')\").df()",
        "{files}/in.parquet",
    ),
    ("delta pandas", "deltalake.DeltaTable('delta').to_pandas()", "{files}/delta"),
    ("delta arrow", "deltalake.DeltaTable('delta').to_pyarrow_dataset().to_table()", "{files}/delta"),
    (
        "delta query",
        "deltalake.QueryBuilder().register('t', deltalake.DeltaTable('delta')).execute('select * from t').read_all()",
        "{files}/delta",
    ),
    ("iceberg arrow", "ice.scan().to_arrow()", "{files}/warehouse/n/ice"),
    (
        "iceberg pandas",
        "catalog.load_table('n.ice').scan(selected_fields=('a',)).to_pandas()",
        "{files}/warehouse/n/ice",
    ),
    ("SQLAlchemy", "with engine.connect() as c: c.execute(sa.text('select a from wines')).fetchall()", "{db}#wines"),
    (
        "sqlite3",
        "sqlite3.connect('wine.db').execute('select a from wines where b = ?', ('x',)).fetchall()",
        "{db}#wines",
    ),
    ("numpy npy", "np.load('in.npy')", "{files}/in.npy"),
    ("numpy npz", "np.load('in.npz')['x']", "{files}/in.npz"),
    ("numpy text", "np.loadtxt('numbers.txt')", "{files}/numbers.txt"),
    ("joblib", "joblib.load('in.joblib')", "{files}/in.joblib"),
    ("open", "open('in.txt').read()", "{files}/in.txt"),
    ("pathlib", "Path('in.txt').read_text()", "{files}/in.txt"),
    ("json", "json.load(open('one.json'))", "{files}/one.json"),
    ("csv", "import csv\nwith open('in.csv') as f: list(csv.reader(f))", "{files}/in.csv"),
    ("pickle", "with open('in.pkl', 'rb') as f: pickle.load(f)", "{files}/in.pkl"),
    ("fsspec", "with fsspec.open('in.txt') as f: f.read()", "{files}/in.txt"),
    ("fsspec file system", "fsspec.filesystem('file').open('in.csv').read()", "{files}/in.csv"),
    ("openpyxl", "import openpyxl\nopenpyxl.load_workbook('in.xlsx')", "{files}/in.xlsx"),
]

WRITES: list[tuple[str, str, str]] = [
    ("pandas parquet", "frame.to_parquet('out/a.parquet')", "{files}/out/a.parquet"),
    ("pandas csv", "frame.to_csv('out/a.csv')", "{files}/out/a.csv"),
    ("pandas series", "frame.a.to_csv('out/s.csv')", "{files}/out/s.csv"),
    ("pandas json", "frame.to_json('out/a.json')", "{files}/out/a.json"),
    ("pandas feather", "frame.to_feather('out/a.feather')", "{files}/out/a.feather"),
    ("pandas orc", "frame.to_orc('out/a.orc')", "{files}/out/a.orc"),
    ("pandas pickle", "frame.to_pickle('out/a.pkl')", "{files}/out/a.pkl"),
    ("pandas excel", "frame.to_excel('out/a.xlsx')", "{files}/out/a.xlsx"),
    ("pandas excel writer", "with pd.ExcelWriter('out/b.xlsx') as w: frame.to_excel(w)", "{files}/out/b.xlsx"),
    ("pandas sql", "frame.to_sql('made', engine, if_exists='replace')", "{db}#made"),
    ("polars parquet", "pl.DataFrame({'a': [1]}).write_parquet('out/p.parquet')", "{files}/out/p.parquet"),
    ("polars csv", "pl.DataFrame({'a': [1]}).write_csv('out/p.csv')", "{files}/out/p.csv"),
    ("polars ndjson", "pl.DataFrame({'a': [1]}).write_ndjson('out/p.ndjson')", "{files}/out/p.ndjson"),
    ("polars sink parquet", "pl.LazyFrame({'a': [1]}).sink_parquet('out/q.parquet')", "{files}/out/q.parquet"),
    ("polars sink csv", "pl.LazyFrame({'a': [1]}).sink_csv('out/q.csv')", "{files}/out/q.csv"),
    ("polars delta", "pl.DataFrame({'a': [1]}).write_delta('out/pdelta')", "{files}/out/pdelta"),
    ("arrow parquet", "pq.write_table(pa.table({'a': [1]}), 'out/t.parquet')", "{files}/out/t.parquet"),
    (
        "arrow parquet writer",
        "with pq.ParquetWriter('out/u.parquet', pa.schema([('a', pa.int64())])) as w: w.write_table(pa.table({'a': [1]}))",
        "{files}/out/u.parquet",
    ),
    ("arrow csv", "pa.csv.write_csv(pa.table({'a': [1]}), 'out/t.csv')", "{files}/out/t.csv"),
    ("arrow feather", "pa.feather.write_feather(pa.table({'a': [1]}), 'out/t.feather')", "{files}/out/t.feather"),
    (
        "arrow ipc",
        "t = pa.table({'a': [1]})\nwith pa.ipc.new_file('out/t.arrow', t.schema) as w: w.write_table(t)",
        "{files}/out/t.arrow",
    ),
    ("arrow orc", "pa.orc.write_table(pa.table({'a': [1]}), 'out/t.orc')", "{files}/out/t.orc"),
    ("arrow dataset", "pa.dataset.write_dataset(pa.table({'a': [1]}), 'out/ds', format='parquet')", "{files}/out/ds"),
    ("dask parquet", "dd.from_pandas(frame, npartitions=2).to_parquet('out/dask')", "{files}/out/dask"),
    ("dask csv", "dd.from_pandas(frame, npartitions=2).to_csv('out/dask-*.csv')", "{files}/out"),
    ("duckdb copy", "duckdb.sql('copy (select 1 as a) to \\'out/d.parquet\\'')", "{files}/out/d.parquet"),
    ("duckdb relation", "duckdb.sql('select 1 as a').write_csv('out/d.csv')", "{files}/out/d.csv"),
    (
        "duckdb table",
        "with duckdb.connect('out/d.db') as d: d.execute('create table t as select 1 as a')",
        "duckdb:///{folder}/out/d.db#t",
    ),
    ("delta", "deltalake.write_deltalake('out/delta', pa.table({'a': [1]}))", "{files}/out/delta"),
    (
        "delta merge",
        "(deltalake.DeltaTable('delta').merge(pa.table({'a': [5]}), 's.a = t.a', source_alias='s', target_alias='t')"
        ".when_not_matched_insert_all().execute())",
        "{files}/delta",
    ),
    ("delta delete", "deltalake.DeltaTable('delta').delete('a = 5')", "{files}/delta"),
    ("iceberg append", "ice.append(pa.table({'a': [3]}))", "{files}/warehouse/n/ice"),
    ("iceberg overwrite", "ice.overwrite(pa.table({'a': [3]}))", "{files}/warehouse/n/ice"),
    (
        "SQLAlchemy",
        "with engine.begin() as c: c.execute(sa.text('insert into wines values (:a, :b)'), [{'a': 9, 'b': 'q'}])",
        "{db}#wines",
    ),
    (
        "sqlite3",
        "with sqlite3.connect('wine.db') as c: c.executemany('insert into wines values (?, ?)', [(7, 'p')])",
        "{db}#wines",
    ),
    ("numpy npy", "np.save('out/n.npy', np.arange(2))", "{files}/out/n.npy"),
    ("numpy npz", "np.savez('out/n.npz', x=np.arange(2))", "{files}/out/n.npz"),
    ("numpy text", "np.savetxt('out/n.txt', np.arange(2))", "{files}/out/n.txt"),
    ("joblib", "joblib.dump([1], 'out/n.joblib')", "{files}/out/n.joblib"),
    ("open", "with open('out/o.txt', 'w') as f: f.write('x')", "{files}/out/o.txt"),
    ("pathlib", "Path('out/p.txt').write_text('x')", "{files}/out/p.txt"),
    ("json", "with open('out/o.json', 'w') as f: json.dump([1], f)", "{files}/out/o.json"),
    ("csv", "import csv\nwith open('out/w.csv', 'w') as f: csv.writer(f).writerow([1])", "{files}/out/w.csv"),
    ("pickle", "with open('out/o.pkl', 'wb') as f: pickle.dump([1], f)", "{files}/out/o.pkl"),
    ("fsspec", "with fsspec.open('out/f.txt', 'w') as f: f.write('x')", "{files}/out/f.txt"),
    ("openpyxl", "import openpyxl\nopenpyxl.Workbook().save('out/o.xlsx')", "{files}/out/o.xlsx"),
]
