import os
import stat
import sys
import zlib
from pathlib import Path

import pytest
from werkzeug.test import Client

from devtui import demo
from devtui.demo import example


@pytest.fixture
def client() -> Client:
    return Client(example.app)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return demo.make_copy()


def test_the_index_links_every_page_and_names_its_own_file(client: Client) -> None:
    text = client.get("/").text
    assert all(f"href='{path}'" in text for path in example.PAGES)
    assert example.__file__ in text


@pytest.mark.parametrize(
    ("path", "status", "content_type"),
    [
        ("/fast", 200, "text/html"),
        ("/orders", 200, "text/html"),
        ("/report", 200, "text/html"),
        ("/redirect", 302, "text/html"),
        ("/missing", 404, "text/html"),
        ("/form", 200, "text/html"),
        ("/json", 200, "application/json"),
        ("/image", 200, "image/png"),
    ],
)
def test_pages(client: Client, path: str, status: int, content_type: str) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert response.mimetype == content_type


def test_every_page_that_is_linked_has_a_view_but_the_missing_one() -> None:
    assert {f"/{name}" for name in example.VIEWS if name != "index"} == set(example.PAGES) - {
        "/missing"
    }


def test_slow_and_stream_take_their_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    assert client.get("/slow").status_code == 200
    assert pauses == [1.5]
    response = client.get("/stream")
    assert response.is_streamed
    assert response.text.splitlines()[-1] == "piece 5 of 5"
    assert len(pauses) == 6


def test_the_form_answers_with_the_name_escaped(client: Client) -> None:
    text = client.post("/form", data={"name": "<Ada>"}).text
    assert "<b>&lt;Ada&gt;</b>" in text


def test_log_writes_to_everything(
    client: Client, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.warns(FutureWarning, match="cold coffee"):
        assert client.get("/log").status_code == 200
    out, err = capfd.readouterr()
    assert "print: this goes to standard output" in out
    assert "a child process says hello" in out
    assert "standard error" in err
    levels = [record.levelname for record in caplog.records if record.name == "demo"]
    assert levels == ["DEBUG", "INFO", "WARNING", "ERROR"]


def test_error_has_a_cause(client: Client) -> None:
    with pytest.raises(LookupError, match="no tea") as caught:
        client.get("/error")
    assert isinstance(caught.value.__cause__, KeyError)


def test_the_image_is_a_whole_png(client: Client) -> None:
    data = client.get("/image").data
    assert data.startswith(b"\x89PNG")
    length = int.from_bytes(data[33:37], "big")
    assert len(zlib.decompress(data[41 : 41 + length])) == 128 * (1 + 3 * 128)


def test_the_copy_is_private_and_whole(copy: Path) -> None:
    assert copy.name.startswith("devtui-demo-")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700
    assert (copy / "app.py").read_bytes() == Path(example.__file__).read_bytes()


def test_an_untouched_copy_is_removed(copy: Path) -> None:
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__" / f"app.{sys.implementation.cache_tag}.pyc").touch()
    assert demo.discard_unless_edited(copy) is False
    assert not copy.exists()


@pytest.mark.parametrize("edit", ["change", "remove", "add"])
def test_an_edited_copy_is_kept(copy: Path, edit: str) -> None:
    match edit:
        case "change":
            (copy / "app.py").write_text("app = None\n")
        case "remove":
            os.remove(copy / "app.py")
        case "add":
            (copy / "notes.txt").touch()
    assert demo.discard_unless_edited(copy) is True
    assert copy.exists()


def test_a_copy_that_is_gone_was_not_kept(tmp_path: Path) -> None:
    assert demo.discard_unless_edited(tmp_path / "gone") is False
