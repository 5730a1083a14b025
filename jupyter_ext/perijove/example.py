"""The example workspace: the road notebook and its data, laid out in a folder of one's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from perijove.core.errors import Failed, Invalid
from perijove.core.project import Project, sqlite_url


def shipped() -> Path:
    """Where the example files are: inside the installed package, or in the repository beside it."""
    here = Path(__file__).parent
    for folder in (here / "examples", here.parents[1] / "examples"):
        if (folder / "road.ipynb").is_file():
            return folder
    raise Failed("The example files are missing from this installation.", hint="Reinstall perijove.")


def lay_out(folder: Path) -> None:
    """Copy the notebook (unless there is one), make the data that is missing, and add the sources to the catalog."""
    done = folder / ".perijove" / "example-is-laid-out"
    if done.exists() and (folder / "road.ipynb").exists():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "road.ipynb").exists():
            shutil.copyfile(shipped() / "road.ipynb", folder / "road.ipynb")
    except OSError as error:
        raise Invalid(
            f"The example cannot be laid out in {folder}: {error.strerror or error}.",
            hint="Name a folder you may write to.",
        ) from error
    made = subprocess.run(
        [sys.executable, str(shipped() / "make_data.py"), str(folder / "data")], capture_output=True, text=True
    )
    if made.returncode:
        reason = made.stderr.strip().splitlines()[-1] if made.stderr.strip() else "no reason given"
        raise Failed(
            f"The example data could not be made: {reason}", hint="Install perijove-kernel[cpu] beside perijove."
        )
    (folder / ".perijove").mkdir(mode=0o700, exist_ok=True)
    _start_repository(folder)
    _add_sources(folder)
    done.touch()


def _start_repository(folder: Path) -> None:
    """Put the notebook under git, so that runs name a commit; left alone where the folder already is in one."""
    git = shutil.which("git")
    if git is None or subprocess.run([git, "rev-parse"], cwd=folder, capture_output=True).returncode == 0:
        return
    (folder / ".gitignore").write_text("data/\njobs/\n.perijove/\n.ipynb_checkpoints/\nmodel.ubj\n")
    who = ["-c", "user.name=Perijove example", "-c", "user.email=example@localhost"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "The road, as it comes"]):
        subprocess.run([git, *command], cwd=folder, check=True, capture_output=True)


def _add_sources(folder: Path) -> None:
    from perijove.catalog.model import NewSource
    from perijove.core.terminal import me
    from perijove.wiring import Perijove

    wired = Perijove(Project.find(folder), door="cli")
    try:
        known = {source.name for source in wired.catalog.sources()}
        wanted = {"files": str(folder / "data"), "wine": sqlite_url(folder / "data" / "wine.db")}
        for name, uri in wanted.items():
            if name not in known:
                wired.catalog.add(NewSource(name, uri), me())
                task = wired.catalog.start_scan(name, me())
                wired.tasks.wait(task.id, me())
    finally:
        wired.close()
