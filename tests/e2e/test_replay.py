"""Send requests again in a real terminal: as they were, changed, compared."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.client import get, post, request
from tests.support.processes import DEADLINE
from tests.support.terminal.dashboard_page import FIRST_MATCH, wait_serving
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

    def started(**environment: str) -> Terminal:
        state = {"XDG_STATE_HOME": str(tmp_path / "state"), **environment}
        folder = apps / "replay"
        terminal = devtui("shop", "--port", free_port, cwd=folder, environment=state)
        wait_serving(terminal, free_port, 20)
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
    terminal.wait_for("reload #2", 20)
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
    terminal.wait_for("reload #2", 20)
    terminal.press("a")
    terminal.wait_for(re.compile(r"↻ /items +same"))
    leave(terminal)


EDITOR = """\
#!/bin/sh
for file; do :; done
cp "$file" "{log}"
case "$(cat "{step}")" in
  break) sed -i 's/^Content-Type:/Content Type/' "$file" ;;
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


def copied(terminal: Terminal) -> str:
    """The text that the terminal got last for its clipboard."""
    return base64.b64decode(re.findall(rb"\x1b\]52;c;([^\x07\x1b]+)", terminal.raw)[-1]).decode()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_copy_as_curl_and_as_a_test(start: Start, url: str, apps: Path) -> None:
    terminal = start()
    answer = get(f"{url}/items", cookie="user=ada; session=hush-hush")
    terminal.wait_for("Requests 1")
    terminal.press("shift+y")
    found = terminal.wait_for(re.compile(r"(\d) curl +curl … http"))
    assert "hush-hush" not in terminal.text()
    terminal.press(found[1])
    terminal.wait_for("Copied curl")
    line = copied(terminal)
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, timeout=DEADLINE)
    assert done.stdout == answer.body
    terminal.wait_for("Requests 2")
    terminal.press("home", "shift+y")
    number = terminal.wait_for(re.compile(r"(\d) a pytest test"))[1]
    terminal.wait_for("HAR of all shown")
    terminal.press(number)
    terminal.wait_for("Copied a pytest test")
    folder = apps / "replay"
    (folder / "test_copied.py").write_text(copied(terminal))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_copied.py"]
    passed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert passed.returncode == 0, passed.stdout
    leave(terminal)


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
    terminal.wait_for(re.compile(r"GET +200 .*↻ /items +body differs: \$\.items\[0\]\.price"), 20)
    terminal.wait_for(re.compile(r"POST +200 .*↻ /order +same"))  # the numbers begin again
    terminal.press("*")  # on the row that repeats it
    terminal.wait_for(re.compile(r"POST +200 .* B +/order"))
    shop.write_text(shop.read_text().replace("PRICE = 3", "PRICE = 2"))
    terminal.wait_for(re.compile(r"↻ /items +same"), 20)
    terminal.wait_for("Requests 5")
    leave(terminal)
