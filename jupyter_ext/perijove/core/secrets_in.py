"""What sounds like a secret in the arguments of a URL: the one list that all that keeps places goes by."""

from __future__ import annotations

import re
from urllib.parse import unquote

_ENDS = (
    *("password", "passwd", "passphrase", "pwd", "secret", "secretkey", "secretaccesskey", "token", "privatekey"),
    *("credential", "credentials", "apikey", "accesskey", "accesskeyid", "accountkey", "sharedaccesskey", "authkey"),
    *("signingkey", "sessionkey", "signature", "authorization"),
)
_WHOLE = frozenset(["key", "sig", "pw", "pass", "auth", "code"])
_INSIDE = re.compile(r"(?i)(?:password|passwd|pwd|secret|token|key|sig|signature)\s*=\s*(?!\$\{)[^;&\s]")


def sounds_secret(name: str) -> bool:
    """Whether an argument of that name holds a password, a token or a key."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return plain in _WHOLE or plain.endswith(_ENDS)


def holds_secret(name: str, value: str) -> bool:
    """Whether an argument is a secret, or holds one, as ODBC's connection strings do."""
    return sounds_secret(name) or _INSIDE.search(value) is not None


def without_secrets(place: str) -> str:
    """A URL or path without its login and the arguments that hold a secret; anything else as it is."""
    scheme, mark, rest = place.partition("://")
    if mark:
        host, slash, path = rest.partition("/")
        user, at, bare = host.rpartition("@")
        kept = f"{user.partition(':')[0]}@" if at and scheme.startswith(("abfs", "wasb")) else ""
        place = f"{scheme}://{kept}{bare}{slash}{path}"
    head, query, rest = place.partition("?")
    if not query:
        return place
    arguments, mark, fragment = rest.partition("#")
    kept_arguments = [one for one in arguments.split("&") if not _is_secret(one)]
    if len(kept_arguments) == len(arguments.split("&")):
        return place
    return head + ("?" if kept_arguments else "") + "&".join(kept_arguments) + mark + fragment


def _is_secret(argument: str) -> bool:
    name, _, value = argument.partition("=")
    return holds_secret(unquote(name), unquote(value))
