"""Runs ``perijove`` in a process of its own, forked from one that has its modules loaded already.

A new interpreter spends two seconds of CPU on imports for each command; a fork of a loaded one spends none, and is as
much a process of its own. This file is also that loaded program: it reads requests from its standard input, a line of
JSON each, and answers with the process's number and then with its exit code.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


def perijove(
    *arguments: str, folder: Path | None = None, environment: Mapping[str, str] | None = None, patience: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run ``perijove ARGUMENTS`` in a folder, with an environment.

    Raises TimeoutError, with what was printed, where the command takes longer than ``patience`` seconds.
    """
    with tempfile.TemporaryDirectory() as place:
        said, told = Path(place, "stdout"), Path(place, "stderr")
        asked = {"arguments": arguments, "folder": str(folder or Path.cwd()), "stdout": str(said), "stderr": str(told)}
        loaded = _loaded()
        assert loaded.stdin is not None and loaded.stdout is not None
        loaded.stdin.write(json.dumps({**asked, "environment": dict(environment or os.environ)}).encode() + b"\n")
        loaded.stdin.flush()
        process = int(loaded.stdout.readline())
        late = not select.select([loaded.stdout], [], [], patience)[0]
        if late:
            os.kill(process, signal.SIGKILL)
        code = int(loaded.stdout.readline())
        done = subprocess.CompletedProcess(arguments, code, said.read_text("utf-8"), told.read_text("utf-8"))
    if late:
        raise TimeoutError(f"perijove {' '.join(arguments)}: {done.stderr}{done.stdout}")
    return done


@cache
def _loaded() -> subprocess.Popen[bytes]:
    """The loaded program; it ends with this one, when its standard input is closed."""
    return subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)


def _serve() -> None:
    import perijove.cli
    import perijove.core.terminal
    import perijove.wiring  # noqa: F401 - loaded once for all commands

    while line := sys.stdin.readline():
        asked = json.loads(line)
        process = os.fork()
        if process == 0:
            _become(asked)
            perijove.cli.main()
        print(process, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


def _become(asked: dict[str, Any]) -> None:
    """Take the place of a new process: its streams, folder, environment and arguments."""
    for number, name, how in ((0, os.devnull, os.O_RDONLY), (1, asked["stdout"], os.O_WRONLY | os.O_CREAT)):
        os.dup2(os.open(name, how), number)
    os.dup2(os.open(asked["stderr"], os.O_WRONLY | os.O_CREAT), 2)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(at, how, encoding="utf-8") for at, how in enumerate("rww"))
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = ["perijove", *asked["arguments"]]


if __name__ == "__main__":
    _serve()
