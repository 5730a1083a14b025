"""The project folder: where the state of one project lives, found upwards as git finds its own.

``perijove.toml`` in it, or in a folder below, holds settings that belong to the project's files.

``.perijove/`` holds the database, the MLflow store, records of clusters, and what kernels spooled.
``PERIJOVE_HOME`` names the state folder outright.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from perijove.core.errors import Invalid

STATE = ".perijove"
SETTINGS = "perijove.toml"


@dataclass(frozen=True)
class Project:
    """A project's root, and its state folder (``<root>/.perijove`` unless PERIJOVE_HOME says otherwise)."""

    root: Path
    state: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The project that a folder or file belongs to.

        It is the nearest folder upwards that has a state folder, else the nearest that has a ``perijove.toml``, else
        the folder itself. What lies in the root of the file system makes no project of the folders below.
        """
        here = _folder((start or Path.cwd()).absolute()).resolve()
        home = os.environ.get("PERIJOVE_HOME")
        if home:
            state = Path(home).expanduser().resolve()
            return cls(state.parent if state.name == STATE else here, state)
        above = [folder for folder in (here, *here.parents) if folder == here or folder != folder.parent]
        for mark in (STATE, SETTINGS):
            found = next((folder for folder in above if (folder / mark).exists()), None)
            if found is not None:
                return cls(found, found / STATE)
        return cls(here, here / STATE)

    def prepare(self) -> None:
        """Make the state folder, private to its owner and ignored by git; raises Invalid where that is refused."""
        try:
            for name in ("", "spool", "clusters", "values", "logs"):
                (self.state / name).mkdir(parents=True, exist_ok=True, mode=0o700)
            ignore = self.state / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")
        except OSError as error:
            raise Invalid(
                f"The state folder {self.state} cannot be made: {error.strerror or error}.",
                hint="Start in a folder you may write to, or set PERIJOVE_HOME to one.",
            ) from error

    def inside(self, path: str | Path) -> Path:
        """A path of this project, made absolute; raises Invalid when it leaves the project."""
        full = located(self.root, path)
        if full != self.root and self.root not in full.parents:
            raise Invalid(f"{path} lies outside the project {self.root}.", hint="Name a path inside the project.")
        return full

    def relative(self, path: str | Path) -> str:
        """A path as refs name it: relative to the root, with forward slashes; absolute when outside."""
        full = located(self.root, path)
        return full.relative_to(self.root).as_posix() if full.is_relative_to(self.root) else full.as_posix()

    @property
    def database_url(self) -> str:
        """Where the state is kept unless an admin or PERIJOVE_DATABASE_URL says otherwise."""
        return os.environ.get("PERIJOVE_DATABASE_URL") or sqlite_url(self.state / "state.db")

    @property
    def tracking_uri(self) -> str:
        """The MLflow store of the project: SQLite in the state folder unless MLFLOW_TRACKING_URI is set."""
        return os.environ.get("MLFLOW_TRACKING_URI") or sqlite_url(self.state / "mlflow.db")


def _folder(path: Path) -> Path:
    """The folder a path is or lies in; of what is not there yet, the nearest that is."""
    while not path.is_dir() and path != path.parent:
        path = path.parent
    return path


def located(base: Path, path: str | Path) -> Path:
    """What a person wrote as a path, absolute and with links followed; raises Invalid where it cannot be one."""
    try:
        full = (base / Path(path).expanduser()).resolve()
        full.exists()  # raises for a name that is longer than the system allows
    except (OSError, RuntimeError, ValueError) as error:  # a name too long; links in a circle or ~nobody; a NUL
        shown = str(path)[:100].replace("\0", "�")
        raise Invalid(f"“{shown}” cannot be a path: {error}.", hint="Check the path.") from error
    return full


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file, with the letters quoted that mean something in a URL."""
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)
