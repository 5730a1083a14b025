"""Slices of random notebooks are sound: what is kept gives, run afresh, the values that the session had.

``PERIJOVE_EXAMPLES=N`` runs N programs of each kind instead of the usual number.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from perijove.core.executions import Execution
from perijove.jobs.choose import pick
from perijove.jobs.model import Choice
from perijove.jobs.slice import Analysis
from tests.jobs.programs import Program, TooLong, program, run_nodes

EXAMPLES = int(os.environ.get("PERIJOVE_EXAMPLES", "0"))
TOP = 3


def profile(count):
    return settings(
        max_examples=EXAMPLES or count,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def of_bytes(size):
    return st.binary(min_size=size // 2, max_size=size)


class Log:
    """An execution log of one session."""

    def __init__(self, session):
        self._session = session

    def session(self, _notebook, _kernel=""):
        return self._session

    def makers(self, _ref):
        return []


def made(source, folder, frames=False) -> Program:
    try:
        return program(source, folder, frames)
    except TooLong:
        assume(False)
        raise


def blind(found, entries):
    """Whether a slice says itself that it may lack what a failed cell did."""
    failed = {one.cell for one in found.statements if not entries[one.cell].ok and not entries[one.cell].line}
    return failed or any(one.kind == "failed" for one in found.missing)


def values(nodes, folder):
    try:
        return run_nodes(nodes, folder)
    except Exception as error:  # noqa: BLE001 - a slice that fails is shown as what it gives
        return {"error": repr(error)}


def told(runs: tuple[Execution, ...], found):
    """The session and what was kept of it, for a failure's report."""
    kept = {(one.cell, line) for one in found.statements for line in range(one.first, one.last + 1)}
    lines = []
    for at, run in enumerate(runs):
        lines.append(f"-- {run.cell} {run.error}")
        for number, line in enumerate(run.source.splitlines(), 1):
            lines.append(f"{'>' if (at, number) in kept else ' '} {line}")
    return "\n".join(lines)


def check_variables(one: Program, folder):
    """Slices for some variables at the end of the session."""
    runs = one.session.executions
    analysis = Analysis([run.source for run in runs], ok=[run.ok for run in runs], stopped=[run.line for run in runs])
    names = sorted(one.states[-1])
    for name in names[:: max(1, len(names) // TOP)]:
        found = analysis.slice(name)
        if not blind(found, runs):
            got = values([kept.node for kept in found.statements], folder)
            assert {name: got.get(name, got.get("error"))} == {name: one.states[-1][name]}, told(runs, found)


@profile(120)
@given(source=of_bytes(600))
def test_slices_of_plain_programs_are_sound(tmp_path_factory, source):
    folder = tmp_path_factory.getbasetemp() / "plain"
    folder.mkdir(exist_ok=True)
    check_variables(made(source, folder), folder)


@profile(40)
@given(source=of_bytes(600))
def test_slices_of_programs_on_arrays_and_frames_are_sound(tmp_path_factory, source):
    pytest.importorskip("pandas")
    folder = tmp_path_factory.getbasetemp() / "frames"
    folder.mkdir(exist_ok=True)
    check_variables(made(source, folder, frames=True), folder)


@profile(40)
@given(source=of_bytes(600))
def test_cells_picked_from_a_session_give_what_they_gave(tmp_path_factory, source):
    folder = tmp_path_factory.getbasetemp() / "picked"
    folder.mkdir(exist_ok=True)
    one = made(source, folder)
    runs = one.session.executions
    last = {run.cell: at for at, run in enumerate(runs) if run.ok}
    cells = [cell.id for cell in one.notebook.cells if cell.id in last and cell.id.startswith("c")]
    for cell in cells[:TOP]:
        picked = pick(one.notebook, Choice("a.ipynb", [cell], kernel_id="k"), Log(one.session))
        if any(finding.kind == "hidden_state" and "failed" in finding.message for finding in picked.findings):
            continue
        truth = one.states[last[cell]]
        names = [name for name in picked.found.names(picked.targets) if name in truth]
        got = values([kept.node for kept in picked.found.statements], folder)
        assert {name: got.get(name, got.get("error")) for name in names} == {name: truth[name] for name in names}, told(
            runs, picked.found
        )
