"""A second account of this machine."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

AsStranger = Callable[..., bytes]


@pytest.fixture
def stranger() -> Iterator[pwd.struct_passwd]:
    """Create a second account for the duration of the test."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a second account")
    if sys.platform != "linux" or shutil.which("useradd") is None:
        pytest.skip("there is no useradd to make a second account with")
    name = f"devtui-test-{os.getpid()}"
    command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/sh", name]
    subprocess.run(command, check=True, timeout=60, capture_output=True)
    try:
        yield pwd.getpwnam(name)
    finally:
        subprocess.run(["userdel", name], check=True, timeout=60, capture_output=True)


# The imports come first: the second account may not be allowed to read this interpreter's files.
BECOMES = """\
import encodings.idna, http.client, os, socket, sys, types
from werkzeug.debug import get_pin_and_cookie_name
uid, gid = map(int, sys.argv[1:3])
del sys.argv[1:3]
os.setgroups([])
os.setresgid(gid, gid, gid)
os.setresuid(uid, uid, uid)
"""


@pytest.fixture
def as_stranger(stranger: pwd.struct_passwd) -> AsStranger:
    """Run Python code as the second account; return what it prints."""

    def run(code: str, *arguments: str) -> bytes:
        ids = str(stranger.pw_uid), str(stranger.pw_gid)
        command = [sys.executable, "-c", BECOMES + code, *ids, *arguments]
        # Everybody knows the developer's name.
        names = {**os.environ, "LOGNAME": getpass.getuser()}
        done = subprocess.run(command, cwd="/", env=names, timeout=90, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run
