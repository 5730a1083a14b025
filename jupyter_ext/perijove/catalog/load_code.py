"""Python that loads a dataset, written so that it can be pasted into any notebook of the project.

Text of the data (paths, names of tables) enters it only as a Python literal.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from perijove.catalog.model import Dataset, Engine
from perijove.catalog.places import bare, is_sqlite_file, parse, path_of, secret_name
from perijove.core.errors import Invalid


def load_code(dataset: Dataset, options: dict[str, str], source_uri: str, engine: Engine, root: Path) -> str:
    """The snippet for an engine; paths are relative to ``root``, the project, when inside it."""
    if dataset.problem:
        raise Invalid(f"{dataset.name} cannot be loaded: {dataset.problem}")
    name = variable(dataset.name)
    if dataset.format == "sql":
        return _sql(name, options, source_uri, engine, root)
    path = literal(_shown(path_of(dataset.uri), root))
    alias, module = ("dd", "dask.dataframe") if engine == "dask" else ("pd", "pandas")
    if dataset.format == "csv":
        call = f"{alias}.read_csv({path}{_csv_arguments(options, dataset.uri, engine)})"
    else:
        call = f"{alias}.read_parquet({path})"
    return f"import {module} as {alias}\n\n{name} = {call}\n"


def variable(name: str) -> str:
    """A Python name after a dataset's: “2024-orders.v2” gives ``orders_v2``."""
    words = re.sub(r"\W+", "_", name.rpartition("#")[2], flags=re.ASCII).strip("_").lower()
    words = re.sub(r"^[\d_]+", "", words)
    if not words:
        return "df"
    return f"{words}_df" if keyword.iskeyword(words) or keyword.issoftkeyword(words) or words in TAKEN else words


TAKEN = {"pd", "dd", "os", "engine", "url", "client", "print", "list", "dict", "set", "str", "int", "type", "id"}


def literal(text: str) -> str:
    """A Python string literal, in double quotes where that needs no escape."""
    written = repr(text)
    return f'"{written[1:-1]}"' if written.startswith("'") and '"' not in text else written


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) and path != root else path.as_posix()


def _csv_arguments(options: dict[str, str], uri: str, engine: Engine) -> str:
    parts = []
    if options.get("sep", ",") != ",":
        parts.append(f", sep={literal(options['sep'])}")
    if options.get("encoding", "utf-8") != "utf-8":
        parts.append(f", encoding={literal(options['encoding'])}")
    whole = uri.endswith(".gz") or options.get("encoding") == "utf-16"
    if engine == "dask" and whole:
        parts.append(", blocksize=None")
    return "".join(parts)


def _sql(name: str, options: dict[str, str], source_uri: str, engine: Engine, root: Path) -> str:
    url = parse(source_uri)
    secret = secret_name(url)
    shown = url
    if is_sqlite_file(url):
        shown = url.set(database=_shown(Path(str(url.database)), root))
    written = literal(bare(shown).render_as_string(hide_password=False))
    schema = f", schema={literal(options['schema'])}" if options.get("schema") else ""
    table = literal(options["table"])
    if engine == "dask":
        return _dask_sql(name, table, schema, options.get("index", ""), written, secret)
    lines = ["import pandas as pd", f"from sqlalchemy import create_engine{', make_url' if secret else ''}", ""]
    if secret:
        lines = ["import os", "", *lines]
        written = f'make_url({written}).set(password=os.environ["{secret}"])'
    return "\n".join(
        [*lines, f"engine = create_engine({written})", f"{name} = pd.read_sql_table({table}, engine{schema})", ""]
    )


def _dask_sql(name: str, table: str, schema: str, index: str, written: str, secret: str) -> str:
    lines = ["import dask.dataframe as dd"] + ([] if index else ["import pandas as pd"])
    if secret:
        lines = ["import os", "", *lines, "from sqlalchemy import make_url"]
        written = f'make_url({written}).set(password=os.environ["{secret}"]).render_as_string(hide_password=False)'
    lines += ["", f"url = {written}"]
    if index:
        lines.append(f"{name} = dd.read_sql_table({table}, url, index_col={literal(index)}{schema})")
    else:
        lines.append(f"{name} = dd.from_pandas(pd.read_sql_table({table}, url{schema}), npartitions=1)")
    return "\n".join([*lines, ""])
