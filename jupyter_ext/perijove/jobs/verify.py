"""Proves a job: fresh environment from its lock, two runs on the same inputs, comparison with the notebook's values.

The verdict is "verified" only if every step ran and no output differs; "different" where a value differs, or where the
job ends with an error though all it needs is there; "failed" where that cannot be told. Needs no server; the job's
packages are used in the job's environment only.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from perijove.jobs import environment
from perijove.jobs.model import OutputVerdict, Step, Verdict, Verification
from perijove.jobs.package import GOLDEN, edited, read_manifest
from perijove.jobs.scratch import PREFIX_VERIFY, scratch

PASSED = (
    "HOME",
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SYSTEMROOT",
    "USERPROFILE",
)
TAIL = 1500
ENDED = "error.json"
BROKE = "The job ends with an error"
AROUND = re.compile(
    r"\bbuiltins\.(OSError|MemoryError|ImportError|EOFError)\b|"
    r"Connect|Timeout|Network|Memory|HTTP|SSL|TLS|Proxy|Protocol|Credential|Unauthorized|Operational|IOException|Killed|"
    r"CommClosed|Unavailable|ClientError|ServiceError"
)
"""Kinds of errors of the network, the machine or the environment: what the job would give cannot be told then."""
# Ends with the program that started it, so that a killed verification leaves nothing running; Linux tells it so.
_KEEP = """
import subprocess, sys
def end():
    if sys.platform == "linux":
        import ctypes
        ctypes.CDLL(None).prctl(1, 9)
end()
with open(sys.argv[1], "wb") as log:
    sys.exit(subprocess.run(sys.argv[2:], stdout=log, stderr=subprocess.STDOUT, preexec_fn=end).returncode)
"""


class Teller(Protocol):
    """What a verification says of itself while it runs."""

    def step(self, share: float | None, message: str) -> None:
        """Say the share done and what is being done; may raise to stop."""

    def log(self, line: str) -> None:
        """Add a line to the log."""

    def run(
        self, argv: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None, *, log: bool = True
    ) -> int:
        """Run a program to its end, its lines going to the log."""


class Silent:
    """Says nothing: for use without a task."""

    def step(self, share: float | None, message: str) -> None:
        """Nothing."""

    def log(self, line: str) -> None:
        """Nothing."""

    def run(
        self, argv: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None, *, log: bool = True
    ) -> int:
        """Run a program to its end."""
        return subprocess.run(list(argv), cwd=cwd, env=env, check=False).returncode


class StepFailed(Exception):
    """A step of the verification did not work; the text says why."""


class Verifier:
    """One verification of one job.

    ``environments`` is a folder of environments that are kept by their lock; without it a fresh one is made.
    """

    def __init__(self, folder: Path, teller: Teller, environments: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.teller = teller
        self.manifest = read_manifest(folder)
        self.name = str(self.manifest["name"])
        self.environments = environments
        self.python = Path()
        self.steps: list[Step] = []
        self.outputs: list[OutputVerdict] = []

    def verify(self) -> Verification:
        """Take every step and judge."""
        started = time.monotonic()
        reason = ""
        with scratch(Path(tempfile.gettempdir()), PREFIX_VERIFY) as work:
            plan: list[tuple[str, str, Callable[[], str]]] = [
                ("package", "Read the job", self._package),
                ("environment", "Make a fresh environment from the lock", lambda: self._environment(work)),
                ("run", "Run the job", lambda: self._first(work)),
                ("tests", "Run it again, with its own tests", lambda: self._tests(work)),
                ("compare", "Compare with the notebook", lambda: self._compare(work)),
            ]
            for number, (name, words, act) in enumerate(plan):
                if reason and not (name == "compare" and self.steps[-1].name == "tests"):
                    break
                self.teller.step(number / len(plan), words)
                reason = self._take(name, act) or reason
        verdict = self._verdict(reason)
        if verdict == "different" and not reason.startswith(BROKE):
            wrong = [f"{one.name}: {one.detail}" for one in self.outputs if one.result == "different"]
            reason = "; ".join(wrong) or reason
        seconds = round(time.monotonic() - started, 2)
        return Verification(verdict, self.outputs, self.steps, seconds, reason, datetime.now(UTC))

    def _take(self, name: str, act: Callable[[], str]) -> str:
        """Take one step; gives why it failed, empty where it did not."""
        started = time.monotonic()
        try:
            detail, reason = act(), ""
        except StepFailed as error:
            detail = reason = str(error)
        except (OSError, ValueError, KeyError) as error:
            detail = reason = f"{type(error).__name__}: {error}"
        self.steps.append(Step(name, not reason, round(time.monotonic() - started, 2), detail))
        return reason

    def _verdict(self, reason: str) -> Verdict:
        results = {one.result for one in self.outputs}
        if "different" in results:
            return "different"
        if reason:
            return "failed"
        return "verified" if results & {"identical", "within_tolerance"} else "failed"

    def _package(self) -> str:
        changed = edited(self.folder)
        golden = [path for path in changed if path.startswith(GOLDEN)]
        if golden:
            raise StepFailed(f"The notebook's values were changed after the export: {', '.join(golden)}.")
        return f"edited: {', '.join(changed)}" if changed else "as exported"

    def _environment(self, work: Path) -> str:
        lock, python = self.folder / "requirements.lock", str(self.manifest["python"])
        if self.environments is None:
            count = environment.make(lock, python, work / "env", self._must)
            self.python = environment.program(work / "env")
            return f"Python {python}, {count} packages"
        place, there = environment.kept(lock, python, self.environments, self._must)
        self.python = environment.program(place)
        return f"Python {python}, {'kept' if there else 'made'} for this lock"

    def _job_env(self, work: Path) -> dict[str, str]:
        wanted = {*PASSED, *self.manifest.get("environment", [])}
        found = {name: value for name, value in os.environ.items() if name in wanted}
        if root := os.environ.get("JOB_DATA_ROOT"):
            found["JOB_DATA_ROOT"] = str(Path(root).resolve())  # the job runs in another folder
        return environment.clean(found, self.folder / "src", (self.environments or work) / "bytecode")

    def _first(self, work: Path) -> str:
        """Run the job; one that could run and breaks by itself differs from the notebook in every output."""
        try:
            return self._run(work, "first")
        except StepFailed as error:
            ended = _ended(work / ENDED)
            check = [str(self.python), "-m", self.name, "check"]
            if not ended or self._call(check, work, self._job_env(work))[0]:
                raise
            self.outputs = [OutputVerdict(name, "different", f"{BROKE}: {ended}") for name in self._expected()]
            raise StepFailed(f"{BROKE}: {ended}. {error}") from error

    def _expected(self) -> list[str]:
        listed = json.loads((self.folder / GOLDEN / "values.json").read_text("utf-8"))
        return [str(one["name"]) for one in listed["values"]]

    def _run(self, work: Path, which: str) -> str:
        shutil.rmtree(work / which, ignore_errors=True)
        argv = [str(self.python), "-m", self.name, "run", "--out", str(work / which)]
        self._must(argv, work, {**self._job_env(work), "JOB_ERROR_FILE": str(work / ENDED)})
        return f"{sum(1 for _ in (work / which).iterdir()) - 1} outputs"

    def _compare(self, work: Path) -> str:
        script = Path(__file__).parent / "templates" / "compare.py"
        argv = [str(self.python), str(script), str(self.folder / GOLDEN), str(work / "first"), str(work / "second")]
        done = subprocess.run(argv, capture_output=True, text=True, env=self._job_env(work), timeout=600, check=False)
        if done.returncode:
            raise StepFailed(f"The values could not be compared: {done.stderr.strip()[-TAIL:]}")
        self.outputs = [OutputVerdict(one["name"], one["result"], one["detail"]) for one in json.loads(done.stdout)]
        if not any(one.result in ("identical", "within_tolerance", "different") for one in self.outputs):
            raise StepFailed("No output could be compared.")
        return f"{len(self.outputs)} outputs"

    def _tests(self, work: Path) -> str:
        argv = [str(self.python), "-m", "unittest", "discover", "-s", str(self.folder / "tests")]
        env = self._job_env(work) | {"JOB_TEST_FIRST": str(work / "first"), "JOB_TEST_OUT": str(work / "second")}
        try:
            self._must(argv, work, env)
        finally:
            if not (work / "second" / "values.json").exists():
                self._run(work, "second")
        return "passed"

    def _must(self, argv: list[str], cwd: Path, env: dict[str, str] | None = None) -> None:
        code, tail = self._call(argv, cwd, env)
        if code:
            what = " ".join(Path(one).name if os.sep in one else one for one in argv[:6])
            raise StepFailed(f"“{what}” ended with {code}. {tail}")

    def _call(self, argv: list[str], cwd: Path, env: dict[str, str] | None) -> tuple[int, str]:
        return kept_output(self.teller, argv, cwd, env, cwd / "step.log")


def _ended(file: Path) -> str:
    """The error that a job says it ended with; empty where it says none, or one its surroundings may have caused."""
    try:
        said = json.loads(file.read_text("utf-8"))
        kinds, message = [str(one) for one in said["kinds"]], str(said["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if any(AROUND.search(one) for one in kinds):
        return ""
    name = kinds[0].removeprefix("builtins.") if kinds else "Error"
    return " ".join(f"{name}: {message}".split())[:300].rstrip(": ")


def kept_output(
    teller: Teller, argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None, file: Path
) -> tuple[int, str]:
    """Run a program; gives its exit code and the end of what it printed, which also goes to the log."""
    code = teller.run([sys.executable, "-c", _KEEP, str(file), *argv], cwd, env)
    text = file.read_text("utf-8", "replace").strip()[-TAIL:] if file.exists() else ""
    for line in text.splitlines():
        teller.log(line)
    return code, text


def verify(folder: Path, teller: Teller | None = None, environments: Path | None = None) -> Verification:
    """Verify a job; raises Invalid where the folder is none, everything else is in the verdict."""
    return Verifier(folder, teller or Silent(), environments).verify()
