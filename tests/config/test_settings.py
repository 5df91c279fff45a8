"""The settings of a session."""

from __future__ import annotations

import pytest

from devtui.config.settings import Settings


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("::1", True),
        ("::1%lo", True),
        ("unix:///tmp/socket", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.7", False),
        ("fe80::1%eth0", False),
        ("example.com", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_who_can_reach_the_server(host: str, loopback: bool) -> None:
    assert Settings(host=host).is_loopback is loopback


@pytest.mark.parametrize(
    ("host", "cert", "url"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:8000"),
        ("localhost", None, "http://localhost:8000"),
        ("127.0.0.1", "adhoc", "https://127.0.0.1:8000"),
        ("::1", None, "http://[::1]:8000"),
        ("0.0.0.0", None, "http://127.0.0.1:8000"),
        ("::", "adhoc", "https://[::1]:8000"),
        ("unix:///tmp/a b", None, "unix:///tmp/a b"),
    ],
)
def test_the_url_for_a_browser(host: str, cert: str | None, url: str) -> None:
    assert Settings(host=host, cert=cert).url(8000) == url


def test_a_unix_socket_is_found_from_any_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert Settings(host="unix://run/app.sock").socket_path == "/run/app.sock"
    assert Settings(host="unix:///run/app.sock").socket_path == "/run/app.sock"


def test_debug_mode_is_reloader_and_debugger() -> None:
    on = Settings(debug=False, reload=True, debugger=False).with_debug(True)
    assert (on.debug, on.reload, on.debugger) == (True, True, True)
    off = on.with_debug(False)
    assert (off.debug, off.reload, off.debugger) == (False, False, False)


def test_refused_parts_stay_off_in_debug_mode() -> None:
    refused = Settings().with_parts(reload=None, debugger=False)
    assert (refused.debug, refused.reload, refused.debugger) == (True, True, False)
    again = refused.with_debug(False).with_debug(True)
    assert (again.debug, again.reload, again.debugger) == (True, True, False)
    assert refused.with_parts(reload=False, debugger=None).with_debug(True).reload is False
    allowed = refused.with_parts(reload=None, debugger=True).with_debug(False).with_debug(True)
    assert (allowed.reload, allowed.debugger) == (True, True)
    still = Settings().with_parts(reload=None, debugger=None, live=False).with_debug(True)
    assert (still.reload, still.debugger, still.live) == (True, True, False)


def test_a_change_makes_new_settings() -> None:
    settings = Settings(app="hello")
    assert settings.with_port(8000) == Settings(app="hello", port=8000)
    assert settings.port == 5000
    with pytest.raises(AttributeError, match="immutable"):
        settings.port = 1
