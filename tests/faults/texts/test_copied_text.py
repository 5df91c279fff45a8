"""Copied text is safe to paste: nothing in it runs, and no URL leads to another host."""

from __future__ import annotations

import base64
import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtui.dashboard.desktop.clipboard import copy
from devtui.dashboard.details.row_detail import masked_url
from devtui.events import ErrorRaised
from devtui.session.replay.export.target_in_app import url_of
from devtui.text.sanitize import pasteable
from devtui.text.secrets import MASK
from tests.support.driver import running
from tests.support.fakes import error, finished, line, started

DEADLINE = 20.0
BASE = "http://127.0.0.1:5000"
ENDS = [
    "\x1b[201~",
    "\x9b201~",
    "\x1b\x1b[201~[201~",
    "\x1b[2\x1b[m01~",
    "\r",
    "\x03",
    "\x1b[201~\r",
]


class Bash:
    """An interactive bash in its own terminal."""

    def __init__(self, folder: Path) -> None:
        self.fd, terminal = pty.openpty()
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "TERM": "xterm",
                "HOME": str(folder),
                "PS1": "ready> ",
            },
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        self._output = b""
        self.until(b"ready> ")
        self.send(b"bind 'set enable-bracketed-paste on'; echo bound-$((1+1))\r")
        self.until(b"bound-2")
        self.until(b"ready> ")  # bash reads a line again

    def send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.fd, data) :]

    def until(self, text: bytes) -> None:
        end = time.monotonic() + DEADLINE
        while text not in self._output:
            left = end - time.monotonic()
            assert left > 0, self._output
            if select.select([self.fd], [], [], left)[0]:
                self._output += os.read(self.fd, 65536)
        self._output = self._output.partition(text)[2]

    def paste(self, text: str, *, runs: bool = False) -> None:
        """Paste as a terminal does that filters nothing; then clear the line."""
        self.send(b"\x1b[200~" + text.encode("utf-8", "backslashreplace") + b"\x1b[201~")
        if runs:
            self.until(b"ready> ")  # keys that arrive while a command runs are not edited
        self.send(b"\x05\x15echo still-$((1+1))\r")
        self.until(b"still-2")
        self.until(b"ready> ")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self.fd)


@pytest.fixture
def bash(tmp_path: Path) -> Iterator[Bash]:
    shell = Bash(tmp_path)
    yield shell
    shell.close()


def test_pasted_text_can_end_the_paste(bash: Bash, tmp_path: Path) -> None:
    """Check the attack itself, without which the next test would prove nothing."""
    bash.paste("text\x1b[201~\x15touch RUN\r", runs=True)
    assert (tmp_path / "RUN").exists()


@pytest.mark.parametrize("end", ENDS, ids=ascii)
async def test_text_copied_by_y_runs_nothing_in_bash(bash: Bash, tmp_path: Path, end: str) -> None:
    evil = f"text{end}\x15touch RUN\rtouch RUN\n{end}touch RUN\x0a"
    async with running() as ui:
        written: list[str] = []
        ui.app._driver.write = written.append  # type: ignore[union-attr,method-assign]
        ui.session.feed(
            started(1, f"/{evil}"),
            finished(1, f"/{evil}"),
            line(evil),
            ErrorRaised(error=error(message=evil), error_id="1-e1", generation=1),
        )
        for pane in "124":
            await ui.press(pane)
            await ui.until(lambda: ui.app.main.open_pane.list.item)
            count = len(ui.toasts)
            await ui.press("y")
            await ui.until(lambda count=count: len(ui.toasts) > count)
        await ui.press("1", "enter")
        await ui.shows("general")
        await ui.press("y")
        await ui.until(lambda: len(ui.toasts) == 4)
        ui.app.copy_to_clipboard(evil)  # as Textual does with selected text
        await ui.until(lambda: len(ui.toasts) == 5)
        assert ui.app.clipboard == pasteable(evil)
    copied = [
        base64.b64decode(text[7:-1]).decode() for text in written if text.startswith("\x1b]52")
    ]
    assert len(copied) == 5
    for text in copied:
        assert all(each.isprintable() or each in "\n\t" for each in text), ascii(text)
        bash.paste(text)
    assert not (tmp_path / "RUN").exists()


def test_text_for_a_file_or_a_program_is_clean_too(tmp_path: Path) -> None:
    where = copy("a\x1b[201~b\u202ec\x85d", None, {"PATH": str(tmp_path)})
    path = Path(where.removeprefix("into the file "))
    try:
        assert path.read_text() == "abcd"
    finally:
        path.unlink()


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("a\r\nb\rc", "a\nbc"),
        ("touch RUN\n", "touch RUN"),
        ("touch RUN\r\n\x1b[m\n\u202e", "touch RUN"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "]0;titlex"),
        ("a\u202eb\u2066c\u200ed\u061ce\ufefff\u2028g", "abcdefg"),
        ("\U000e0041tag\x7f\x00", "tag"),
        ("👩\u200d💻 été می\u200cخواهم", "👩\u200d💻 été می\u200cخواهم"),
    ],
)
def test_harmless_text_stays(text: str, copied: str) -> None:
    assert pasteable(text) == copied


@given(st.text(st.characters() | st.sampled_from("\x1b\x9b[201~\r\n\t\u202e"), max_size=200))
def test_nothing_else_gets_through(text: str) -> None:
    shown = pasteable(text)
    assert not set(shown) & {chr(n) for n in (*range(32), *range(127, 160)) if n not in (9, 10)}
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
    )
    assert pasteable(shown) == shown


@pytest.mark.parametrize("piece", ["\x1b[", "\x1b[1", "\x9b", "\x1b[" + "0" * 500, "\r", "é"])
def test_its_time_grows_with_the_length_only(piece: str) -> None:
    began = time.process_time()  # other programs may have the processor meanwhile
    pasteable((piece * 200_000)[:200_000])
    assert time.process_time() - began < 1.5


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("/a?b=c&d=%20e#f", f"{BASE}/a?b=c&d=%20e"),
        ("@evil.example/x", f"{BASE}/@evil.example/x"),
        (".evil.example/x", f"{BASE}/.evil.example/x"),
        (":80@evil.example", f"{BASE}/:80@evil.example"),
        ("0@evil.example", f"{BASE}/0@evil.example"),
        ("http://evil.example/x", f"{BASE}/x"),
        ("\\\\evil.example/x", f"{BASE}/%5C%5Cevil.example/x"),
        ("http://evil.example//evil.example/x", f"{BASE}/%2Fevil.example/x"),
        ("http://a:b@evil.example", f"{BASE}/"),
        ("*", f"{BASE}/*"),
        ("", f"{BASE}/"),
        ('/a b`c`\n\x1b"', f"{BASE}/a%20b%60c%60%0A%1B%22"),
        ("/\udc80", f"{BASE}/%5Cudc80"),
        ("/gr\xc3\xb6?\xff", f"{BASE}/gr%C3%83%C2%B6?%C3%BF"),
    ],
)
def test_no_target_leads_to_another_host(target: str, url: str) -> None:
    assert url_of(target, BASE) == masked_url(target, BASE) == url
    assert url_of(target, BASE + "/") == url


@given(st.text(max_size=60))
def test_every_target_stays_on_the_host(target: str) -> None:
    for url in (url_of(target, BASE), masked_url(target, BASE)):
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc) == ("http", "127.0.0.1:5000")


def test_a_masked_url_has_no_secrets_and_is_still_encoded() -> None:
    nested = "/a?token=s&u=http%3A//x/%3Ftoken%3Ds%26b%3D%0A%60"
    masked = f"{BASE}/a?token={MASK}&u=http://x/?token={MASK}&b=%0A%60"
    assert masked_url(nested, BASE) == masked
    assert masked_url("http://a:s@other/?token=s", BASE) == f"{BASE}/?token={MASK}"


async def test_an_editor_gets_a_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from devtui.events import Frame

    monkeypatch.chdir(tmp_path)
    (tmp_path / "http:" / "evil.example").mkdir(parents=True)
    (tmp_path / "http:" / "evil.example" / "x").write_text("")
    started_with: list[tuple[str, ...]] = []
    monkeypatch.setenv("VISUAL", "gvim")
    monkeypatch.setattr("devtui.dashboard.desktop.programs.start_detached", started_with.append)
    async with running() as ui:
        ui.app.edit(Frame(file="http://evil.example/x", line=3, function=""))
    assert started_with == [("gvim", "+3", f"{tmp_path}/http:/evil.example/x")]
