"""What a folder offers as an app is found without importing it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devtui.session import app_candidates
from devtui.session.app_candidates import MAX_BYTES, MAX_FOUND
from tests.support.projects import write


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"hello.py": "app = Flask(__name__)"}, ["hello"]),
        ({"shop.py": "server = flask.Flask(__name__)"}, ["shop:server"]),
        ({"shop.py": "one = Flask('a')\ntwo = Bottle()"}, ["shop:one", "shop:two"]),
        ({"pkg/__init__.py": "def create_app(): ..."}, ["pkg"]),
        ({"site/wsgi.py": "application = get_wsgi_application()"}, ["site.wsgi"]),
        ({"pkg/app.py": "x = 1", "api.py": "app = falcon.App()"}, ["api"]),
        ({"a.py": "app = 5", "b.py": "def f():\n app = Flask('a')", "c.py": "app = ("}, []),
        ({"not-a-name.py": "app = Flask('a')", "notes.txt": "app = Flask('a')"}, []),
    ],
)
def test_names(tmp_path: Path, files: dict[str, str], found: list[str]) -> None:
    write(tmp_path, files)
    assert app_candidates.find(str(tmp_path)) == found


def test_odd_files_stop_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "warns.py").write_text("app = Flask('\\d')")
    (tmp_path / "large.py").write_text("app = Flask('a')\n" + "#" * MAX_BYTES)
    (tmp_path / "deep.py").write_text("x = " + "(" * 5_000)
    assert app_candidates.find(str(tmp_path)) == ["warns"]
    assert capfd.readouterr() == ("", "")
    assert app_candidates.find(str(tmp_path / "missing")) == []


def test_their_number_is_bounded(tmp_path: Path) -> None:
    write(tmp_path, {f"app_{number}.py": "app = Flask('a')" for number in range(50)})
    assert len(app_candidates.find(str(tmp_path))) == MAX_FOUND
