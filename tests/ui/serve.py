"""Serves JupyterLab on a fresh example workspace until told to stop: ``python -m tests.ui.serve PORT [alone]``.

With ``alone`` it is as if jupyter-collaboration were not installed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from perijove.example import lay_out
from tests.hosts import TOKEN, environment, stop
from tests.ui import data

COLLABORATION = ("@jupyter/collaboration-extension", "@jupyter/docprovider-extension")


def alone(config: Path) -> list[str]:
    """Leave out both halves of jupyter-collaboration; gives the server's options."""
    page = config / "labconfig" / "page_config.json"
    page.parent.mkdir(parents=True)
    page.write_text(json.dumps({"disabledExtensions": dict.fromkeys(COLLABORATION, True)}))
    return ["--ServerApp.jpserver_extensions={'jupyter_server_ydoc': False}"]


def main(port: str, *how: str) -> int:
    # The stories that change files behind Lab's back choose the folder.
    folder = Path(os.environ.get("PERIJOVE_UI_FOLDER") or tempfile.mkdtemp(prefix="perijove-ui-"))
    env = environment(folder)
    os.environ["PERIJOVE_HOME"] = env["PERIJOVE_HOME"]
    lay_out(folder)
    postgres = data.make(folder)
    data.add_sources(folder)
    quiet = folder / ".jupyter-config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    (quiet / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False})
    )
    arguments = ["--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    arguments += [f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={TOKEN}"]
    arguments += ["--allow-root"] if os.getuid() == 0 else []
    arguments += alone(folder / ".jupyter-config") if "alone" in how else []
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *arguments],
        cwd=folder,
        env=env,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )

    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: told.set())
    while server.poll() is None and not told.wait(0.2):
        pass
    stop(server)
    postgres.stop()
    log.close()
    subprocess.run(
        [sys.executable, "-m", "perijove.cli", "doctor", "--clean"], cwd=folder, env=env, capture_output=True
    )
    kept = os.environ.get("PERIJOVE_UI_LOG")
    if kept:
        shutil.copyfile(folder / "server.log", kept)
    shutil.rmtree(folder, ignore_errors=True)
    return 0 if told.is_set() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
