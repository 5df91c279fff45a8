"""Real database servers for tests, on 127.0.0.1, in folders of their own."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import eventually, free_port

SECONDS = 30

_POSTGRES = Path("/usr/lib/postgresql")


class Database:
    """A server that runs: its port, and what it was asked."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self.log = log

    def accepts(self) -> bool:
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", self.port), 1)):
            return True
        return False


class Postgres(Database):
    def statements(self) -> list[str]:
        """The statements of its log since the last call; it writes each before it answers."""
        text = self.log.read_text("utf-8", "replace")
        os.truncate(self.log, 0)
        found = re.findall(r"LOG:  (?:statement|execute [^:]*): (.*)", text)
        return [statement for statement in found if not _is_of_transactions(statement)]


def _is_of_transactions(statement: str) -> bool:
    return statement.rstrip(";").upper() in {"BEGIN", "COMMIT", "ROLLBACK"}


def tool(name: str, package: str) -> str:
    """The path of a program; the test is skipped where it is not installed."""
    folders = sorted(_POSTGRES.glob("*/bin"), key=lambda folder: folder.parent.name)
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", *map(str, folders)])
    found = shutil.which(name, path=path)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return found


@contextmanager
def _running(command: list[str], database: Database, **options: Any) -> Iterator[None]:
    with (
        open(database.log, "ab") as log,
        subprocess.Popen(command, stdout=log, stderr=log, **options) as process,
    ):
        try:
            assert eventually(database.accepts, timeout=SECONDS), database.log.read_text()
            yield
        finally:
            process.terminate()
            process.wait(SECONDS)


@contextmanager
def redis_server(folder: Path) -> Iterator[Database]:
    database = Database(free_port(), folder / "redis.log")
    command = [tool("redis-server", "redis-server"), "--bind", "127.0.0.1", "--save", ""]
    command += ["--port", str(database.port), "--dir", str(folder)]
    with _running(command, database):
        yield database


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    initdb, postgres = tool("initdb", "postgresql"), tool("postgres", "postgresql")
    is_root = os.getuid() == 0  # as which it does not run
    # TMPDIR may be in a folder that only root may enter.
    folder = tempfile.mkdtemp(prefix="devtui-postgres-", dir="/tmp" if is_root else None)
    options: dict[str, Any] = {"cwd": folder}
    if is_root:
        user = next(name for name in ("postgres", "nobody") if _is_user(name))
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        options |= {"user": user, "extra_groups": []}
    data = os.path.join(folder, "data")
    try:
        subprocess.run(
            [initdb, "-D", data, "-U", "devtui", "-A", "trust", "-N", "--no-locale", "-E", "UTF8"],
            check=True,
            capture_output=True,
            timeout=2 * SECONDS,
            **options,
        )
        database = Postgres(free_port(), Path(folder, "postgres.log"))
        command = [postgres, "-D", data, "-p", str(database.port), "-h", "127.0.0.1", "-k", folder]
        command += ["-c", "log_statement=all", "-c", "fsync=off"]
        with _running(command, database, **options):
            ready = "ready to accept connections"
            assert eventually(lambda: ready in database.log.read_text(), timeout=SECONDS)
            yield database
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_user(name: str) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False
