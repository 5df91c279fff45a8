"""Send requests again in a real terminal: as they were, changed, compared."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.client import get, post, request, send_raw
from tests.support.processes import DEADLINE, eventually
from tests.support.terminal.dashboard_page import FIRST_MATCH, copies, wait_serving
from tests.support.terminal.starter import Devtui
from tests.support.terminal.terminal import Terminal

pytestmark = pytest.mark.e2e

Start = Callable[..., Terminal]


@pytest.fixture
def url(free_port: int) -> str:
    return f"http://127.0.0.1:{free_port}"


@pytest.fixture
def start(devtui: Devtui, apps: Path, free_port: int, tmp_path: Path) -> Start:
    pytest.importorskip("flask", reason="Flask is not installed")

    def started(size: tuple[int, int] = (120, 40), **environment: str) -> Terminal:
        state = {"XDG_STATE_HOME": str(tmp_path / "state"), **environment}
        folder = apps / "replay"
        terminal = devtui("shop", "--port", free_port, cwd=folder, size=size, environment=state)
        wait_serving(terminal, free_port)
        return terminal

    return started


def leave(terminal: Terminal) -> None:
    terminal.press("ctrl+q")
    terminal.expect_exit(0)
    terminal.restored()


def test_send_again_after_a_change_and_see_both(start: Start, url: str, apps: Path) -> None:
    terminal = start()
    get(f"{url}/items", cookie="user=ada; session=hush-hush")
    terminal.wait_for("Requests 1")
    terminal.press("a")
    terminal.wait_for(re.compile(r"↻ /items +same"))
    shop = apps / "replay" / "shop.py"
    shop.write_text(shop.read_text().replace("PRICE = 2", "PRICE = 3"))
    terminal.wait_for("reload #2")
    terminal.press("home", "enter")
    terminal.wait_for("GET /items")
    terminal.wait_for("general")
    terminal.press("a")
    terminal.wait_for(re.compile(r"compared with 1-\d+"))
    terminal.wait_for(re.compile(r"now +body differs: \$\.items\[0\]\.price"))
    terminal.wait_for(re.compile(r"before +200 +GET /items .*generation 1"))
    for text in ("$.items[2].price", "- 4", "+ 5"):
        terminal.wait_for(text)
    assert "hush-hush" not in terminal.text()
    # What differs each time is ignored with a key, and told again with the same one.
    terminal.press("/")
    terminal.type("$.items[0].price")
    terminal.wait_for(FIRST_MATCH)
    terminal.press("enter", "n", "h")
    terminal.wait_for(re.compile(r"now +same"))
    terminal.wait_for("ignored differences, 3 here")
    terminal.wait_for("json $.items[*].price")
    leave(terminal)
    terminal = start()
    get(f"{url}/items")
    terminal.wait_for("Requests 1")
    shop.write_text(shop.read_text().replace("PRICE = 3", "PRICE = 4"))
    terminal.wait_for("reload #2")
    terminal.press("a")
    terminal.wait_for(re.compile(r"↻ /items +same"))
    leave(terminal)


def test_every_part_is_compared(start: Start, url: str, apps: Path) -> None:
    terminal = start(size=(120, 60))
    for path in ("/report", "/logo"):
        get(url + path)
    terminal.wait_for("Requests 2")
    shop = apps / "replay" / "shop.py"
    shop.write_text(shop.read_text().replace("PRICE = 2", "PRICE = 3"))
    terminal.wait_for("reload #2")
    terminal.press("home", "down", "a")
    terminal.wait_for(re.compile(r"↻ /logo +body differs: content"))
    terminal.press("home", "a")
    terminal.wait_for(re.compile(r"↻ /report +body differs: line 2, 2 -> 3 sql"))
    terminal.press("end", "enter")
    terminal.wait_for(re.compile(r"time +\S+ m?s -> \S+ m?s"))
    for section, place, before, after in (
        ("headers", "x-price", "2", "3"),
        ("body", "line 2", "price 2", "price 3"),
        ("calls", "sql shop.py in report", "2 x SELECT 1", "3 x SELECT 1"),
        ("output", "line 1", "the price is 2", "the price is 3"),
    ):
        lines = rf"changed {section}\W*\n\W*{place}\W*\n\W*- {before}\W*\n\W*\+ {after}\b"
        terminal.wait_for(re.compile(lines))
    # The line of the first request leads to it.
    terminal.press("/")
    terminal.type("before  ")
    terminal.wait_for("1 of ")
    terminal.press("enter", "enter")
    terminal.wait_gone("compared with")
    terminal.wait_for(re.compile(r"served by +generation 1"))
    leave(terminal)


EDITOR = """\
#!/bin/sh
for file; do :; done
cp "$file" "{log}"
case "$(cat "{step}")" in
  break) sed -i 's/^Content-Type:/Content Type/' "$file" ;;
  body) sed -i 's/^Content Type/Content-Type:/' "$file"
    printf new > "$(sed -n 's/^< //p' "$file")" ;;
  mend) sed -i 's/^Content Type/Content-Type:/; s/item=tea/item=pie/' "$file" ;;
esac
"""


def test_change_a_request_in_the_editor(start: Start, url: str, tmp_path: Path) -> None:
    editor, step, log = (tmp_path / name for name in ("ed.sh", "step", "log"))
    editor.write_text(EDITOR.format(step=step, log=log))
    editor.chmod(0o755)
    terminal = start(EDITOR=str(editor), VISUAL="", TMPDIR=str(tmp_path))
    post(f"{url}/order", {"item": "tea", "password": "hush-hush"})
    terminal.wait_for("Requests 1")
    step.write_text("look")
    terminal.press("shift+a")
    terminal.wait_for("Nothing was changed")
    assert "item=tea&password=hush-hush" in log.read_text()
    step.write_text("break")
    terminal.press("shift+a")
    terminal.wait_for(re.compile(r"Line \d+: 'Content Type"))
    step.write_text("mend")
    terminal.press("shift+a")
    terminal.wait_for(re.compile(r"POST +200 .*↻ /order +body differs: \$\.item"))
    assert "Content Type" in log.read_text()  # the text with the mistake was not lost
    terminal.press("end", "enter")
    changed = r"changed request\W*\n\W*field item\W*\n\W*- tea\W*\n\W*\+ pie\W*\n\W*▾ changed body"
    terminal.wait_for(re.compile(changed))
    terminal.press("escape")
    terminal.wait_gone("changed request")
    assert not list(tmp_path.glob("devtui-request-*"))
    # A body that is no text is a file beside the text.
    request(url, "POST", "/upload", b"\xff\x00\xfe", {"Content-Type": "application/x"})
    terminal.wait_for("Requests 3")
    step.write_text("break")
    terminal.press("end", "shift+a")
    terminal.wait_for(re.compile(r"Line \d+: 'Content Type"))
    step.write_text("body")
    terminal.press("shift+a")
    terminal.wait_for(re.compile(r"POST +200 .*↻ /upload +body differs: \$\.sum"))
    assert not list(tmp_path.glob("devtui-request-*"))
    terminal.press("2")
    terminal.wait_for("sold pie")
    leave(terminal)


def test_what_cannot_be_sent_says_why(start: Start, url: str) -> None:
    terminal = start()
    request(url, "POST", "/upload", b"x" * 40_000)
    terminal.wait_for("Requests 1")
    terminal.press("a")
    terminal.wait_for("Its body of 40 kB")
    assert "Requests 1" in terminal.text()
    leave(terminal)


def copied(terminal: Terminal, what: str) -> str:
    """Copy the selected request as something."""
    before = len(copies(terminal))
    terminal.press("shift+y")
    number = terminal.wait_for(re.compile(rf"(\d) {what}  "))[1]
    assert "hush-hush" not in terminal.text()
    terminal.press(number)
    assert eventually(lambda: len(copies(terminal)) > before)
    terminal.wait_gone("enter or number copy")
    return copies(terminal)[-1]


FILE = b"""--b\r\nContent-Disposition: form-data; name="it's"\r\n\r\nGr\xc3\xb6\xc3\x9fe\r
--b\r\nContent-Disposition: form-data; name="file"; filename="$(x).png"\r\n\r\n\x00\xff%s\\n\r
--b--\r
"""


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_copy_a_request_for_the_shell_for_a_socket_and_as_a_test(
    start: Start, url: str, apps: Path, free_port: int
) -> None:
    terminal = start()
    answer = get(f"{url}/items", cookie="user=ada; session=hush-hush")
    terminal.wait_for("Requests 1")
    in_shell(copied(terminal, "curl"), answer.body)
    terminal.wait_for("Requests 2")
    terminal.press("home", "shift+y")
    terminal.wait_for("HAR of all shown")
    terminal.press("escape")
    test = copied(terminal, "a pytest test")
    folder = apps / "replay"
    (folder / "test_copied.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_copied.py"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    passed = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, env=environment
    )
    assert passed.returncode == 0, passed.stdout

    odd = {"Content-Type": "multipart/form-data; boundary=b", "X-Kind": 'it\'s "$HOME" \\'}
    uploaded = request(url, "POST", "/upload", FILE, odd)
    terminal.wait_for("Requests 3")
    terminal.press("end")
    line = copied(terminal, "curl")
    for shell in ("sh", "bash"):
        in_shell(line, uploaded.body, shell)
    terminal.wait_for("Requests 5")
    terminal.press("home", "down", "down")
    (entry,) = json.loads(copied(terminal, "HAR"))["log"]["entries"]
    assert entry["request"]["url"] == f"{url}/upload"
    assert entry["response"]["content"]["text"] == uploaded.text

    text = 'it\'s "Größe"\n\t%s\\n'
    uploaded = request(url, "POST", "/upload", f"{text}.".encode(), {"Content-Type": "text/plain"})
    terminal.wait_for("Requests 6")
    terminal.press("end")
    in_shell(copied(terminal, "curl"), uploaded.body)
    wire = copied(terminal, "the raw request")
    sent = send_raw(free_port, wire.replace("HTTP/1.1", "HTTP/1.0", 1).encode())
    assert sent.endswith(uploaded.body)
    leave(terminal)


def in_shell(line: str, wanted: bytes, shell: str = "sh") -> None:
    """Run a copied line, and see what it prints."""
    done = subprocess.run([shell, "-c", line], capture_output=True, timeout=DEADLINE)
    assert done.stdout == wanted, done.stderr


def test_pinned_requests_follow_each_save(start: Start, url: str, apps: Path) -> None:
    terminal = start()
    get(f"{url}/items")
    post(f"{url}/order", {"item": "tea"})
    terminal.wait_for("Requests 2")
    terminal.press("home", "*")
    terminal.wait_for(re.compile(r"GET +200 .*\* /items"))
    terminal.press("end", "*")
    terminal.wait_for("Pin a request that may change data")
    terminal.press("escape")
    terminal.wait_gone("Pin a request that may change data")
    terminal.press("*", "enter")
    terminal.wait_for(re.compile(r"POST +200 .*\* /order"))
    shop = apps / "replay" / "shop.py"
    shop.write_text(shop.read_text().replace("PRICE = 2", "PRICE = 3"))
    terminal.wait_for(re.compile(r"GET +200 .*↻ /items +body differs: \$\.items\[0\]\.price"))
    terminal.wait_for(re.compile(r"POST +200 .*↻ /order +same"))  # the numbers begin again
    terminal.press("*")  # on the row that repeats it
    terminal.wait_for(re.compile(r"POST +200 .* B +/order"))
    shop.write_text(shop.read_text().replace("PRICE = 3", "PRICE = 2"))
    terminal.wait_for(re.compile(r"↻ /items +same"))
    terminal.wait_for("Requests 5")
    shop.write_text(shop.read_text().replace("return jsonify(items", "return 1 / 0, jsonify(items"))
    terminal.wait_for(re.compile(r"GET +500 .*↻ /items +500 now"))
    leave(terminal)
