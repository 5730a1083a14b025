"""What sounds like a secret in the arguments of a URL: the one list that all that keeps places goes by."""

from __future__ import annotations

import re

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
