"""What to know about a notebook before a job is made of it, as findings with a sentence each; some forbid the job."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from perijove.core.errors import Invalid
from perijove.jobs.choose import Picked
from perijove.jobs.log import Entry
from perijove.jobs.model import Finding
from perijove.jobs.names import globals_of
from perijove.jobs.slice import Statement

ASKS = {"input", "raw_input", "getpass", "getpass.getpass", "breakpoint", "pdb.set_trace"}
RANDOM = re.compile(
    r"(RandomForest|ExtraTrees|Bagging)(Classifier|Regressor)|IsolationForest|(MiniBatch)?KMeans|train_test_split|"
    r"(Stratified)?ShuffleSplit|(SGD|MLP)(Classifier|Regressor)"
)
"""What gives another result each time unless it is given a random state."""
GENERATORS = ("default_rng", "RandomState", "SeedSequence")
SEEDS = ("random_state", "seed")
SECRET = re.compile(r"(?i)(passw(or)?d|secret|token|api_?key|credential)")


def findings(found: Picked) -> list[Finding]:
    """Everything odd about what was picked, the worst first."""
    told = [*found.findings, *_opaque(found), *_asking(found), *_missing(found), *_unpinned(found), *_secrets(found)]
    told += _unseeded(found)
    if found.order == "document":
        told += _out_of_order(found)
    rank = {"refusal": 0, "warning": 1, "info": 2}
    return sorted(dict.fromkeys(told), key=lambda one: rank[one.severity])


def refuse(told: Sequence[Finding]) -> None:
    """Raise Invalid for the first finding that forbids a job."""
    for one in told:
        if one.severity == "refusal":
            raise Invalid(one.message, hint=one.hint)


def _opaque(found: Picked) -> Iterator[Finding]:
    for index, why in found.found.opaque.items():
        entry = found.entries[index]
        yield Finding(
            "opaque",
            "refusal",
            entry.cell,
            f"{entry.title} cannot go into a job: {why}.",
            "Write out what it does, or choose a cell that does not need it.",
        )


def _kept(found: Picked) -> Iterator[tuple[Entry, Statement]]:
    for one in found.found.statements:
        if one.node is not None:
            yield found.entries[one.cell], one


def _asking(found: Picked) -> Iterator[Finding]:
    bound = {name for at in found.found.kept for name in found.found.notes.binds.get(at, ())}
    for entry, one in _kept(found):
        for call in (part for part in ast.walk(one.node) if isinstance(part, ast.Call)):  # type: ignore[arg-type]  # kept
            name = ast.unparse(call.func)
            if name in ASKS and name.partition(".")[0] not in bound:
                yield Finding(
                    "interactive_input",
                    "refusal",
                    entry.cell,
                    f"{entry.title} asks a person for input ({name}); a job has nobody to ask.",
                    "Set the value in a cell of its own: it becomes a parameter of the job.",
                )


def _missing(found: Picked) -> Iterator[Finding]:
    notes, kept = found.found.notes, found.found.kept
    for name, users in sorted(notes.missing.items()):
        lacking = sorted(at for at in users & kept if _lacks(found, name, at))
        if lacking and name != "client" and not found.found.opaque:
            entry = found.entries[found.found.units[lacking[0]].cell]
            yield Finding(
                "hidden_state",
                "warning",
                entry.cell,
                f"{entry.title} uses “{name}”, which no cell defines.",
                "The kernel may still hold it from a cell that is gone; write that cell again.",
            )


def _lacks(found: Picked, name: str, at: int) -> bool:
    """Whether a statement reads a name that nothing gives it: it does not bind it itself, nor look it up later."""
    binds, node = found.found.notes.binds, found.found.units[at].node
    waits = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    if waits and any(name in binds.get(one, ()) for one in found.found.kept):
        return False
    return node is None or (name in globals_of(node) and name not in binds.get(at, ()))


def _unpinned(found: Picked) -> Iterator[Finding]:
    notes, kept = found.found.notes, found.found.kept
    for (path, _), users in sorted(notes.files.items()):
        if users & kept and re.match(r"(https?|ftp)://", path):
            entry = found.entries[found.found.units[min(users & kept)].cell]
            yield Finding(
                "unpinned_data",
                "warning",
                entry.cell,
                f"{path} may change at any time: what is read there is not pinned.",
                "Keep a copy in the project and read that.",
            )


def _secrets(found: Picked) -> Iterator[Finding]:
    for entry, one in _kept(found):
        node = one.node
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if any(SECRET.search(name) for name in names) and node.value.value:
                yield Finding(
                    "secret",
                    "warning",
                    entry.cell,
                    f"{entry.title} holds what looks like a secret in “{names[0]}”; it would stand in the job's files.",
                    "Read it from an environment variable instead.",
                )


def _unseeded(found: Picked) -> Iterator[Finding]:
    """Whatever draws random numbers that nobody can draw again."""
    at_hand = [(at, one) for at, one in zip(sorted(found.found.kept), found.found.statements, strict=True) if one.node]
    seeded = any(".seed(" in ast.unparse(one.node) for _, one in at_hand if isinstance(one.node, ast.Expr))
    for at, one in at_hand:
        drawn = "it draws random numbers" if at in found.found.notes.unseeded else ""
        for call in (part for part in ast.walk(one.node or ast.Pass()) if isinstance(part, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            given = any(word.arg in SEEDS or word.arg is None for word in call.keywords)
            if not given and (name in GENERATORS and not call.args or RANDOM.fullmatch(name) and not seeded):
                drawn = f"{name} is given no seed"
        if drawn:
            entry = found.entries[one.cell]
            yield Finding(
                "unseeded",
                "warning",
                entry.cell,
                f"{entry.title}, line {one.first}: {drawn}, so each run gives another result.",
                "Give it one (`random_state=0`, `default_rng(0)`, `np.random.seed(0)`), so that the job can be proven.",
            )


def _out_of_order(found: Picked) -> Iterator[Finding]:
    """Whether the numbers beside the kept cells say that they ran in another order."""
    raw = {str(cell.get("id")): cell.get("execution_count") for cell in found.notebook.document.get("cells", [])}
    kept = sorted(found.found.value_cells | found.found.environment_cells)
    counted = [(count, found.entries[at]) for at in kept if isinstance(count := raw.get(found.entries[at].cell), int)]
    for (before, _), (count, entry) in zip(counted, counted[1:], strict=False):
        if count < before:
            yield Finding(
                "out_of_order",
                "warning",
                entry.cell,
                f"{entry.title} ran before cells that stand above it; the job runs them from top to bottom.",
                "Restart the kernel and run all cells to see that this makes no difference.",
            )
            return
