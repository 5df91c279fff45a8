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
    """A running server: its port, and its log."""

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


class MariaDB(Database):
    """Its user is `root`, without a password, and its database `shop`."""

    _seen = 0

    def statements(self) -> list[str]:
        """The statements of its log since the last call; it writes each before it answers."""
        text = self.log.read_text("utf-8", "replace")
        new, self._seen = text[self._seen :], len(text)
        found = re.findall(
            r"^(?:\d{6} +[\d:]+)?\t+ *\d+ (\w+)\t(.*(?:\n(?!\d{6} |\t\t *\d+ \w+\t).*)*)", new, re.M
        )
        statements = [text.rstrip() for command, text in found if command in {"Query", "Execute"}]
        return [statement for statement in statements if not _is_of_transactions(statement)]


class Redis(Database):
    @contextmanager
    def monitored(self) -> Iterator[list[str]]:
        """Yield a list that at the end of the block has the commands received meanwhile."""
        commands: list[str] = []
        address = "127.0.0.1", self.port
        with (
            socket.create_connection(address, SECONDS) as monitor,
            socket.create_connection(address, SECONDS) as last,
            monitor.makefile("rb") as lines,
        ):
            monitor.sendall(b"MONITOR\r\n")
            assert lines.readline() == b"+OK\r\n"
            yield commands
            last.sendall(b"ECHO the-end\r\n")
            for line in lines:
                words = re.findall(r'"((?:[^"\\]|\\.)*)"', line.decode())
                if words == ["ECHO", "the-end"]:
                    break
                commands.append(" ".join(words))


def _is_of_transactions(statement: str) -> bool:
    return statement.rstrip(";").upper() in {"BEGIN", "COMMIT", "ROLLBACK"}


def tool(name: str, package: str) -> str:
    """The path of a program; skip the test if it is not installed."""
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
def redis_server(folder: Path) -> Iterator[Redis]:
    database = Redis(free_port(), folder / "redis.log")
    command = [tool("redis-server", "redis-server"), "--bind", "127.0.0.1", "--save", ""]
    command += ["--port", str(database.port), "--dir", str(folder)]
    with _running(command, database):
        yield database


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    initdb, postgres = tool("initdb", "postgresql"), tool("postgres", "postgresql")
    is_root = os.getuid() == 0  # PostgreSQL refuses to run as root
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


@contextmanager
def mariadb_server(folder: Path) -> Iterator[MariaDB]:
    mariadbd = tool("mariadbd", "mariadb-server-core")
    database = MariaDB(free_port(), folder / "mariadb.log")
    data = folder / "data"
    for name in ("mysql", "shop"):  # a folder is a database
        (data / name).mkdir(parents=True)
    command = [mariadbd, "--no-defaults", f"--datadir={data}", "--innodb-log-file-size=4M"]
    command += ["--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0"]
    # A server removes the temporary tables that it finds there, also those of another one.
    command.append(f"--tmpdir={folder}")
    if os.getuid() == 0:
        command.append("--user=root")
    # What `mariadb-install-db` does, without what only an administrator needs.
    tables = Path(mariadbd).parents[1] / "share" / "mysql"
    script = "use mysql;\nset @auth_root_socket = null;\n" + "".join(
        (tables / f"mysql_system_tables{part}.sql").read_text() for part in ("", "_data")
    )
    bootstrap = [*command, "--bootstrap"]
    subprocess.run(
        bootstrap, input=script, text=True, check=True, capture_output=True, timeout=2 * SECONDS
    )
    command += [f"--port={database.port}", "--bind-address=127.0.0.1", "--skip-name-resolve"]
    command += [f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"]
    command += ["--general-log", f"--general-log-file={folder / 'statements.log'}"]
    with _running(command, database):
        database.log = folder / "statements.log"
        yield database


def _is_user(name: str) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False
