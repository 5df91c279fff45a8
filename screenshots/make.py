"""Makes every picture in this folder again, from real sessions of the real program.

Run it in an environment that has devtui and its test group: `python -m screenshots.make`. Give
names to make only those: `python -m screenshots.make main reload`. With `--png` each picture is
also written as PNG, which needs `rsvg-convert`.
"""

from __future__ import annotations

import argparse
import base64
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from devtui.session.reload.restart_loops import SOON_SECONDS
from tests.support.browser import FLAGS, find_chromium
from tests.support.client import get, post
from tests.support.processes import can_bind, eventually, free_port
from tests.support.terminal.dashboard_page import request_row, wait_reload, wait_serving
from tests.support.terminal.terminal import Terminal

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

HERE = Path(__file__).parent

WIDE = (120, 40)
WIDEST = (200, 50)
SMALL = (80, 24)
PAGE: ViewportSize = {"width": 420, "height": 568}
GAP = 16


class Session:
    """The example application in a terminal: its URL, and the file to edit."""

    def __init__(self, terminal: Terminal, url: str) -> None:
        self.terminal = terminal
        self.url = url
        found = re.search(r"<code>(.*?)</code>", get(f"{url}/").text)
        assert found is not None, "the example's index page no longer names its file"
        self.source = Path(found[1])

    def ask(self, *pages: str) -> None:
        """Request pages and wait until the dashboard has each."""
        for page in pages:
            answer = get(self.url + page)
            self.terminal.wait_for(request_row("GET", page, answer.status))

    def edit(self, old: str, new: str) -> None:
        """Change the application's source."""
        text = self.source.read_text()
        assert old in text, f"the example no longer has {old!r}"
        self.source.write_text(text.replace(old, new))


@contextmanager
def session(size: tuple[int, int]) -> Iterator[Session]:
    """The example under devtui, in a terminal of this size, until the block ends."""
    port = 5000 if can_bind(5000) else free_port()
    command = [sys.executable, "-m", "devtui", "--demo", "--port", str(port)]
    with Terminal(command, cwd=HERE, size=size) as terminal:
        shown = Session(terminal, wait_serving(terminal, port))
        try:
            yield shown
            terminal.press("ctrl+q")
            terminal.wait_exit()
        finally:
            # devtui keeps what was edited, and could not remove it where it was killed.
            shutil.rmtree(shown.source.parent, ignore_errors=True)


def busy(shown: Session) -> None:
    """Some minutes of work in a few seconds."""
    shown.ask("/fast", "/json?page=2", "/redirect", "/form")
    post(f"{shown.url}/form", {"name": "Ada"})
    shown.ask("/log", "/missing", "/stream", "/image", "/slow", "/error")
    shown.ask("/fast?again", "/json")


def main_screen(picture: Path) -> None:
    """The main screen: requests, the log, one reload and one error."""
    with session(WIDE) as shown:
        busy(shown)
        time.sleep(2 * SOON_SECONDS)  # a save right after a load may be the app's own
        shown.edit('GREETING = "Hello', 'GREETING = "Hello again')
        wait_reload(shown.terminal, 2, "app.py")
        shown.ask("/fast?reloaded", "/log")
        save(shown, picture, "devtui: requests, the log, one reload and one error of the example")


def wide_screen(picture: Path) -> None:
    """The selected error beside the panes of a wide terminal."""
    with session(WIDEST) as shown:
        busy(shown)
        shown.terminal.press("4")
        shown.terminal.wait_for("The above exception was the direct cause")
        save(shown, picture, "devtui: the selected error beside the panes")


def small_screen(picture: Path) -> None:
    """The same in the smallest usual terminal."""
    with session(SMALL) as shown:
        busy(shown)
        save(shown, picture, "devtui in a terminal of 80 by 24 characters")


def opened_request(picture: Path) -> None:
    """One request: headers, timing, output, bodies."""
    with session(WIDE) as shown:
        shown.ask("/fast", "/log", "/json?name=Ada")
        shown.terminal.press("enter")
        shown.terminal.wait_for("first byte")
        save(shown, picture, "devtui: one request opened")


def followed_page(picture: Path) -> None:
    """A save, and the page in the browser beside it, which has followed."""
    from playwright.sync_api import sync_playwright

    with session((100, 30)) as shown, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport=PAGE)
        page.goto(shown.url)
        shown.terminal.wait_for("live 1")
        time.sleep(2 * SOON_SECONDS)  # a save right after a load may be the app's own
        shown.edit('GREETING = "Hello from', 'GREETING = "Hello again from')
        page.get_by_text("Hello again from").wait_for()
        wait_reload(shown.terminal, 2, "app.py")
        shown.terminal.wait_for("live 1")
        page.mouse.move(1, 1)
        image = page.screenshot()
        save(shown, picture, "devtui: a save")
        browser.close()
    beside(picture.with_suffix(".svg"), image, "devtui: a save, and the page that has followed it")


def beside(picture: Path, image: bytes, title: str) -> None:
    """Put a picture of a page to the right of a picture of a terminal."""
    terminal = picture.read_text(encoding="utf-8")
    width, height = (float(one) for one in re.findall(r'(?:width|height)="([\d.]+)"', terminal)[:2])
    whole, left = width + PAGE["width"] + GAP, width + GAP
    data = base64.b64encode(image).decode("ascii")
    picture.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole:g} {height:g}" '
        f'width="{whole:g}" height="{height:g}" role="img"><title>{title}</title>\n{terminal}'
        f'<image x="{left:g}" y="0" width="{PAGE["width"]}" height="{PAGE["height"]}" '
        f'href="data:image/png;base64,{data}"/>'
        f'<rect x="{left:g}" y="0" width="{PAGE["width"]}" height="{PAGE["height"]}" '
        'fill="none" stroke="#888"/></svg>\n',
        encoding="utf-8",
    )


def timeline_screen(picture: Path) -> None:
    """An N+1 in the timeline of its request."""
    with session(WIDE) as shown:
        shown.ask("/fast", "/orders")
        shown.terminal.press("enter")
        shown.terminal.wait_for("41 × SELECT")
        save(shown, picture, "devtui: the timeline of a request with an N+1")


def compared_requests(picture: Path) -> None:
    """A request that was sent again after a save, with what has changed."""
    with session(WIDE) as shown:
        shown.ask("/fast", "/json?name=Ada")
        shown.terminal.press("*")
        shown.terminal.wait_for("* /json")
        time.sleep(2 * SOON_SECONDS)  # a save right after a load may be the app's own
        shown.edit('GREETING = "Hello', 'GREETING = "Hello again')
        shown.terminal.wait_for(re.compile(r"↻ /json\S* +body differs"))
        shown.terminal.wait_gone("is sent again after every reload")
        shown.terminal.press("enter")
        shown.terminal.wait_for("compared with")
        save(shown, picture, "devtui: a pinned request after a save, and what has changed")


def profiled_request(picture: Path) -> None:
    """A request that computes, profiled."""
    with session(WIDE) as shown:
        shown.ask("/report")
        shown.terminal.press("t")
        shown.terminal.wait_for("where the time went")
        shown.terminal.wait_gone("Profiling GET")
        save(shown, picture, "devtui: where the time of a request went")


def log_screen(picture: Path) -> None:
    """What the application printed and logged."""
    with session(WIDE) as shown:
        shown.ask("/fast", "/log")
        shown.terminal.press("2")
        shown.terminal.wait_for("a child process says hello")
        save(shown, picture, "devtui: the log")


def open_error(shown: Session) -> None:
    """Fail twice, and open the error."""
    shown.ask("/fast", "/error")
    shown.ask("/error")
    shown.terminal.press("4")
    shown.terminal.wait_for("×2 LookupError")
    shown.terminal.wait_quiet()
    shown.terminal.press("enter")
    shown.terminal.wait_for("caused by")


def error_screen(picture: Path) -> None:
    """An exception with its frames, a frame's local variables, and its cause."""
    with session(WIDE) as shown:
        open_error(shown)
        shown.terminal.wait_for("{'coffee': '2.50'}")
        save(shown, picture, "devtui: an error opened, with the local variables of a frame")


def evaluate_screen(picture: Path) -> None:
    """Code that is run in a frame of an error."""
    with session(WIDE) as shown:
        open_error(shown)
        shown.terminal.press("x")
        shown.terminal.wait_for("evaluate in price_of")
        for typed, answer in (
            ("item, list(catalogue)", "('tea', ['coffee'])"),
            ("catalogue[item.upper()]", "KeyError: 'TEA'"),
            ("for name, price in catalogue.items():", ""),
            ("print(name, float(price) * 2)", "coffee 5.0"),
        ):
            shown.terminal.type(typed)
            shown.terminal.press("enter")
            if answer:
                shown.terminal.wait_for(answer)
        save(shown, picture, "devtui: code is evaluated in a frame of an error")


def reload_screen(picture: Path) -> None:
    """Reloads with cause and time."""
    with session(WIDE) as shown:
        for generation, name in enumerate(("you", "the terminal", "devtui"), 2):
            time.sleep(2 * SOON_SECONDS)  # saves that follow on each other faster are no person's
            shown.edit('GREETING = "Hello', f'GREETING = "Hello {name}, hello')
            wait_reload(shown.terminal, generation, "app.py")
            shown.ask(f"/?{generation}")
        shown.terminal.press("r")
        wait_reload(shown.terminal, 5, "restart")
        shown.terminal.press("3")
        shown.terminal.wait_for("#5")
        save(shown, picture, "devtui: reloads, what caused them and how long they took")


def deferred_error(picture: Path) -> None:
    """The code is broken; the server stays and shows the error."""
    with session(WIDE) as shown:
        shown.ask("/fast", "/json")
        shown.edit("def fast(request: Request)", "def fast(request: Request")
        shown.terminal.wait_for(re.compile("serving the error", re.I))
        shown.ask("/fast?broken")
        shown.terminal.press("2")
        shown.terminal.wait_quiet()
        shown.terminal.press("c")  # The traceback's lines in the log name devtui's own folder.
        shown.terminal.wait_for("No output yet")
        shown.terminal.press("4")
        shown.terminal.wait_for("SyntaxError")
        save(shown, picture, "devtui: the code is broken, the server is not")


def port_screen(picture: Path) -> None:
    """The port is taken: who has it, and what to do."""
    port = 5000 if can_bind(5000, "0.0.0.0") else free_port()
    with tempfile.TemporaryDirectory() as folder, file_server(Path(folder) / "site", port):
        command = [sys.executable, "-m", "devtui", "--demo", "--port", str(port)]
        with Terminal(command, cwd=HERE, size=(100, 30)) as terminal:
            terminal.wait_for("start here")
            save_screen(terminal, picture, "devtui: the port is taken, and by whom")
            terminal.press("q")
            terminal.wait_exit()


@contextmanager
def file_server(folder: Path, port: int) -> Iterator[None]:
    """A file server that somebody has forgotten."""
    folder.mkdir()
    # Under the name that people type: the interpreter's path is this machine's own affair.
    command = ["python3", "-m", "http.server", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, executable=sys.executable, cwd=folder, **quiet) as server:
        try:
            assert eventually(lambda: not can_bind(port), 10), "it never listened"
            yield
        finally:
            server.kill()


PICTURES: dict[str, Callable[[Path], object]] = {
    "main": main_screen,
    "wide": wide_screen,
    "small": small_screen,
    "request": opened_request,
    "live": followed_page,
    "timeline": timeline_screen,
    "replay": compared_requests,
    "profile": profiled_request,
    "log": log_screen,
    "error": error_screen,
    "evaluate": evaluate_screen,
    "reload": reload_screen,
    "deferred-error": deferred_error,
    "port": port_screen,
}


def save(shown: Session, picture: Path, title: str) -> None:
    """Write the session's screen."""
    save_screen(shown.terminal, picture, title)


def save_screen(terminal: Terminal, picture: Path, title: str) -> None:
    """Write the screen as SVG, and as PNG where the path's suffix asks for both."""
    terminal.wait_quiet()
    text = terminal.text()
    private = [folder for folder in (sys.prefix, str(HERE.parent)) if folder in text]
    assert not private, f"the picture would show a folder of this machine\n{text}"
    terminal.svg(picture.with_suffix(".svg"), title)
    if picture.suffix == ".png":
        terminal.png(picture)


def main() -> None:
    """Make the pictures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PICTURES)}")
    parser.add_argument("--png", action="store_true", help="write PNG files too")
    parser.add_argument("--to", type=Path, default=HERE, help="the folder to write to")
    options = parser.parse_args()
    if unknown := set(options.names) - set(PICTURES):
        parser.error(f"no picture is called {', '.join(unknown)}; there are {', '.join(PICTURES)}")
    for name in options.names or PICTURES:
        PICTURES[name]((options.to / name).with_suffix(".png" if options.png else ".svg"))
        print(options.to / f"{name}.svg")


if __name__ == "__main__":
    main()
