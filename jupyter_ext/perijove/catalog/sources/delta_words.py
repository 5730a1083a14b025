"""What goes wrong in Delta tables, in words for people: the engine's own name its parts, not the table's."""

from __future__ import annotations

import re

from perijove.catalog.sources.spots import reason

HINT = "Check its log, or read it with the engine that wrote it."
KNOWN: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"fetch metadata for file (\S.*?): .*not found", re.DOTALL),
        "its log names a file that is not there, {0}",
        "Was the file deleted, or the table copied in part? Read an older version, or repair the table.",
    ),
    (
        re.compile(r"fetch metadata for file (\S.*?): .*(?:at least 8 bytes|was invalid|orrupt footer)", re.DOTALL),
        "its log names a file that is no parquet file, {0}",
        "Write the file again, or read an older version.",
    ),
    (re.compile(r"Expected contiguous commit files"), "a commit is missing in its log", HINT),
    (re.compile(r"No protocol found"), "its log does not say which protocol the table needs", HINT),
    (
        re.compile(r"No table metadata found|schemaString"),
        "its log does not say what columns the table has",
        "Its first commits or its checkpoint are gone or damaged; restore them.",
    ),
    (
        re.compile(r"Unsupported table features? required: \[?([\w, ]+)"),
        "it needs table features that are not read here: {0}",
        "Read it with the engine that wrote it.",
    ),
    (
        re.compile(r"Invalid protocol action in the delta log: (.*)", re.DOTALL),
        "the protocol in its log makes no sense: {0}",
        HINT,
    ),
)
PREFIXES = re.compile(r"^(?:(?:Kernel|External|Generic \w+|Generic delta kernel|Parquet|Json|Arrow) error: )+")
DUMP = re.compile(r":? \w+ \{ .*", re.DOTALL)


def told(error: BaseException) -> tuple[str, str]:
    """What is wrong and what to do about it."""
    said = str(error)
    for pattern, sentence, hint in KNOWN:
        if found := pattern.search(said):
            return sentence.format(*(" ".join(one.split()).rstrip(".") for one in found.groups())), hint
    return DUMP.sub("", PREFIXES.sub("", reason(error))), HINT
