"""Makes the portable forms of a job's model, in an environment with the converters, and reads how far they agree."""

from __future__ import annotations

from pathlib import Path

from perijove.core.errors import Failed
from perijove.jobs import serve
from perijove.jobs.model import Parity
from perijove.jobs.serving import REPORT, parities
from perijove.jobs.verify import Teller

__all__ = ["make", "parities"]


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
