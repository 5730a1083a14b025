"""What engineers do to a job, what happens to its notebook, and how to see that neither is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from perijove.jobs.pristine import BASE

CELLS = {
    "imports": "import statistics",
    "load": "numbers = [float(one) for one in range(10)]\nextra = [0.5]",
    "settings": "factor = 2.0\nlowest = 3",
    "prepare": "kept = [one for one in numbers if one >= lowest]\nkept.extend(extra)",
    "scale": "scaled = [one * factor for one in kept]",
    "total": "total = sum(scaled)\nmiddle = statistics.median(scaled)",
}


def change(cell: str, old: str, new: str) -> dict[str, str]:
    assert old in CELLS[cell]
    return {**CELLS, cell: CELLS[cell].replace(old, new)}


def added() -> dict[str, str]:
    cells = {name: source for name, source in CELLS.items() if name != "total"}
    return {**cells, "shift": "scaled = [one + 1 for one in scaled]", "total": CELLS["total"]}


NOTEBOOK = {
    "nothing": CELLS,
    "a constant": change("settings", "2.0", "2.5"),
    "a statement": change("scale", "one * factor", "one * factor + 1"),
    "another cell": change("prepare", ">=", ">"),
    "a new cell": added(),
    "a new parameter": change("settings", "lowest = 3", "lowest = 3\nmost = 9")
    | {"prepare": "kept = [one for one in numbers if lowest <= one <= most]\nkept.extend(extra)"},
    "an output": change("total", "total = sum(scaled)", "total = sum(scaled)\nlargest = max(scaled)"),
}


STEPS, CONFIG, CLI, README, TEST = (
    "src/sums/steps.py",
    "src/sums/config.toml",
    "src/sums/cli.py",
    "README.md",
    "tests/test_sums.py",
)
Edit = Callable[[Path], None]


def text(path: str, old: str, new: str) -> Edit:
    def edit(folder: Path) -> None:
        before = (folder / path).read_text()
        assert old in before, (path, old, before)
        (folder / path).write_text(before.replace(old, new, 1))

    return edit


def append(path: str, more: str) -> Edit:
    return lambda folder: (folder / path).write_text((folder / path).read_text() + more) and None


def rename(old: str, new: str) -> Edit:
    def edit(folder: Path) -> None:
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        (folder / old).rename(folder / new)

    return edit


def delete(path: str) -> Edit:
    return lambda folder: (folder / path).unlink()


def create(path: str, content: str) -> Edit:
    def edit(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)

    return edit


def reformat(folder: Path) -> None:
    lines = (folder / STEPS).read_text().split("\n")
    (folder / STEPS).write_text("\n".join(f"  {line}" if line.startswith("    ") else line for line in lines))


def move_function(folder: Path) -> None:
    """Take the step that scales into a module of its own."""
    source = (folder / STEPS).read_text()
    start = next(line for line in source.split("\n") if line.startswith("def ") and "factor" in line)
    begin = source.index(start)
    end = source.index("\n\n\n", begin)
    (folder / "src/sums/scaling.py").write_text("from __future__ import annotations\n\n\n" + source[begin:end] + "\n")
    name = start.split("(")[0].removeprefix("def ")
    (folder / STEPS).write_text(source[:begin] + f"from sums.scaling import {name}  # noqa: E402\n" + source[end:])


def says(path: str, words: str) -> Callable[[Path], bool]:
    return lambda folder: words in (folder / path).read_text()


def moved(old: str, new: str) -> Callable[[Path], bool]:
    return lambda folder: (folder / new).exists() and not (folder / old).exists()


def executable(folder: Path) -> None:
    (folder / CLI).chmod(0o755)


MARK = "ENGINEER"
SEVERAL = ("another default", "a test of their own", "the CI deleted")
# Each edit, and what must be true of the tree for the edit to be there still.
EDITS: dict[str, tuple[Edit, Callable[[Path], bool]]] = {
    "a comment in a step": (text(STEPS, "def run(", f"# {MARK}\ndef run("), says(STEPS, MARK)),
    "a line at the end": (append(STEPS, f"\n# {MARK}\n"), says(STEPS, MARK)),
    "another default": (
        text(CONFIG, "factor = 2.0", "factor = 3.0"),
        says(CONFIG, "factor = 3.0"),
    ),
    "a setting of their own": (
        append(CONFIG, f'\n[owner]\nname = "{MARK}"\n'),
        says(CONFIG, MARK),
    ),
    "the data's folder": (
        text(CONFIG, 'data_root = "', 'data_root = "/data'),
        says(CONFIG, '"/data'),
    ),
    "another command": (append(CLI, f"\n# {MARK}\n"), says(CLI, MARK)),
    "a dependency": (
        text("pyproject.toml", "[project]", f"# {MARK}\n[project]"),
        says("pyproject.toml", MARK),
    ),
    "a word in the README": (append(README, f"\n{MARK}\n"), says(README, MARK)),
    "another README": (create(README, f"# {MARK}\n"), lambda f: (f / README).read_text() == f"# {MARK}\n"),
    "a test of their own": (
        create("tests/test_mine.py", MARK),
        lambda f: (f / "tests/test_mine.py").read_text() == MARK,
    ),
    "a test added": (append(TEST, f"\n# {MARK}\n"), says(TEST, MARK)),
    "the steps renamed": (
        rename(STEPS, "src/sums/work.py"),
        moved(STEPS, "src/sums/work.py"),
    ),
    "the steps in a folder": (
        rename(STEPS, "src/sums/inner/steps.py"),
        moved(STEPS, "src/sums/inner/steps.py"),
    ),
    "the package renamed": (
        rename("src/sums", "src/totals"),
        moved(STEPS, "src/totals/steps.py"),
    ),
    "the test renamed": (
        rename(TEST, "tests/test_values.py"),
        moved(TEST, "tests/test_values.py"),
    ),
    "a function moved": (
        move_function,
        lambda f: (f / "src/sums/scaling.py").exists() and "sums.scaling" in (f / STEPS).read_text(),
    ),
    "all reformatted": (reformat, says(STEPS, "\n      ")),
    "the Dockerfile deleted": (delete("Dockerfile"), lambda f: not (f / "Dockerfile").exists()),
    "the CI deleted": (delete(".github/workflows/ci.yml"), lambda f: not (f / ".github/workflows/ci.yml").exists()),
    "the README deleted": (delete(README), lambda f: not (f / README).exists()),
    "the settings deleted": (delete(CONFIG), lambda f: not (f / CONFIG).exists()),
    "an argument": (
        text(STEPS, "def run(", f"def run_all({MARK.lower()}=None):\n    return {MARK.lower()}\n\n\ndef run("),
        says(STEPS, "def run_all(engineer=None)"),
    ),
    "a step's own constant": (
        text(STEPS, "sum(scaled)", f"sum(scaled) + 0  # {MARK}"),
        says(STEPS, f"sum(scaled) + 0  # {MARK}"),
    ),
    "the scaling step": (
        text(STEPS, "one * factor", f"one * factor  # {MARK}\n    "),
        says(STEPS, f"one * factor  # {MARK}"),
    ),
    "a script to start it": (create("run.sh", "#!/bin/sh\n"), lambda f: (f / "run.sh").exists()),
    "an executable": (executable, lambda f: (f / CLI).stat().st_mode & 0o100 != 0),
    "a link": (
        lambda folder: (folder / "config.toml").symlink_to(CONFIG),
        lambda f: (f / "config.toml").is_symlink(),
    ),
    "other line ends": (
        lambda folder: (folder / README).write_bytes((folder / README).read_bytes().replace(b"\n", b"\r\n")) and None,
        lambda f: b"\r\n" in (f / README).read_bytes(),
    ),
    "golden values": (
        create("tests/golden/total.json", "1.0"),
        lambda f: (f / "tests/golden/total.json").read_text() == "1.0",
    ),
    "the lock": (append("requirements.lock", f"# {MARK}\n"), says("requirements.lock", MARK)),
    "the base deleted": (delete(BASE), lambda f: True),
    "several at once": (
        lambda folder: (
            [EDITS[one][0](folder) for one in ("another default", "a test of their own", "the CI deleted")] and None
        ),
        lambda f: all(EDITS[one][1](f) for one in ("another default", "a test of their own", "the CI deleted")),
    ),
}


WORDS = {
    "a constant": "2.5",
    "a statement": "one * factor + 1",
    "another cell": "one > lowest",
    "a new cell": "one + 1",
}
