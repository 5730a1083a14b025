"""Secrets that people write into cells are not kept, in any of the ways in which they are written; data is."""

from __future__ import annotations

import ast

import pytest

from perijove_kernel.redact import sounds_secret, without_secrets, words_without_secrets
from perijove_kernel.redact_source import source_without_secrets

X = "Hunter2Zq"
SECRETS = [
    f'c = pyodbc.connect("DRIVER={{ODBC Driver 18}};SERVER=h;UID=sa;PWD={X};Encrypt=yes")',
    f'c = connect("SERVER=h;PWD={{a;{X}}};UID=sa")',
    f's = "DefaultEndpointsProtocol=https;AccountName=n;AccountKey={X}==;EndpointSuffix=x"',
    f'u = "jdbc:sqlserver://h:1433;user=sa;password={X};"',
    f"!git clone https://{X}@github.com/me/it.git\nx = 1",
    f'u = "https://{X}:x-oauth-basic@github.com/me/it.git"',
    f'e = create_engine("postgresql://me:p@{X}@h/db")',
    f'e = create_engine("postgresql://me:pa/{X}@h/db")',
    f'e = create_engine("postgresql://me:it\'s{X}@h/db")',
    f"duckdb.sql(\"CREATE SECRET s (TYPE s3, KEY_ID 'me', SECRET '{X}')\")",
    f"%%sql\nCREATE SECRET s (TYPE s3,\n SECRET '{X}')",
    f"db.execute(\"CREATE USER me IDENTIFIED BY '{X}'\")",
    f'os.environ["PGPASSWORD"] = "{X}"',
    f'os.environ.setdefault("PGPASSWORD", "{X}")',
    f'p = os.getenv("DB_PASSWORD", "{X}")',
    f'password = os.getenv("P") or "{X}"',
    f'c = connect("host=h password={X}")',
    f"c = connect(\"host=h password='{X}' dbname=d\")",
    f'password = "it\'s {X}"',
    f'password = """{X}"""',
    f'password = """first\n{X}\nlast"""\ny = 2',
    f'password = ("a"\n  "{X}")',
    f'password: str = "{X}"',
    f"user, password = 'me', '{X}'",
    f'token = rb"{X}"',
    f'password = f"{{user}}{X}"',
    f'options = {{"account_key": "{X}"}}',
    f'headers = {{"X-Api-Key": "{X}", "n": 1}}',
    f'header = "Authorization: Bearer abc.{X}"',
    f'header = "Authorization: Token {X}"',
    f'headers = {{"Authorization": "Basic {X}"}}',
    f'connect(pw="{X}")',
    f'open_key(passphrase=b"{X}")',
    f'if password == "{X}": pass',
    f'u = URL.create("postgresql", "me", "{X}", "h")',
    f'requests.get(u, auth=("me", "{X}"))',
    f'k = SecretStr("{X}")',
    f"%env DB_PASSWORD={X}",
    f"%env DB_PASSWORD {X}",
    f"!cmd --password={X} --more",
    f"!cmd --password {X} --more",
    f"out = !PGPASSWORD={X} psql",
    f"!curl -u me:{X} https://h",
    f"%%bash\nexport AWS_SECRET_ACCESS_KEY={X}\necho done",
    f'k = """-----BEGIN RSA PRIVATE KEY-----\nMIIE{X}\n{X}==\n-----END RSA PRIVATE KEY-----"""',
    f'k = "-----BEGIN PRIVATE KEY-----\\nMIIE{X}\\n-----END PRIVATE KEY-----"',
    f'x = "glpat-abcdefgh{X}"',
    f'x = "xoxb-1234567890-{X}"',
    f'x = "AIzaSyA0123456789012345678{X}"',
    f'x = "npm_012345678901234567890123456{X}"',
    f'j = \'{{"password": "{X}"}}\'',
    f'j = "{{\\"password\\": \\"{X}\\"}}"',
    f'u = "mssql+pyodbc:///?odbc_connect=SERVER%3Dh%3BPWD%3D{X}%3BUID%3Dsa"',
    f'password = "{X}',
]


@pytest.mark.parametrize("source", SECRETS)
def test_a_secret_in_a_cell_is_hidden_and_the_cell_keeps_its_lines(source: str) -> None:
    hidden = source_without_secrets(source)
    assert X not in hidden and "***" in hidden
    assert hidden.count("\n") == source.count("\n")
    if _parses(source):
        ast.parse(hidden)
    assert source_without_secrets(hidden) == hidden


DATA = [
    'df.merge(other, on="id", key="id")',
    'primary_key = "id"; sort_key = "name"; partition_key="day"',
    'token_count = "7"; tokens = ["the", "a"]; pad_token = "[PAD]"',
    'tokenizer("a word"); bypass = "yes"; compass = "N"; keyword = "x"',
    "duckdb.sql(\"SELECT * FROM t WHERE name = 'Ann' AND key = 'x'\")",
    'password = os.environ["DB_PASSWORD"]',
    'password = getpass.getpass("Password: ")',
    "connect(password=get_password(), token=token)",
    'password = ""; token = "${TOKEN}"',
    'f"postgresql://me:{pw}@h/db"; f"PWD={pw};"',
    'e = create_engine("postgresql://me@h:5432/db"); x = "abfss://c@account/x"',
    'u = "http://localhost:8888/lab?mail=a@b"',
    'df[["password", "user"]]; df["token"].str.len(); kind = "password"',
    'input(type="password", name="n")',
    's = "Basic statistics of the table"',
    "x = 5 % 3\n# password is needed here\ny = '''a\nb'''",
    'def f(password: str, n: int = 3) -> "Frame": ...',
    'if token == "if": pass',
    'cursor.execute("select 1 where token = %s and password = :pw", (t,))',
]


@pytest.mark.parametrize("source", DATA)
def test_what_is_no_secret_stays(source: str) -> None:
    assert source_without_secrets(source) == source


@pytest.mark.parametrize(
    "text",
    [
        f"OperationalError: connection failed: host=h password={X} user=me",
        f"ValueError: bad url postgresql://me:{X}@h/db",
        f"Failed: password: {X}",
        f"Failed: {{'password': '{X}', 'user': 'me'}}",
        f"Error: PWD={X};UID=sa",
    ],
)
def test_a_secret_in_an_error_is_hidden(text: str) -> None:
    assert X not in words_without_secrets(text) and "***" in words_without_secrets(text)


def test_an_error_that_only_speaks_of_secrets_stays() -> None:
    for text in (
        "KeyError: 'password'",
        "password authentication failed for user me",
        "SyntaxError: unexpected token '('",
        "TypeError: f() got an unexpected keyword argument 'token'",
    ):
        assert words_without_secrets(text) == text


def test_paths_with_keys_in_their_folders_are_names_of_data() -> None:
    for uri in ("file:///data/token=5/part.parquet", "s3://bucket/key=a/password=b/x.csv", "abfss://c@a/x"):
        assert without_secrets(uri) == uri


def test_names_that_sound_like_secrets() -> None:
    yes = "password PGPASSWORD db_pass pw my_pw api_key X-Api-Key apiKey AccountKey client_secret sas_token password2"
    no = "key primary_key sort_key token_count tokens bypass compass pwned author eos_token passes"
    assert [one for one in yes.split() if not sounds_secret(one)] == []
    assert [one for one in no.split() if sounds_secret(one)] == []


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True
