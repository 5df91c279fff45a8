"""A library of devtui's that cannot be imported gets one sentence and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("files", "failing", "why"),
    [
        (
            {"__init__.py": "import werkzeug_half\n"},
            "__init__.py",
            "ModuleNotFoundError: No module named 'werkzeug_half'",
        ),
        ({"__init__.py": "", "serving.py": "def (\n"}, "serving.py", "SyntaxError: "),
        ({"__init__.py": ""}, "", "ModuleNotFoundError: No module named 'werkzeug.serving'"),
        (
            {"__init__.py": "", "serving.py": ""},
            "serving.py",
            "ImportError: cannot import name 'load_ssl_context'",
        ),
        ({"__init__.py": "1 / 0\n"}, "__init__.py", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_broken_werkzeug(tmp_path: Path, files: dict[str, str], failing: str, why: str) -> None:
    project, libraries = tmp_path / "project", tmp_path / "libraries"
    project.mkdir()
    (project / "hello.py").write_text("def app(environ, start_response): pass\n")
    (libraries / "werkzeug").mkdir(parents=True)
    for name, text in files.items():
        (libraries / "werkzeug" / name).write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "devtui", "hello", "--plain", "--port", "0"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(libraries)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    output = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "Traceback" not in output
    (line,) = [line for line in output.splitlines() if "devtui cannot import" in line]
    place = f" from {str(libraries / 'werkzeug' / failing)!r}" if failing else ""
    assert f"devtui cannot import werkzeug{place} ({why}" in line
    assert line.endswith(f"{sys.executable} -m pip install --force-reinstall werkzeug")
