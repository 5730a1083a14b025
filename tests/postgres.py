"""A real PostgreSQL on loopback for the tests: started once, a fresh database for each test, gone at the end."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import time
import uuid
from pathlib import Path

import psycopg

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


def programs() -> Path:
    """The folder with initdb and postgres; ``make test`` installs it where it is missing."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for name in ("initdb", "postgres"):
        if found := shutil.which(name):
            places.append(Path(found).resolve().parent)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise RuntimeError("PostgreSQL is missing: install it (Debian: apt-get install postgresql) and run again.")


class Server:
    """One PostgreSQL in a folder of its own; as root it runs as ``nobody``, since it refuses to run as root."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "server"
        self.user = "nobody" if os.getuid() == 0 else getpass.getuser()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.root.mkdir(mode=0o700)
        if os.getuid() == 0:
            account = pwd.getpwnam("nobody")
            os.chown(self.root, account.pw_uid, account.pw_gid)
            for parent in self.root.parents:
                if parent == Path("/"):
                    break
                parent.chmod(parent.stat().st_mode | 0o011)
        here = programs()
        data = self.root / "data"
        made = self._run(
            [here / "initdb", "-D", data, "-U", "perijove", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
        )
        output, _ = made.communicate(timeout=120)
        if made.returncode:
            raise RuntimeError(f"initdb failed: {output.decode(errors='replace')}")
        options = [part for option in QUICK for part in ("-c", option)]
        self._process = self._run(
            [here / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(self.port), "-k", self.root, *options]
        )
        until = time.monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("PostgreSQL did not start.")
            time.sleep(0.1)

    def _run(self, argv: list[Path | str]) -> subprocess.Popen[bytes]:
        user = self.user if os.getuid() == 0 else None
        return subprocess.Popen(
            [str(part) for part in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, user=user, cwd=self.root
        )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._dsn("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _dsn(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=perijove dbname={name}"

    def fresh_database(self) -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://perijove@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
