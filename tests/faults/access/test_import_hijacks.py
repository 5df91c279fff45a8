"""Files in the current folder cannot replace modules that devtui imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.client import get
from tests.support.projects import write

pytestmark = pytest.mark.e2e

# The modules that session and server import before the app's folder is first on the path.
NAMES = """\
__future__ argparse asyncio cli click codecs contextlib copy datetime email functools http importlib
inspect json logging msgspec pathlib psutil queue random re rich secrets selectors shutil signal
socket ssl struct subprocess tempfile textual threading traceback types typing typing_extensions
usercustomize uuid watchfiles weakref werkzeug"""

STANDS_IN = """\
import os
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "hijacked"), "a") as file:
    file.write(__name__ + "\\n")
raise ImportError("a file of the current folder was imported")
"""
APP = """\
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"works"]
"""

SCRIPT = Path(sys.executable).with_name("devtui")


def imported_to_run_a_module() -> list[str]:
    """Return the modules that Python's own `-m` imports."""
    command = [sys.executable, "-I", "-c", "import runpy, sys; print(*sys.modules)"]
    return subprocess.run(command, check=True, timeout=30, stdout=-1, text=True).stdout.split()


@pytest.mark.parametrize("how", ["program", "module", "module with -P"])
def test_a_file_can_replace_only_devtui_itself(tmp_path: Path, how: str) -> None:
    if how == "program" and not SCRIPT.exists():
        pytest.skip("the program is not installed beside this interpreter")
    if how == "module with -P" and sys.version_info < (3, 11):
        pytest.skip("Python knows -P since 3.11")
    stand_ins = {f"{name}.py": STANDS_IN for name in ["devtui", *NAMES.split()]}
    if how == "module":  # Python itself searches here for these before it runs our code
        for name in ("devtui", *imported_to_run_a_module()):
            stand_ins.pop(f"{name}.py", None)
    assert len(stand_ins) > 20
    write(tmp_path / "here", stand_ins)
    write(tmp_path / "elsewhere", {"app.py": APP})
    command = {
        "program": [str(SCRIPT)],
        "module": [sys.executable, "-m", "devtui"],
        "module with -P": [sys.executable, "-P", "-m", "devtui"],
    }[how]
    port = processes.free_port()
    process = subprocess.Popen(
        [*command, "--plain", "--port", str(port), str(tmp_path / "elsewhere" / "app.py")],
        cwd=tmp_path / "here",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        heard = []
        for line in process.stdout:
            heard.append(line)
            if " serving " in line:
                break
        assert heard, "devtui said nothing"
        assert " serving " in heard[-1], "".join(heard)
        assert get(f"http://127.0.0.1:{port}/").text == "works"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=processes.DEADLINE)
    finally:
        process.kill()
        process.wait()
    hijacked = tmp_path / "here" / "hijacked"
    assert not hijacked.exists(), hijacked.read_text()
