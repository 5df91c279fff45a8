"""devtui watches folders of any shape, with files of any name."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtui.session.reload import watched_folders
from devtui.session.reload.folder_watch import SystemWatch, files_below
from tests.support.live import Serve
from tests.support.processes import eventually
from tests.support.projects import says, write

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="names are any bytes on Linux alone"
)

Make = Callable[[Path], None]


def strange_name(folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.py")).write_text("")


def strange_folder(folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9")).mkdir()
    (folder / os.fsdecode(b"caf\xe9") / "x.py").write_text("")


def deep(folder: Path) -> None:
    inside = os.open(folder, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("d", dir_fd=inside)
        below = os.open("d", os.O_RDONLY, dir_fd=inside)
        os.close(inside)
        inside = below
    os.close(inside)


def links_everywhere(folder: Path) -> None:
    """Make twelve folders that link to each other, with billions of paths through them."""
    names = [f"f{number}" for number in range(12)]
    for name in names:
        (folder / name).mkdir()
        for other in names:
            (folder / name / f"to-{other}").symlink_to(folder / other)
    (folder / "self").symlink_to(".")
    (folder / "a.py").symlink_to("b.py")
    (folder / "b.py").symlink_to("a.py")


def many(folder: Path) -> None:
    (folder / "many").mkdir()
    (first := folder / "many" / "f0.txt").touch()
    for number in range(1, 5_000):
        os.link(first, folder / "many" / f"f{number}.txt")  # an inode each would take seconds


def names_of_any_bytes(folder: Path) -> None:
    for name in (b"two\nlines.py", b"\xff\xfe.py", b"\x1b[31mred.py", b"x" * 252 + b".py"):
        (folder / os.fsdecode(name)).write_text("")


def no_files(folder: Path) -> None:
    """Make things with the names of source files that block or never end when they are read."""
    os.mkfifo(folder / "pipe.py")
    # The path of the folder is too long for a socket's address.
    inside = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"/proc/self/fd/{inside}/socket.py")
    os.close(inside)
    (folder / "zero.py").symlink_to("/dev/zero")
    (folder / "terminal.py").symlink_to("/dev/tty")
    (folder / "nothing.py").symlink_to("gone.py")


def unreadable(folder: Path) -> None:
    """Make what only root can read."""
    (folder / "closed").mkdir()
    for path in (folder / "closed" / "x.py", folder / "closed.py"):
        path.write_text("")
        path.chmod(0)
    (folder / "closed").chmod(0)


SHAPES = [
    strange_name,
    strange_folder,
    deep,
    links_everywhere,
    many,
    names_of_any_bytes,
    no_files,
    unreadable,
]


@pytest.fixture
def tidy(folder: Path) -> Iterator[None]:
    """Remove the folders, some of which are too deep for `shutil.rmtree`."""
    yield
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.mark.parametrize("make", [strange_name, strange_folder])
def test_the_next_save_counts(serve: Serve, folder: Path, make: Make) -> None:
    live = serve({"app.py": says("1")})
    live.serving()
    make(folder)
    for number in ("2", "3"):
        write(folder, {"app.py": says(number)})
        assert eventually(lambda number=number: live.get("/").text == number, 20)
    assert not live.lines("cannot be watched")


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize("when", ["before", "later"])
def test_a_polled_session_reloads(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def make_all() -> None:
        for make in SHAPES:
            (folder / make.__name__).mkdir()
            make(folder / make.__name__)

    def not_polled(folders: list[str], recursive: bool) -> SystemWatch:
        raise AssertionError(f"{folders} are not polled")

    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    monkeypatch.setattr(watched_folders, "SystemWatch", not_polled)
    if when == "before":
        make_all()
    live = serve({"app.py": says("1")})
    live.serving()
    if when == "later":
        make_all()
    for number in ("2", "3"):
        write(folder, {"app.py": says(number)})
        assert eventually(lambda number=number: live.get("/").text == number, 20)
    assert not live.lines("cannot be watched")
    assert live.close() < 10


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize("make", SHAPES)
def test_every_shape_is_searched(folder: Path, make: Make) -> None:
    make(folder)
    (folder / "app.py").touch()
    began = time.monotonic()
    paths = [path for path, _ in files_below(str(folder), True)]
    assert str(folder / "app.py") in paths
    assert len(paths) == len(set(paths))
    assert time.monotonic() - began < 10


def test_saves_next_to_such_a_name_are_noticed(tmp_path: Path) -> None:
    watch = SystemWatch([str(tmp_path)], recursive=True)
    for number in range(5):
        strange_name(tmp_path)
        (tmp_path / "app.py").write_text(f"{number}")
        seen: set[str] = set()
        deadline = time.monotonic() + 10
        while str(tmp_path / "app.py") not in seen:
            assert time.monotonic() < deadline, number
            seen |= {path for _, path in watch.look()}
            time.sleep(0.01)


def test_a_folder_is_known_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x.py").touch()
    for name in ("a", "z"):
        (tmp_path / name).symlink_to("real")
    assert [path for path, _ in files_below(str(tmp_path), True)] == [str(tmp_path / "real/x.py")]
