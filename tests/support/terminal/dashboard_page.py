"""The texts that a person reads on the dashboard, as patterns to wait for."""

from __future__ import annotations

import base64
import re

from tests.support.processes import DEADLINE
from tests.support.terminal.terminal import Terminal

HELLO = """\
from flask import Flask

app = Flask(__name__)

@app.route("/")
def hello_world():
    return "<p>Hello, World!</p>"
"""
"""The minimal application that a newcomer to Flask writes."""

BARE = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [b"<p>Hello, World!</p>"]
"""
"""The same answer without a framework, whose import would be a fifth of a test's work."""

FIRST_MATCH = re.compile(r"(?<!row )\b1 of \d")
"""What a search in an opened row says at its first match; the lower border counts rows."""


def request_row(method: str, target: str, status: int) -> re.Pattern[str]:
    """The line of a finished request; its named groups are `time` and `size`.

    Its calls stand between the size and the target.
    """
    return re.compile(
        rf"(?<!\S){method}\s+{status}\s+(?P<time>\d+(?:\.\d+)? (?:ms|s))"
        rf"\s+(?P<size>\d+(?:\.\d+)? k?B)\s(?:[^\n/]*\s)?{re.escape(target)}(?=\s|$)",
        re.M,
    )


def seconds(words: str) -> float:
    """A duration as the dashboard writes it, in seconds."""
    number, unit = words.split()
    return float(number) / (1000 if unit == "ms" else 1)


def wait_serving(terminal: Terminal, port: int, timeout: float = DEADLINE) -> str:
    """Wait until the dashboard says that it serves on this port, and return the URL."""
    url = f"http://127.0.0.1:{port}"
    terminal.wait_for(url, timeout)
    terminal.wait_for(re.compile(r"\bserving\b(?! the error)", re.I), timeout)
    return url


def wait_reload(terminal: Terminal, generation: int, cause: str, timeout: float = DEADLINE) -> None:
    """Wait until the reloads pane says that this generation answers, how long it took, and why."""
    terminal.press("3")
    row = rf"#{generation}\s+\d+(\.\d+)? (ms|s)\s[^\n]*{re.escape(cause)}"
    terminal.wait_for(re.compile(row), timeout)
    terminal.press("1")


def resized(terminal: Terminal, size: tuple[int, int]) -> None:
    """Change the size, and wait for the key bar at the new end of the screen."""
    terminal.resize(*size)
    terminal.wait_for(re.compile(rf"^.{{{size[0] - 8}}}q leave\Z", re.M))


def copies(terminal: Terminal) -> list[str]:
    """The texts that the terminal got for its clipboard, the last one at the end."""
    found = re.findall(rb"\x1b\]52;c;([^\x07\x1b]+)\x07", terminal.raw)
    return [base64.b64decode(text).decode() for text in found]
