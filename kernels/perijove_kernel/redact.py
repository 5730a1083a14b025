"""Takes secrets out of what is written down: URLs with logins, signed links, keys, and literals in SQL."""

from __future__ import annotations

import re

_IN_URL = re.compile(r"(?<=://)([^\s:/@'\"]*):[^\s@/'\"]+@")
_KEY = (
    r"(?:[\w.-]*?(?:password|passwd|pwd|token|secret|api_?key|access_?key(?:_?id)?|signature|credential|session_?key))"
)
_IN_QUERY = re.compile(rf"(?i)([?&](?:{_KEY}|sig|sv|se|auth|key|x-amz-[\w-]+|x-goog-[\w-]+)=)[^&\s'\"]+")
_ASSIGNED = re.compile(rf"(?i)(\b{_KEY}['\"]?\s*[=:]\s*[rbuf]?)(['\"])(?!\$\{{|\2)[^'\"\n]+\2")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/-]{8,}=*")
_KNOWN = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bsk-[A-Za-z0-9_-]{20,}\b")


def without_secrets(text: str) -> str:
    """Text in which passwords, tokens and keys are replaced by ``***``; plain paths pass at once."""
    if "@" in text:
        text = _IN_URL.sub(r"\1:***@", text)
    if "=" in text and ("?" in text or "&" in text):
        text = _IN_QUERY.sub(r"\1***", text)
    if "'" in text or '"' in text:
        text = _ASSIGNED.sub(r"\1\2***\2", text)
    if " " in text:
        text = _BEARER.sub(r"\1 ***", text)
    return _KNOWN.sub("***", text)
