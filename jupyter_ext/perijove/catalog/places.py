"""Where data is: paths and database URLs, as people write them and as the catalog keeps them.

Vocabulary
  file URI      ``file:///data/orders.parquet``, absolute, percent-encoded, a folder without a slash at its end
  database URL  as SQLAlchemy writes it; a SQLite file is absolute; ``${NAME}`` stands for a secret in the environment
  table URI     a database URL without any password, ``#``, and the table, with its schema where it is not the default
  storage URL   ``s3://bucket/key`` and others that fsspec reads; credentials are never in it
  catalog URL   ``iceberg+https://…`` and ``iceberg+sqlite:///…``, ``mlflow+sqlite:///…``: what follows the + is a URL
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from perijove.core.errors import Invalid, NotFound
from perijove.core.project import located, sqlite_url
from perijove.core.secrets_in import holds_secret

DATABASE_FILES = (".db", ".sqlite", ".sqlite3")
DUCKDB_FILES = (".duckdb", ".ddb")
STORAGES = {"s3": "s3", "s3a": "s3", "s3n": "s3", "gs": "gs", "gcs": "gs", "abfs": "abfss", "abfss": "abfss"}
STORAGES |= {name: name for name in ("az", "http", "https", "memory", "hdfs", "hf")}
CATALOGS = ("iceberg", "mlflow")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://|sqlite:")
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
PRIVATE_VARIABLES = ("JUPYTER", "JPY_", "CONFIGPROXY", "PERIJOVE_")
STORAGE_HINT = "Set credentials where Perijove starts, or in fsspec's own configuration; presigned URLs end anyway."
DUCKDB_HINT = "Name a DuckDB file alone, as duckdb:///data/lake.duckdb: databases of a service are not read here."
SECRET_HINT = "Put the password in an environment variable and write ${NAME} in its place, for instance ${DB_PASSWORD}."


def file_uri(path: Path) -> str:
    """The URI of a file or folder; links are followed, as kernels do when they record what a cell reads."""
    return Path(os.path.realpath(path)).as_uri()  # as path.resolve(), which raises for a link that leads to itself


def path_of(uri: str) -> Path:
    """The path of a file URI; raises Invalid for any other."""
    if not uri.startswith("file:///"):
        raise Invalid(f"“{uri}” is not the URI of a local file.", hint="Write a path, or file:///path.")
    return Path(os.fsdecode(unquote_to_bytes(uri[len("file://") :])))


def text_of(path: Path | str) -> str:
    """A file name as text that can be stored; bytes that are not UTF-8 become question marks."""
    return os.fsencode(path).decode("utf-8", "replace")


def place(text: str, base: Path) -> tuple[str, str]:
    """The kind of source and the URI of what a person wrote, relative to a folder."""
    written = text.strip()
    if not written or "\0" in written:
        raise Invalid("The place of the data is missing.", hint="Write a folder, a file or a database URL.")
    is_url = SCHEME.match(written) or "://" in written
    if not is_url or written.startswith("file:"):
        raw = path_of(written) if written.startswith("file:") else Path(written)
        located(base, raw)
        path = base / raw.expanduser()
        if not path.exists():
            raise NotFound(f"There is no {text_of(path)}.", hint="Check the path.")
        return _of_path(path, base)
    scheme = written.partition(":")[0].lower()
    kind, plus, rest = written.partition("+")
    if plus and kind in CATALOGS:
        return kind, catalog_url(kind, rest, base)
    if scheme in STORAGES:
        return "files", storage_url(written)
    if scheme == "duckdb":
        _no_secret(written.partition("?")[2], DUCKDB_HINT)
        return "duckdb", file_uri(base / re.sub(r"^duckdb:///?", "", written))
    return "sql", database_url(written, base)


def _of_path(path: Path, base: Path) -> tuple[str, str]:
    if path.is_file():
        if path.suffix.lower() in DUCKDB_FILES or _is_duckdb(path):
            return "duckdb", file_uri(path)
        if path.suffix.lower() in DATABASE_FILES:
            return "sql", database_url(sqlite_url(path.absolute()), base)
    if (path / "_delta_log").is_dir():
        return "delta", file_uri(path)
    if path.name.endswith(".metadata.json") or any((path / "metadata").glob("*.metadata.json")):
        return "iceberg", file_uri(path)
    return "files", file_uri(path)


def _is_duckdb(path: Path) -> bool:
    if path.suffix.lower() not in DATABASE_FILES:
        return False
    try:
        with path.open("rb") as file:
            return file.read(12)[8:] == b"DUCK"
    except OSError:
        return False


def _no_secret(query: str, hint: str) -> None:
    """Raise Invalid where the arguments of a URL hold a secret."""
    for name, value in parse_qsl(query, keep_blank_values=True):
        if holds_secret(name, value):
            raise Invalid(f"The URL holds a secret, “{name}”, which is not kept.", hint=hint)


def storage_url(text: str, *, references: bool = False) -> str:
    """A storage URL in the form it is kept; refuses one that holds a secret, but not one that refers to one."""
    parts = urlsplit(text)
    scheme = STORAGES.get(parts.scheme.lower(), parts.scheme)
    user = parts.netloc.rpartition("@")[0]
    if (user and scheme not in ("abfss",)) or ":" in user:
        raise Invalid("The URL holds a user or a password, which is not kept.", hint=STORAGE_HINT)
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if holds_secret(name, value) and not (references and VARIABLE.fullmatch(value)):
            hint = SECRET_HINT if references else STORAGE_HINT
            raise Invalid(f"The URL holds a secret, “{name}”, which is not kept.", hint=hint)
    if not parts.netloc and scheme not in ("memory", "hdfs"):
        raise Invalid(f"“{text}” names no bucket or host.", hint="Write it as s3://bucket/folder.")
    return f"{scheme}://{text.partition('://')[2].rstrip('/')}"


def catalog_url(kind: str, text: str, base: Path) -> str:
    """A catalog URL in the form it is kept: of a database, or of a server; refuses one that holds a secret."""
    if text.startswith(("http://", "https://")):
        return f"{kind}+{storage_url(text, references=kind == 'iceberg')}"
    if kind == "iceberg" and "?" in text:
        url, _, query = text.partition("?")
        for name, value in parse_qsl(query):
            if holds_secret(name, value) and not VARIABLE.fullmatch(value):
                raise Invalid(f"The URL holds a secret, “{name}”, which is not kept.", hint=SECRET_HINT)
        return f"{kind}+{database_url(url, base)}?{query}"
    return f"{kind}+{database_url(text, base)}"


def database_url(text: str, base: Path) -> str:
    """A database URL in the form it is kept; refuses one that holds a password."""
    url = parse(text)
    if url.password and not VARIABLE.fullmatch(str(url.password)):
        raise Invalid("The URL holds a password, which is not kept.", hint=SECRET_HINT)
    for name, value in url.query.items():
        if holds_secret(name, str(value)):
            raise Invalid(f"The URL holds a secret, “{name}”, which is not kept.", hint=SECRET_HINT)
    if is_sqlite_file(url):
        url = url.set(database=str(located(base, str(url.database))))
    return _written(url)


def parse(text: str) -> URL:
    """A database URL, read; raises Invalid where it is none."""
    try:
        return make_url(text)
    except (ArgumentError, ValueError) as error:
        raise Invalid(
            f"“{hide(text)}” is not a database URL.", hint="Write it as postgresql://user:${DB_PASSWORD}@host/database."
        ) from error


def hide(text: str) -> str:
    """A text without what may be a password in a URL."""
    return re.sub(r"(://[^/@:]*):[^@]*@", r"\1:…@", text).partition("?")[0]


def is_sqlite_file(url: URL) -> bool:
    """Whether a URL means a SQLite file."""
    return url.get_backend_name() == "sqlite" and bool(url.database) and url.database != ":memory:"


def _written(url: URL) -> str:
    if url.password is None:
        return url.render_as_string(hide_password=False)
    reference = str(url.password)
    return url.set(password="PASSWORD").render_as_string(hide_password=False).replace(":PASSWORD@", f":{reference}@", 1)


def secret_name(url: URL) -> str:
    """The environment variable that a URL's password refers to, empty where it has none."""
    found = VARIABLE.fullmatch(str(url.password)) if url.password else None
    return found.group(1) if found else ""


def expanded(url: URL) -> URL:
    """A database URL with its references replaced from the environment; raises Invalid where one is not set."""
    parts = {
        name: expanded_text(str(value))
        for name in ("username", "password", "host", "database")
        if (value := getattr(url, name))
    }
    return url.set(**parts)  # type: ignore[arg-type]  # the names are those of URL's own arguments


def expanded_text(text: str) -> str:
    """A text with its references replaced from the environment; raises Invalid where one is not set."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name.upper().startswith(PRIVATE_VARIABLES):
            raise Invalid(f"The environment variable {name} may not be used in a URL.", hint="Use one of your own.")
        if name not in os.environ:
            raise Invalid(f"The environment variable {name} is not set.", hint=f"Set {name} where Perijove starts.")
        return os.environ[name]

    return VARIABLE.sub(value, text)


def bare(url: URL) -> URL:
    """A database URL without its password."""
    return URL.create(url.drivername, url.username, None, url.host, url.port, url.database, url.query)


def table_uri(url: URL, schema: str, table: str) -> str:
    """The URI of a table, without password, driver of a SQLite file, or arguments: as kernels write it."""
    if is_sqlite_file(url):
        place = f"sqlite:///{url.database}"
    else:
        place = bare(url).set(query={}).render_as_string(hide_password=False)
    return f"{place}#{f'{schema}.' if schema else ''}{table}"


def split_table(text: str) -> tuple[str, str]:
    """A database and its table, of ``URL#table`` or ``file.db#table``; anything else is a place without a table."""
    written, mark, table = text.rpartition("#")
    storage = written.partition("://")[0].lower() in (*STORAGES, "file")
    is_database = ("://" in written and not storage) or written.endswith(DATABASE_FILES + DUCKDB_FILES)
    return (written, table) if mark and is_database else (text, "")
