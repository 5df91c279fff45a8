"""How long a save takes to be seen in an open page, by devtui and by its peers, in one run.

    python -m tests.benchmarks.seen [--runs 5] [--venv FOLDER]

Makes a virtual environment with the peers, once per FOLDER, and ends with 1 where a required ratio
is missed. Each server has one page in a headless Chromium. In each round each server has its turn:
its page is opened, and there is one save of each kind, after a rest. "Seen" is when a script in the
page finds the new text or colour, by the page's own clock: what drives the browser hears of it up
to 100 ms later. What is not seen within 10 s counts as 10 s, and the page is then opened once more.
A kind that a server does not show in the first round is not tried again.

The last row is what the browser takes for itself: devtui's page loads itself again, with no save.
No server that has a template shown by a reload can be quicker.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, sync_playwright

from tests.benchmarks.followers import DEVTUI, FOLLOWERS, Follower, make_venv
from tests.benchmarks.programs import folder_of, free_port, middle_ratio, started
from tests.support.browser import FLAGS, find_chromium

# Each kind of save, with the most that devtui may take of the best peer's time in the same round.
KINDS = {"Python": 1 / 10, "template": 1 / 3, "style sheet": 1 / 3}

DEADLINE_SECONDS = 10.0
START_SECONDS = 60.0

# Runs first in each document. It tells the text and the colour whenever they differ from before,
# with the time in milliseconds.
WATCH = """
const told = {};
const tell = (kind, value) => {
  if (value === undefined || told[kind] === value) return;
  told[kind] = value;
  console.debug("seen " + JSON.stringify([kind, value, Date.now()]));
};
const look = () => {
  const heading = document.querySelector("h1");
  tell("Python", heading?.textContent);
  tell("template", document.querySelector("p")?.textContent);
  if (heading) tell("style sheet", getComputedStyle(heading).color);
};
new MutationObserver(look).observe(document, { childList: true, subtree: true });
setInterval(look, 2);
"""

# livereload ignores a save that follows another within three seconds.
REST_SECONDS = 3.5


class OpenPage:
    """A server, and a page of it in the browser."""

    def __init__(self, follower: Follower, folder: Path, page: Any, url: str) -> None:
        self._follower = follower
        self._folder = folder
        self._page = page
        self._url = url
        self._unseen: set[str] = set()
        page.add_init_script(WATCH)

    def open(self) -> None:
        """Open the page as soon as it is served."""
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                self._page.goto(self._url, wait_until="load")
                return
            except Error:
                assert time.monotonic() < end, f"{self._follower.name} never answered"
                time.sleep(0.1)

    def leave(self) -> None:
        """Show nothing, so that the page takes no time from the others."""
        self._page.goto("about:blank")

    def save(self, kind: str, number: int) -> float:
        """Save and return after how many milliseconds that was seen."""
        if kind in self._unseen:
            return DEADLINE_SECONDS * 1000
        time.sleep(REST_SECONDS)
        # The sizes differ: peers compare them.
        text, colour = "n" * (number + 2), f"rgb({number}, 2, 3)"
        file, content, value = {
            "Python": ("part.py", f"TEXT = {text!r}\n", text),
            "template": ("templates/page.html", self._follower.template(text), text),
            "style sheet": ("static/site.css", f"h1 {{ color: {colour} }}/*{text}*/", colour),
        }[kind]
        new = (self._folder / file).with_suffix(".new")
        new.write_text(content)
        try:
            with self._page.expect_console_message(
                lambda message: _told(message.text)[:2] == [kind, value],
                timeout=DEADLINE_SECONDS * 1000,
            ) as heard:
                began = time.time()
                new.rename(self._folder / file)
        except Error:  # not seen in time
            self.open()
            if not number:
                self._unseen.add(kind)
            return DEADLINE_SECONDS * 1000
        return float(_told(heard.value.text)[2]) - began * 1000

    def reload(self) -> float:
        """Have the page load itself again; return after how many milliseconds it was seen."""
        time.sleep(REST_SECONDS)
        with self._page.expect_console_message(
            lambda message: _told(message.text)[:1] == ["template"],
            timeout=DEADLINE_SECONDS * 1000,
        ) as heard:
            began = self._page.evaluate("() => { location.reload(); return Date.now(); }")
        return float(_told(heard.value.text)[2]) - float(began)


def _told(text: str) -> list[Any]:
    """What `WATCH` tells; peers and the browser write other lines."""
    return json.loads(text.removeprefix("seen ")) if text.startswith("seen ") else []


def main() -> int:
    """Measure, print the table, and say whether the ratios are met."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir(), "devtui-seen"))
    given = options.parse_args()
    programs = make_venv(given.venv.absolute())
    print(f"{datetime.date.today()}, {platform.system()}, {os.cpu_count()} cores, "
          f"Python {platform.python_version()}\n", flush=True)  # fmt: skip
    everyone = (*FOLLOWERS, DEVTUI)
    times: dict[tuple[str, str], list[float]] = {
        (one.name, kind): [] for one in everyone for kind in KINDS
    }
    alone: list[float] = []
    with ExitStack() as stack:
        browser = stack.enter_context(_browser())
        pages = [(one, _opened(one, programs, browser, stack)) for one in everyone]
        for number in range(given.runs + 1):
            for one, page in pages:
                page.open()
                for kind in KINDS:
                    took = page.save(kind, number)
                    if number:  # the first one warms the browser and the server up
                        times[one.name, kind].append(took)
                if one is DEVTUI and number:
                    alone.append(page.reload())
                page.leave()
            print(f"  round {number} of {given.runs}", flush=True)
    return 0 if _report(times, alone) else 1


@contextmanager
def _browser() -> Iterator[Any]:
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield opened
        opened.close()


def _opened(follower: Follower, programs: Path, browser: Any, stack: ExitStack) -> OpenPage:
    files = {
        **follower.files,
        "part.py": "TEXT = 'n'\n",
        "templates/page.html": follower.template("n"),
        "static/site.css": "h1 { color: rgb(1, 1, 1) }",
    }
    folder = stack.enter_context(folder_of(files))
    port = free_port()
    name, *arguments = (word.format(port=port) for word in follower.command)
    stack.enter_context(started([programs / name, *arguments], folder, folder / "server.log"))
    return OpenPage(follower, folder, browser.new_page(), f"http://127.0.0.1:{port}/")


def _report(times: dict[tuple[str, str], list[float]], alone: list[float]) -> bool:
    """Print the medians and the ratios; return whether these are met.

    `alone` has the times of the browser's own reloads.
    """
    print(f"\n| median ms from the save | {' | '.join(KINDS)} |")
    print("| --- " * (len(KINDS) + 1) + "|")
    for follower in (*FOLLOWERS, DEVTUI):
        medians = [statistics.median(times[follower.name, kind]) for kind in KINDS]
        print(f"| {follower.name} | " + " | ".join(_in_words(one) for one in medians) + " |")
    print(f"| a reload by the browser, with no save | | {_in_words(statistics.median(alone))} | |")
    met = True
    for kind, most in KINDS.items():
        best = [
            min(times[one.name, kind][place] for one in FOLLOWERS)
            for place in range(len(times[DEVTUI.name, kind]))
        ]
        ratio = middle_ratio(times[DEVTUI.name, kind], best)
        met = met and ratio <= most
        print(f"\n{kind}: {ratio:.3f} of the best peer's time; at most {most:.3f}"
              f"{'' if ratio <= most else '  MISSED'}")  # fmt: skip
    return met


def _in_words(milliseconds: float) -> str:
    return "never" if milliseconds >= DEADLINE_SECONDS * 1000 else f"{milliseconds:,.0f}"


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
