"""Makes the portable forms of a job's model, in an environment with the converters, and reads how far they agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from perijove.core.errors import Failed
from perijove.jobs import serve
from perijove.jobs.model import Parity
from perijove.jobs.verify import Teller

REPORT = "parity.json"


def make(folder: Path, environments: Path, teller: Teller) -> list[Parity]:
    """Run the job with the converters at hand; gives the parity of each form, also kept in ``parity.json``."""
    program = serve.prepared(
        folder, ["run", "--portable", "--json", "--out", serve.OUTPUTS], environments, teller, True
    )
    teller.step(0.4, "Run the job and convert its model")
    serve.run(program)
    outputs = folder.resolve() / serve.OUTPUTS
    found = parities(outputs / REPORT)
    if not found:
        raise Failed("The run yielded no model to convert.", hint="See its log.")
    (folder.resolve() / REPORT).write_text((outputs / REPORT).read_text("utf-8"), "utf-8")
    return found


def parities(report: Path) -> list[Parity]:
    """The parities in a report; none where there is no report."""
    try:
        listed: dict[str, list[dict[str, Any]]] = json.loads(report.read_text("utf-8"))["models"]
        return [msgspec.convert({"model": name, **one}, Parity) for name, forms in listed.items() for one in forms]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return []
