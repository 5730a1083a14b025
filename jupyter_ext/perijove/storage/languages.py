"""Which sign begins a comment in the language of a notebook, and which languages have IPython's magics."""

from __future__ import annotations

from typing import Any, NamedTuple

PYTHON = "python"

_SIGNS = {
    "//": "c c++ cpp c++11 c++14 c++17 c++20 c++23 csharp c# dart f# fsharp go gonb groovy java javascript js kotlin "
    "node objective-c ocaml-cpp php q# qsharp rust scala solidity swift ts typescript zig",
    "--": "ada haskell lua mysql postgres postgresql purescript sql sqlite elm",
    "%": "erlang logtalk matlab octave postscript prolog tex latex",
    ";": "clojure common-lisp common_lisp elisp emacs-lisp hylang hy lisp racket scheme wolfram-asm",
    "!": "fortran",
    '"': "vim",
}
_SIGN_OF = {language: sign for sign, languages in _SIGNS.items() for language in languages.split()}
_MAGIC = frozenset({PYTHON, "python2", "python3", "ipython", "ipython2", "ipython3", "pyspark", "cython", "sage"})

_ENDING_OF = {
    PYTHON: ".py",
    "r": ".R",
    "julia": ".jl",
    "javascript": ".js",
    "typescript": ".ts",
    "scala": ".scala",
    "java": ".java",
    "groovy": ".groovy",
    "kotlin": ".kts",
    "c++": ".cpp",
    "c++11": ".cpp",
    "c++14": ".cpp",
    "c++17": ".cpp",
    "c": ".c",
    "csharp": ".csx",
    "c#": ".csx",
    "f#": ".fsx",
    "fsharp": ".fsx",
    "go": ".go",
    "gonb": ".go",
    "rust": ".rs",
    "ruby": ".rb",
    "perl": ".pl",
    "bash": ".sh",
    "shell": ".sh",
    "powershell": ".ps1",
    "sql": ".sql",
    "haskell": ".hs",
    "lua": ".lua",
    "clojure": ".clj",
    "scheme": ".scm",
    "matlab": ".m",
    "octave": ".m",
    "sage": ".sage",
    "php": ".php",
    "tcl": ".tcl",
}
ENDINGS = frozenset({*_ENDING_OF.values(), ".txt"})
"""The file endings that a text notebook may have."""


class Language(NamedTuple):
    """How code of a language is written into text: ``sign`` begins a comment, ``magics`` says that IPython reads it."""

    name: str
    sign: str
    magics: bool


def language(name: str) -> Language:
    """Tell sign and magics of a language by the name its kernel gives; ``#`` where nothing is known."""
    low = name.lower()
    return Language(name, _SIGN_OF.get(low, "#"), low in _MAGIC)


def named(metadata: dict[str, Any]) -> str:
    """Name the language of a notebook from its metadata: that of the kernel, else what the kernel said, else Python."""
    for key, entry in (("kernelspec", "language"), ("language_info", "name")):
        section = metadata.get(key)
        value = section.get(entry) if isinstance(section, dict) else None
        if isinstance(value, str) and value:
            return value
    return PYTHON


def ending(name: str) -> str:
    """Give the file ending that a text notebook in a language has; ``.txt`` where nothing is known."""
    return _ENDING_OF.get(name.lower(), ".py" if language(name).magics else ".txt")


def signs() -> tuple[str, ...]:
    """List every comment sign there is."""
    return ("#", *_SIGNS)
