"""Who may use the debugger: only the developer's own pages and processes.

A cookie goes to every port of a host, so another user's page on 127.0.0.1 is sent the one that
unlocks the debugger.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.faults.access.conftest import AsStranger
from tests.faults.access.test_debugger_access import FAILING, HTML, secret_of, typed
from tests.support.live import Live, Serve

pytestmark = pytest.mark.e2e

# As a browser that was unlocked asks, but from where its user comes.
ASKS = """
port, target, cookie, ends = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
if ends == "closes":
    request = f"GET {target} HTTP/1.1\\r\\nHost: localhost\\r\\nCookie: {cookie}\\r\\n\\r\\n"
    end = socket.create_connection(("127.0.0.1", port))
    end.sendall(request.encode())
    end.close()
else:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", target, headers={"Cookie": cookie})
    answer = connection.getresponse()
    print(answer.status, answer.read().decode())
"""


def unlocked(live: Live) -> tuple[str, str]:
    """Unlock the debugger; return the secret of its page and the cookie."""
    pin = live.pin()
    secret = secret_of(live)
    target = f"/?__debugger__=yes&cmd=pinauth&pin={quote(pin)}&s={secret}"
    cookie = live.get(target).headers["Set-Cookie"].partition(";")[0]
    assert live.get("/console").status == 200
    return secret, cookie


def command(secret: str, file: Path) -> str:
    """The target that makes the unlocked debugger write a file."""
    code = quote(f"open({str(file)!r}, 'w').close()")
    return f"/?__debugger__=yes&cmd={code}&frm=0&s={secret}"


def test_its_own_page_may_ask(serve: Serve, tmp_path: Path) -> None:
    live = serve(FAILING)
    secret, cookie = unlocked(live)
    headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
    assert live.get(command(secret, tmp_path / "RUN"), headers=headers).status == 200
    assert (tmp_path / "RUN").exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:6017"},
        {"Origin": "null"},
        {"Origin": "http://[x"},
    ],
    ids=lambda headers: "-".join(headers.values()),
)
def test_the_page_of_another_port_may_not(
    serve: Serve, tmp_path: Path, headers: dict[str, str]
) -> None:
    live = serve(FAILING)
    secret, cookie = unlocked(live)
    asked = {"Cookie": cookie, **headers}
    target = command(secret, tmp_path / "RUN")
    for spelling in (target, target.replace("__debugger__=yes", "%5F_debugger__=%79es")):
        for accept in ({}, HTML):
            answer = live.get(spelling, headers={**asked, **accept})
            assert not (tmp_path / "RUN").exists(), answer.text
    answer = live.get(target, headers=asked)
    assert answer.status == 403
    assert "other sites and ports" in answer.text
    assert live.get("/console", headers=asked).status == 403
    guess = f"/?__debugger__=yes&cmd=pinauth&pin=0&s={secret}"
    assert live.get(guess, headers=asked).status == 403
    assert typed(live, live.pin(), secret) == {"auth": True, "exhausted": False}
    # The app itself answers whom it wants to answer.
    assert live.get("/", headers=asked).text == "works"


def test_another_user_may_not_even_with_the_cookie(
    serve: Serve, tmp_path: Path, as_stranger: AsStranger
) -> None:
    live = serve(FAILING)
    secret, cookie = unlocked(live)
    port = str(live.session.settings.port)

    def asked(target: str, ends: str = "waits") -> str:
        return as_stranger(ASKS, port, target, cookie, ends).decode()

    target = command(secret, tmp_path / "RUN")
    refused = asked(target)
    assert refused.startswith("403 ")
    assert "answers only the user who has started devtui" in refused
    assert asked("/console").startswith("403 ")
    assert asked(f"/?__debugger__=yes&cmd=pinauth&pin=0&s={secret}").startswith("403 ")
    assert asked("/").startswith("200 works")
    # The system forgets whose the end was that a client has closed.
    for _ in range(10):
        asked(target, "closes")
    live.row(target, 11)
    assert not (tmp_path / "RUN").exists()
