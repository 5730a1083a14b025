"""Takes secrets out of what is written down: URLs with logins, signed links, keys, connection strings, key blocks.

What is left keeps its number of lines. A reference (``${NAME}``, ``{name}``, ``%s``) is no secret and stays.
"""

from __future__ import annotations

import re

STRONG = (
    r"pass[_-]?(?:word|wd|phrase|code)|pwd|(?<![a-z0-9])pw|(?<![a-z0-9])(?:(?:db|pg|my|user|root|admin|smtp|ftp|ssh)_?)?pass"
    r"|secret(?:[_-]?(?:access)?[_-]?key)?|credentials?|authorization"
    r"|(?:api|access|account|shared|private|signing|encryption|auth|session|master|subscription)[_ -]?key(?:[_-]?id)?"
)
_WEAK = r"(?<!pad_)(?<!eos_)(?<!bos_)(?<!unk_)(?<!sep_)(?<!cls_)(?<!mask_)token|signature"
_MORE = r"(?:_?(?:\d+|prod|dev|test|staging|value|old|new))?"
_SOUNDS = re.compile(rf"(?i)(?:{STRONG}|{_WEAK}){_MORE}$")
_KEY = rf"(?:[\w.-]*?(?:{STRONG}|{_WEAK}){_MORE})"
_LINK = re.compile(r"://([^\s:/@'\"]*):(?!\d{1,5}[/?#])([^\s'\"]{0,500})@")
_QUOTED_LINK = re.compile(r"://([^\s:/@'\"]*):(?!\d{1,5}[/?#])((?:[^\s'\"]|'(?![\s,;)\]}]|$)){0,500})@")
_USER = re.compile(r"(?i)(?<=https://|.http://)([^\s:/@?#'\"]+)@")
_IN_QUERY = re.compile(rf"(?i)([?&](?:{_KEY}|sig|sv|se|auth|key|code|x-amz-[\w-]+|x-goog-[\w-]+)=)[^&\s'\"]+")
_ENCODED = re.compile(rf"(?i)((?:{STRONG}|{_WEAK})(?:%20)*%3D)(?:(?!%3B)[^&\s'\"])+")
_BEARER = re.compile(r"(?i)\b(bearer|basic)([^\S\n]+)([a-z0-9._~+/-]{6,}=*)")
_KNOWN = re.compile(
    r"\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}\b|gh[pousr]_[A-Za-z0-9]{30,}\b|github_pat_\w{20,}|s[kr]-[A-Za-z0-9_-]{20,}"
    r"|[sr]k_(?:live|test)_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}|AIza[\w-]{30,}|npm_[A-Za-z0-9]{30,}"
    r"|hf_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|dapi[0-9a-f]{32}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+)"
)
_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(.*?)(?:-----END|\Z)", re.S)
_BODY = re.compile(r"(?:(?<=\\n)|(?<![A-Za-z0-9+/=\\]))[A-Za-z0-9+/=]{4,}")
_PAIR = re.compile(
    rf"""(?i)((?:{STRONG}|{_WEAK}){_MORE}(?![\w.-])(?:\\?['"])?[^\S\n]*(?P<sign>==?|:)[^\S\n]*
      (?:(?:bearer|basic|token|digest)[^\S\n]+)?)(?P<value>
      (?P<quote>\\?['"])(?:[^'"\\\n]|\\[^'"\n])*(?P=quote)
      | \{{[^{{}}\n]*\}} | [^;'"\n&?]*(?=;) | [^\s;&'",)}}\]]+ )""",
    re.X,
)
_SPACED = re.compile(rf"(?i)((?:(?:{STRONG})|\bidentified[^\S\n]+by)[^\S\n]+)(['\"])(?:[^'\"\n]|'')+\2")
_REFERENCE = re.compile(r"\$?\{[^{}]*\}|%s|%\(\w+\)s|\$[A-Z_][A-Z0-9_]*|:[a-z_]\w*|\?|\*\*\*")
_TYPES = frozenset(["str", "string", "bytes", "the", "a", "an", "your", "optional", "none", "is", "not", "int", "bool"])


def sounds_secret(name: str) -> bool:
    """Whether a name, a key or an argument is one that people give to a password, a token or a key."""
    return _SOUNDS.search(name) is not None


def is_reference(value: str) -> bool:
    """Whether a value only says where a secret is: ``${NAME}``, ``{name}``, ``%s``, ``:name``."""
    return not value or _REFERENCE.fullmatch(value) is not None


def without_secrets(text: str) -> str:
    """Text in which passwords, tokens and keys are replaced by ``***``; plain paths pass at once."""
    if "@" in text:
        text = _USER.sub(_user, _LINK.sub(_login, text))
    if "=" in text and ("?" in text or "&" in text):
        text = _IN_QUERY.sub(r"\1***", text)
    if "%3" in text:
        text = _ENCODED.sub(r"\1***", text)
    if " " in text:
        text = _BEARER.sub(_bearer, text)
    if "PRIVATE KEY" in text:
        text = _BLOCK.sub(lambda found: _blanked(found, 1, _BODY.sub("***", found[1])), text)
    return _KNOWN.sub("***", text)


def words_without_secrets(text: str) -> str:
    """As ``without_secrets``, and what follows a name that sounds like one: connection strings, errors, commands."""
    return pairs_without_secrets(without_secrets(text))


def pairs_without_secrets(text: str, *, formatted: bool = False) -> str:
    """Text without what follows a name that sounds like a secret, and without passwords that hold a quote.

    ``formatted`` is for the inside of an f-string, where ``{name}`` is a reference, not ODBC's way to quote.
    """
    if "@" in text:
        text = _QUOTED_LINK.sub(_login, text)
    if "=" in text or ":" in text:
        text = _PAIR.sub(lambda found: _pair(found, formatted), text)
    return _SPACED.sub(r"\1\2***\2", text) if "'" in text or '"' in text else text


def _blanked(found: re.Match[str], group: int, value: str) -> str:
    begin, end = found.start(group) - found.start(), found.end(group) - found.start()
    return f"{found[0][:begin]}{value}{found[0][end:]}"


def _login(found: re.Match[str]) -> str:
    user, password = found.groups()
    if not password or password == "x-oauth-basic":  # noqa: S105 - the user is the token, and this says so
        return "://***@"
    return found[0] if _REFERENCE.fullmatch(password) else f"://{user}:***@"


def _user(found: re.Match[str]) -> str:
    return found[0] if _REFERENCE.fullmatch(found[1]) else "***@"


def _bearer(found: re.Match[str]) -> str:
    word, space, value = found.groups()
    plain = value.islower() and value.isalpha() and len(value) < 20
    return found[0] if plain else f"{word}{space}***"


def _pair(found: re.Match[str], formatted: bool) -> str:
    value, quote = found["value"], found["quote"] or ""
    inner = value[len(quote) : -len(quote)] if quote else value
    braced = value.startswith("{")
    kept = (formatted or value[1:-1].isdigit() or value == "{}") if braced else is_reference(inner)
    if kept or (found["sign"] == ":" and not quote and value.lower().strip(".,]") in _TYPES):
        return found[0]
    return f"{found[1]}{quote}***{quote}"
