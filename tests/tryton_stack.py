"""A real Tryton server for the tests of the stack: from PyPI, in an environment of its own, spoken
to over HTTP only.

Tryton is GPL-3: it is installed beside the project and never imported. The environment and the
first database are kept in the user's cache; a test gets a copy of the database under a name of its
own.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path
from uuid import uuid4

from stack import free_port

VERSION = "8.2"
KEY = "k" * 64
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    / "advisor-tests"
    / f"tryton-{VERSION}"
)
_MADE = "made-1"
"""Present once environment and database are whole."""
_APPLICATION = """
import sys
from trytond import config
(config.update_etc if hasattr(config, "update_etc") else config.config.update_etc)(sys.argv[1])
from trytond.pool import Pool
from trytond.transaction import Transaction
Pool.start()
pool = Pool("crm")
pool.init()
with Transaction().start("crm", 1) as transaction:
    Application = pool.get("res.user.application")
    user, = pool.get("res.user").search([("login", "=", "admin")])
    application, = Application.create([{"application": "rest", "user": user.id, "key": sys.argv[2]}])
    Application.validate_([application])
    transaction.commit()
"""


def made() -> Path:
    """The folder of the environment and the first database, made where it is not there."""
    if (CACHE / _MADE).exists():
        return CACHE
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="tryton-", dir=CACHE.parent))
    python = folder / "venv" / "bin" / "python"
    try:
        venv.EnvBuilder(with_pip=True).create(folder / "venv")
        installer = [python, "-m", "pip"]
    except (
        subprocess.CalledProcessError
    ):  # a Python without ensurepip: another one's pip installs into it
        venv.EnvBuilder(with_pip=False, clear=True).create(folder / "venv")
        installer = [shutil.which("python3") or sys.executable, "-m", "pip", "--python", python]
    wanted = [f"{name}=={VERSION}.*" for name in ("trytond", "trytond-party")]
    _run([*installer, "install", "--quiet", "--disable-pip-version-check", *wanted], folder)
    (folder / "databases").mkdir()
    (folder / "databases" / "crm.sqlite").touch()
    (folder / "password").write_text(uuid4().hex, encoding="ascii")
    conf = configuration(folder, folder / "databases", free_port())
    admin = [
        folder / "venv/bin/trytond-admin",
        "-c",
        conf,
        "-d",
        "crm",
        "-u",
        "ir",
        "res",
        "party",
        "--activate-dependencies",
    ]
    _run(
        [*admin, "--email", "admin@example.invalid"],
        folder,
        TRYTONPASSFILE=str(folder / "password"),
    )
    _run([python, "-W", "ignore", "-c", _APPLICATION, conf, KEY], folder)
    with sqlite3.connect(folder / "databases" / "crm.sqlite") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (folder / _MADE).touch()
    try:
        folder.rename(CACHE)
    except OSError:  # another run was faster
        shutil.rmtree(folder, ignore_errors=True)
    return CACHE


def _run(command: list[str | Path], folder: Path, **environment: str) -> None:
    """Run to the end; what it said is told where it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**_clean(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def _clean() -> dict[str, str]:
    """The environment without what points Python at this project."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def configuration(folder: Path, databases: Path, port: int) -> Path:
    """A configuration file."""
    file = folder / f"trytond-{port}.conf"
    file.write_text(
        f"[database]\nuri = sqlite://\npath = {databases}\n[web]\nlisten = 127.0.0.1:{port}\n",
        encoding="utf-8",
    )
    return file


class TrytonServer:
    """One process; databases are copies of the first one."""

    def __init__(self) -> None:
        self.source = made()
        self.folder = Path(tempfile.mkdtemp(prefix="advisor-tryton-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.conf = configuration(self.folder, self.folder, self.port)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self.process is not None:
            return
        with (self.folder / "log").open("ab") as log:
            programs = (
                self.source / "venv" / "bin"
            )  # the script names a Python that was moved with it
            command = [programs / "python", programs / "trytond", "-c", self.conf]
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=_clean(), stdout=log, stderr=log
            )
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/", timeout=5).close()
            except urllib.error.HTTPError:
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(
            f"Tryton did not start: {(self.folder / 'log').read_text(errors='replace')[-800:]}"
        )

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def database(self) -> str:
        """The name of a fresh copy of the first database; the server starts again, for it lists
        databases once."""
        self.kill()
        name = f"d{uuid4().hex[:8]}"
        shutil.copy(self.source / "databases" / "crm.sqlite", self.folder / f"{name}.sqlite")
        self.start()
        return name

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
