"""Words of identifiers and of questions, so that “customer orders daily” finds ``custOrdersDly``.

Vocabulary
  piece   a lower-case part of an identifier: ``custOrdersDly`` has cust, orders, dly
  term    the stem of a piece, which is what the index knows
  bones   a word without the vowels after its first letter: “daily” and ``dly`` have the same
"""

from __future__ import annotations

import re

from perijove.catalog.stem import stem

PIECES = re.compile(r"[A-Z]+(?=[A-Z][^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")
WHOLE = re.compile(r"\w+")
LONGEST_WORD = 64
STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "each",
        "else",
        "ever",
        "every",
        "for",
        "from",
        "give",
        "had",
        "has",
        "have",
        "he",
        "her",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "let",
        "list",
        "many",
        "may",
        "me",
        "more",
        "most",
        "much",
        "must",
        "my",
        "no",
        "nor",
        "not",
        "of",
        "off",
        "on",
        "one",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "per",
        "please",
        "provide",
        "same",
        "shall",
        "she",
        "should",
        "show",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "too",
        "under",
        "up",
        "upon",
        "us",
        "using",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "within",
        "without",
        "would",
        "you",
        "your",
    ]
)
SHORT = {
    "acct": "account", "addr": "address", "amt": "amount", "approx": "approximate", "attr": "attribute",
    "auth": "authorization", "avg": "average", "bal": "balance", "bldg": "building", "cat": "category", "cd": "code",
    "cfg": "configuration", "chg": "change", "cnt": "count", "cntry": "country", "co": "company", "col": "column",
    "conf": "configuration", "ctry": "country", "cum": "cumulative", "curr": "currency", "cust": "customer",
    "db": "database", "del": "delivery", "dept": "department", "desc": "description", "dest": "destination",
    "diff": "difference", "dim": "dimension", "dist": "distance", "dly": "daily", "doc": "document", "dob": "birth",
    "dt": "date", "dur": "duration", "emp": "employee", "env": "environment", "est": "estimate", "ext": "extension",
    "freq": "frequency", "geo": "geography", "geom": "geometry", "govt": "government", "grp": "group", 
    "hh": "household",
    "hr": "hour", "hrs": "hour", "img": "image", "ind": "indicator", "info": "information", "inv": "invoice",
    "lat": "latitude", "lang": "language", "lng": "longitude", "loc": "location", "lon": "longitude",
    "max": "maximum", "mgr": "manager", "min": "minimum", "mkt": "market", "mo": "month", "msg": "message",
    "mth": "month", "mthly": "monthly", "nbr": "number", "num": "number", "obs": "observation", "ord": "order",
    "org": "organization", "orig": "original", "pct": "percent", "pers": "person", "pg": "page", "pmt": "payment",
    "pop": "population", "pos": "position", "prc": "price", "prev": "previous", "prod": "product", "proj": "project",
    "qtr": "quarter", "qty": "quantity", "rcpt": "receipt", "rec": "record", "ref": "reference", "reg": "region",
    "rep": "representative", "req": "request", "resp": "response", "rev": "revenue", "sal": "salary", "seq": "sequence",
    "sess": "session", "shpmt": "shipment", "sku": "product", "src": "source", "stat": "statistic", "std": "standard",
    "stn": "station", "sts": "status", "subj": "subject", "svc": "service", "sys": "system", "tbl": "table",
    "tel": "telephone", "temp": "temperature", "tmp": "temporary", "tot": "total", "trans": "transaction",
    "trx": "transaction", "ts": "timestamp", "txn": "transaction", "tz": "timezone", "usr": "user", "val": "value",
    "veh": "vehicle", "vol": "volume", "wh": "warehouse", "wk": "week", "wkly": "weekly", "yr": "year",
    "yrly": "yearly", "zip": "zipcode",
}  # fmt: skip
LONG: dict[str, list[str]] = {}
for _short, _long in SHORT.items():
    LONG.setdefault(stem(_long), []).append(_short)


def pieces(text: str) -> list[str]:
    """The lower-cased words of a text, identifiers split: ``custOrdersDly`` gives cust, orders, dly."""
    return [piece.lower()[:LONGEST_WORD] for piece in PIECES.findall(text)]


def terms(text: str) -> list[str]:
    """The stems of a text's words, in order, without words that say nothing."""
    return [stem(piece) for piece in pieces(text) if piece not in STOP]


def asked(query: str) -> list[str]:
    """The words of a query, each once; words that say nothing are left out unless there are no others."""
    found = list(dict.fromkeys(pieces(query)))
    return [word for word in found if word not in STOP] or found


def says_nothing(query: str) -> bool:
    """Whether a query has something in it but neither a letter nor a digit, as “%”: it can find nothing."""
    return bool(query.strip()) and not pieces(query)


def is_identifier(query: str) -> bool:
    """Whether a query is one identifier of several pieces, as ``c4999``: what is called just so is meant."""
    return WHOLE.fullmatch(query.strip()) is not None and len(pieces(query)) > 1


def bones(word: str) -> str:
    """A word without the vowels after its first letter: “customer” gives cstmr."""
    return word[:1] + "".join(letter for letter in word[1:] if letter not in "aeiou")


def searchable(*texts: str) -> str:
    """A text to search in: each word and each unsplit identifier once, between spaces."""
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(pieces(text)))
        found.update(dict.fromkeys(whole.lower() for whole in WHOLE.findall(text)))
    return f" {' '.join(found)} " if found else " "
