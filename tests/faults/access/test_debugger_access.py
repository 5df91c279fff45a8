"""Access to the debugger in the browser: the PIN, failed attempts, and trusted hosts."""

from __future__ import annotations

import os
import pwd
import re
import socket
import sys
import threading
import time
import types
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unittest import mock
from urllib.parse import quote

import pytest
from werkzeug.debug import get_pin_and_cookie_name

from devtui.config.settings import Settings
from devtui.events import DebuggerReady, PinAttempted, ServerStarted
from devtui.session.debugger_pin import LOCKED, MAX_FAILED, DebuggerPin
from tests.faults.access.conftest import AsStranger
from tests.support.live import Live, Serve
from tests.support.projects import app_environment, write

pytestmark = pytest.mark.e2e

HTML = {"Accept": "text/html"}

FAILING = """\
def app(environ, start_response):
    secret = "in the locals"
    if environ["PATH_INFO"] == "/fail":
        raise ValueError("the app's own words")
    start_response("200 OK", [])
    return [b"works"]
"""

# Werkzeug would compute the PIN from these, which every user of the machine can read. In another
# account this is a program; `computed` does the same here.
COMPUTES = """\
import sys, types
from werkzeug.debug import get_pin_and_cookie_name
sys.modules["app"] = types.ModuleType("app")
sys.modules["app"].__file__ = sys.argv[1]
def app(environ, start_response): pass
app.__module__ = "app"
print(*get_pin_and_cookie_name(app))
"""


def secret_of(live: Live) -> str:
    """Return the secret that the scripts of the debugger's page send along."""
    found = re.search(r'SECRET = "(\w+)"', live.get("/fail", headers=HTML).text)
    assert found is not None
    return found[1]


def typed(live: Live, pin: str, secret: str) -> dict[str, bool]:
    """Type a PIN and return the result."""
    answer = live.get(f"/?__debugger__=yes&cmd=pinauth&pin={quote(pin)}&s={secret}", timeout=60)
    assert answer.status == 200
    result: dict[str, bool] = eval(answer.text, {"true": True, "false": False})
    return result


def computed(file: Path) -> tuple[str, str]:
    """Return the PIN and the cookie's name that Werkzeug computes for the app in a file."""

    def app() -> None: ...

    app.__module__ = "app"
    module = types.ModuleType("app")
    module.__file__ = str(file)
    with mock.patch.dict(sys.modules, app=module):
        pin, cookie = get_pin_and_cookie_name(app)  # type: ignore[arg-type]
    assert pin is not None
    assert cookie is not None
    return pin, cookie


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One session for all tests that only look: its app fails at `/fail`."""
    folder = tmp_path_factory.mktemp("failing").resolve()
    write(folder, {"app.py": FAILING})
    settings = Settings(
        app="app", folder=folder, port=0, reload=False, environment=app_environment()
    )
    with Live(settings) as live:
        live.serving()
        yield live


# -- the PIN -------------------------------------------------------------------------------------


def test_each_session_draws_its_own() -> None:
    pins = [DebuggerPin().for_load() for _ in range(50)]
    assert len({pin.pin for pin in pins}) == len({pin.cookie for pin in pins}) == 50
    assert all(re.fullmatch(r"\d{3}-\d{3}-\d{3}", pin.pin) for pin in pins)


def test_nobody_can_compute_it(failing: Live) -> None:
    ready = failing.wait_for(DebuggerReady)
    pin, cookie = computed(failing.session.settings.folder / "app.py")
    assert ready.pin != pin
    assert ready.pin_cookie != cookie


@pytest.mark.parametrize(
    ("asked", "pin"),
    [("12-34", "12-34"), ("123456789", "123-456-789"), ("off", None)],
)
def test_the_variable_decides(serve: Serve, folder: Path, asked: str, pin: str | None) -> None:
    live = serve(FAILING, environment=app_environment(WERKZEUG_DEBUG_PIN=asked))
    ready = live.wait_for(DebuggerReady)
    assert ready.pin == pin
    # Otherwise anybody could try PINs in it without being counted.
    assert ready.pin_cookie not in computed(folder / "app.py")
    assert live.session.generations.pin == pin


@pytest.mark.parametrize("asked", ["", "on", "secret", "1 2"])
def test_an_invalid_pin_counts_as_unset(serve: Serve, folder: Path, asked: str) -> None:
    """Werkzeug would compute one."""
    live = serve(FAILING, environment=app_environment(WERKZEUG_DEBUG_PIN=asked))
    ready = live.wait_for(DebuggerReady)
    assert ready.pin == live.session.generations.pin
    assert ready.pin not in (None, asked, *computed(folder / "app.py"))


def test_a_pin_of_an_env_file_comes_and_goes(serve: Serve, folder: Path) -> None:
    pytest.importorskip("dotenv", reason="python-dotenv is not installed")
    live = serve({"app.py": FAILING, ".env": "WERKZEUG_DEBUG_PIN=11-22\n"})
    assert live.pin() == "11-22"
    write(folder, {".env": "OTHER=1\n"})
    live.call(live.session.restart)
    drawn = live.wait_for(DebuggerReady, lambda event: event.generation > 1).pin
    assert drawn not in (None, "11-22")
    assert live.session.generations.pin == drawn


# -- the attempts --------------------------------------------------------------------------------


def test_wrong_pins_are_counted_over_the_whole_session(serve: Serve) -> None:
    # Werkzeug sleeps for up to five seconds before it says that a PIN is wrong.
    live = serve(f"import time\ntime.sleep = lambda seconds: None\n{FAILING}", reload=False)
    pin = live.pin()
    secret = secret_of(live)
    for count in range(1, 5):
        assert typed(live, "0", secret) == {"auth": False, "exhausted": False}
        live.wait_for(PinAttempted, lambda event, count=count: event.failed_count == count)
    live.call(live.session.restart)
    live.reloaded()
    secret = secret_of(live)

    # Concurrent attempts count too.
    def guess() -> None:
        with suppress(OSError):
            typed(live, "0", secret)

    guesses = [threading.Thread(target=guess) for _ in range(20)]
    for one in guesses:
        one.start()
    for one in guesses:
        one.join(90)
    live.wait_for(PinAttempted, lambda event: event.failed_count == MAX_FAILED)
    counts = [event.failed_count for event in live.all(PinAttempted)]
    assert counts == list(range(1, MAX_FAILED + 1))
    assert live.line(LOCKED[:40]).level == "WARNING"
    assert typed(live, pin, secret) == {"auth": False, "exhausted": True}

    live.call(live.session.restart)
    live.reloaded(count=2)
    assert typed(live, pin, secret_of(live)) == {"auth": False, "exhausted": True}


def test_the_right_pin_resets_the_count(serve: Serve) -> None:
    live = serve(FAILING, reload=False)
    pin, secret = live.pin(), secret_of(live)
    assert not typed(live, "0", secret)["auth"]
    assert typed(live, pin, secret)["auth"]
    live.until(lambda: len(live.all(PinAttempted)) == 2)
    assert [event.failed_count for event in live.all(PinAttempted)] == [1, 0]


# -- another user of the machine -----------------------------------------------------------------


# Everything about the processes that another user may open, and all shared files since they began.
SNOOPS = r"""
pids = sys.argv[1].split(",")
began = float(sys.argv[2])
names = ["cmdline", "environ", "maps", "stat", "status", "comm", "mem", "auxv", "cgroup"]
paths = [f"/proc/{pid}/{name}" for pid in pids for name in names]
for pid in pids:
    try:
        paths += [f"/proc/{pid}/fd/{fd}" for fd in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        continue
for top in ("/tmp", "/var/tmp", "/dev/shm", "/run"):
    for where, folders, files in os.walk(top):
        for name in files:
            path = os.path.join(where, name)
            try:
                if os.lstat(path).st_ctime >= began:
                    paths.append(path)
            except OSError:
                continue
seen = 0
for path in paths:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            sys.stdout.buffer.write(file.read(1_000_000) or b"")
    except OSError:
        continue
    seen += 1
print(f"read {seen} files")
"""


def test_another_user_can_neither_compute_nor_read_it(
    serve: Serve, folder: Path, stranger: pwd.struct_passwd, as_stranger: AsStranger
) -> None:
    began = int(time.time())
    live = serve(FAILING)
    ready = live.wait_for(DebuggerReady)
    assert ready.pin
    assert ready.pin_cookie
    pids = [os.getpid(), *(event.pid for event in live.all(ServerStarted))]

    says = f"print(os.getuid())\n{COMPUTES}"
    user, *made = as_stranger(says, str(folder / "app.py")).decode().split()
    assert user == str(stranger.pw_uid)
    assert ready.pin not in made
    assert ready.pin_cookie not in made
    read = as_stranger(SNOOPS, ",".join(map(str, pids)), str(began))
    assert re.search(rb"read [1-9]\d* files", read)
    for hidden in (ready.pin, ready.pin.replace("-", ""), ready.pin_cookie):
        assert hidden.encode() not in read


# -- the hosts -----------------------------------------------------------------------------------

REBOUND = (
    "evil.example",
    "evil.example:5000",
    "127.0.0.1.evil",
    "[2001:db8::1]",
    "x" * 300,
    "a..b",
)


@pytest.mark.parametrize("accept", ["text/html", "*/*", "application/json"])
def test_only_trusted_hosts_see_an_error(failing: Live, accept: str) -> None:
    live, folder = failing, failing.session.settings.folder
    before = len(live.errors("the app's own words"))

    def shown(host: str) -> bool:
        answer = live.get("/fail", headers={"Accept": accept, "Host": host})
        assert answer.status == 500
        shows = [word in answer.text for word in ("own words", "raise ValueError", str(folder))]
        assert len(set(shows)) == 1
        if not shows[0]:
            assert answer.headers.get_content_type() == "text/plain"
            assert "--trusted-hosts" in answer.text
            assert "Traceback" not in answer.text
        return shows[0]

    assert [host for host in REBOUND if shown(host)] == []
    trusted = (
        "localhost",
        "LOCALHOST:5000",
        "app.localhost",
        "127.0.0.1:80",
        "[::1]",
        "[::1]:5000",
    )
    assert [host for host in trusted if not shown(host)] == []
    # The terminal still shows it.
    told = before + len(REBOUND) + len(trusted)
    live.until(lambda: len(live.errors("the app's own words")) == told)


def test_only_trusted_hosts_see_a_failed_load(serve: Serve, folder: Path) -> None:
    live = serve(FAILING)
    live.serving()
    write(folder, {"app.py": "import nothing_of_this_name\n"})
    live.reloaded(failed=True)
    assert "nothing_of_this_name" in live.get("/").text
    for headers in (HTML, {}):
        answer = live.get("/", headers={**headers, "Host": "evil.example"})
        assert answer.status == 500
        assert "nothing_of_this_name" not in answer.text


@pytest.mark.parametrize(
    "target",
    ["/console", "/fail?__debugger__=yes", "/fail?__debugger__=yes&cmd=pinauth&pin=1&s={}",
     "/?__debugger__=yes&cmd=resource&f=debugger.js", "/fail?__debugger__=%79es"],
)  # fmt: skip
def test_only_trusted_hosts_get_the_debugger(failing: Live, target: str) -> None:
    target = target.format(secret_of(failing))
    answer = failing.get(target, headers={**HTML, "Host": "evil.example"})
    assert answer.status == (500 if "%79" in target else 400)
    assert "'evil.example' is not one of them" in answer.text
    assert "--trusted-hosts evil.example" in answer.text
    assert "SECRET" not in answer.text
    assert failing.all(PinAttempted) == []


def test_the_user_can_trust_more_hosts(serve: Serve) -> None:
    live = serve(FAILING, trusted_hosts=("app.test", ".dev.example", "2001:db8::1"))
    live.serving()
    for host in ("app.test", "APP.test:80", "a.b.dev.example", "[2001:DB8:0::1]:5000"):
        assert "SECRET" in live.get("/fail", headers={**HTML, "Host": host}).text
        assert "SECRET" in live.get("/console", headers={**HTML, "Host": host}).text
    for host in ("other.app.test", "dev.example.evil", "[2001:db8::2]"):
        assert "SECRET" not in live.get("/fail", headers={**HTML, "Host": host}).text


@pytest.mark.parametrize("host", ["::1", "::"])
def test_its_own_ipv6_address_is_trusted(serve: Serve, host: str) -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6")
    live = serve(FAILING, host=host)
    assert live.serving().url.startswith("http://[::1]:")
    assert "EVALEX = true" in live.get("/fail", headers=HTML).text
    assert "SECRET" in live.get("/console").text


def test_a_browser_without_a_host_header_is_not_trusted(failing: Live) -> None:
    answer = failing.send_raw(b"GET /fail HTTP/1.0\r\nAccept: text/html\r\n\r\n")
    assert b"own words" not in answer
    assert b"--trusted-hosts NAME" in answer
