"""Projects with surprising names are served as `flask run` serves them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.client import get
from tests.support.projects import says, write
from tests.support.terminal.starter import Devtui, next_event

pytestmark = pytest.mark.e2e


@pytest.mark.skipif(sys.platform == "darwin", reason="names are UTF-8 there")
def test_a_folder_whose_name_is_not_utf_8(devtui: Devtui, tmp_path: Path, free_port: int) -> None:
    folder = tmp_path / os.fsdecode(b"b\xe4h")
    write(folder, {"hello.py": says("one")})
    process = devtui.start("hello", "--port", free_port, "--json", cwd=folder)
    url = next_event(process, "serving")["url"]
    assert get(url).text == "one"
    write(folder, {"hello.py": says("two")})
    assert next_event(process, "reloaded")["failed"] is False
    assert get(url).text == "two"
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=20)
    assert '"files_changed"' not in told, "one save is one reload"


@pytest.mark.parametrize("name", ["click", "jinja2", "blinker"])
def test_a_module_with_the_name_of_one_of_flask_s(
    devtui: Devtui, tmp_path: Path, free_port: int, name: str
) -> None:
    app = "from flask import Flask\napp = Flask(__name__)\n@app.get('/')\ndef i(): return '{}'\n"
    write(tmp_path, {"hello.py": app.format("one"), f"{name}.py": "nothing = 1\n"})
    process = devtui.start("hello", "--port", free_port, "--json")
    url = next_event(process, "serving")["url"]
    assert get(url).text == "one"
    write(tmp_path, {"hello.py": app.format("two")})
    assert next_event(process, "reloaded")["failed"] is False
    assert get(url).text == "two"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143


def test_an_init_file_in_the_project_s_folder_is_reported(
    devtui: Devtui, tmp_path: Path, free_port: int
) -> None:
    write(
        tmp_path / "proj",
        {"__init__.py": "", "models.py": "", "app.py": f"import models\n{says('one')}"},
    )
    process = devtui.start("--port", free_port, "--json", cwd=tmp_path / "proj")
    failed = next_event(process, "app_failed")
    assert failed["message"] == "ModuleNotFoundError: No module named 'models'"
    _, told = process.communicate(timeout=20)
    for text in (failed["error"]["text"], told):
        assert "while importing 'proj.app'" in text
        assert str(tmp_path / "proj" / "__init__.py") in text
    assert process.returncode == 1


def test_a_certificate_may_be_an_object(devtui: Devtui, tmp_path: Path, free_port: int) -> None:
    pytest.importorskip("cryptography")
    make = "from werkzeug.serving import generate_adhoc_ssl_context\n"
    write(
        tmp_path,
        {"hello.py": says("one"), "secure.py": f"{make}CONTEXT = generate_adhoc_ssl_context()\n"},
    )
    process = devtui.start("hello", "--port", free_port, "--json", "--cert", "secure.CONTEXT")
    url = next_event(process, "serving")["url"]
    assert url == f"https://127.0.0.1:{free_port}"
    assert get(url).text == "one"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143


@pytest.mark.parametrize(
    ("text", "told"),
    [("CONTEXT = 1\n", "is not an ssl.SSLContext, but of type int"), ("1 / 0\n", "by zero")],
)
def test_a_wrong_object_is_not_a_certificate(
    devtui: Devtui, tmp_path: Path, free_port: int, text: str, told: str
) -> None:
    write(tmp_path, {"hello.py": says("one"), "secure.py": text})
    process = devtui.start("hello", "--port", free_port, "--json", "--cert", "secure.CONTEXT")
    message = next_event(process, "app_failed")["message"]
    assert message.startswith("The certificate cannot be used: ")
    assert told in message
    process.communicate(timeout=20)
    assert process.returncode == 1
