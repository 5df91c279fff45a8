"""Imports run one way: dashboard and lines -> session -> events; server -> events."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import devtui

PACKAGE = Path(devtui.__file__).parent

# Which outside libraries and which rooms of ours each room must never import, by any path.
# The text of DESIGN's rule; rooms are matched by the longest name that fits.
FORBIDDEN = {
    "devtui.events": {"textual", "rich", "werkzeug", "devtui.session", "devtui.server"},
    "devtui.config.settings": {"textual", "rich", "werkzeug", "devtui.session", "devtui.server"},
    "devtui.server": {"textual", "rich", "devtui.session", "devtui.dashboard", "devtui.headless"},
    "devtui.session": {
        "textual",
        "rich",
        "werkzeug",
        "devtui.server",
        "devtui.dashboard",
        "devtui.headless",
        "devtui.cli.command",
    },
    "devtui.dashboard": {"werkzeug", "devtui.server", "devtui.headless", "devtui.cli.command"},
    "devtui.headless": {"textual", "rich", "werkzeug", "devtui.server", "devtui.dashboard"},
    "devtui.demo": {"textual", "rich", "devtui.session", "devtui.server", "devtui.dashboard"},
}


def sources() -> dict[str, Path]:
    """Every module of the package by its name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("devtui", *path.relative_to(PACKAGE).with_suffix("").parts)
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(module: str, path: Path) -> Iterator[str]:
    """The absolute names that a module's import statements name, wherever they stand in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are written in full here"
            assert node.module is not None
            # `from devtui import session` names devtui.session.
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


@pytest.mark.parametrize("room", FORBIDDEN)
def test_no_module_names_what_its_room_must_not_import(room: str) -> None:
    modules = {name: path for name, path in sources().items() if within(name, room)}
    assert modules, f"there is no {room}"
    broken = sorted(
        f"{module} imports {name}"
        for module, path in modules.items()
        for name in imported(module, path)
        if any(within(name, forbidden) for forbidden in FORBIDDEN[room])
    )
    assert not broken


def test_only_the_dashboard_names_textual() -> None:
    naming = {
        module
        for module, path in sources().items()
        if any(within(name, "textual") for name in imported(module, path))
    }
    assert naming
    assert all(within(module, "devtui.dashboard") for module in naming)


def loaded_by(*modules: str) -> set[str]:
    """What a fresh interpreter has loaded after importing these modules."""
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("modules", "forbidden"),
    [
        (
            ["devtui.server.main"],
            {"textual", "rich", "devtui.session", "devtui.dashboard", "devtui.headless"},
        ),
        (
            [name for name in sources() if within(name, "devtui.session")],
            {"textual", "rich", "werkzeug", "devtui.server", "devtui.dashboard"},
        ),
        (["devtui.cli.command"], {"textual", "rich", "devtui.dashboard"}),
        (["devtui"], {"textual", "werkzeug", "click", "devtui.session", "devtui.dashboard"}),
    ],
    ids=["server", "session", "cli", "devtui"],
)
def test_what_a_fresh_interpreter_loads(modules: list[str], forbidden: set[str]) -> None:
    loaded = loaded_by(*modules)
    assert set(modules) <= loaded
    assert not sorted(loaded & forbidden)


def test_what_the_first_frame_waits_for() -> None:
    """Each of these takes tens of milliseconds, and none is needed for the first frame."""
    loaded = loaded_by("devtui.cli.command", "devtui.session.session", "devtui.dashboard.app")
    assert not sorted(loaded & {"psutil", "watchfiles", "anyio", "werkzeug"})


def test_watching_loads_the_compiled_part_of_watchfiles_alone() -> None:
    code = (
        "import sys; from devtui.session.reload.rust_notify import rust_notify; "
        "print(rust_notify().__name__, *{'watchfiles', 'anyio'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == ("RustNotify\n", "")


def test_what_the_first_response_waits_for() -> None:
    """Werkzeug's debugger, with what stands behind it, is made when a browser needs it."""
    first = ("devtui.server.guest.msgspec_first", "devtui.server.main")
    loaded = loaded_by(*first, "devtui.server.serving.handler", "devtui.server.serving.server")
    waits = {"werkzeug.debug", "multiprocessing", "ctypes", "asyncio", "resource"}
    waits |= {"devtui.server.standby.standby", "devtui.cli.run_in_code", "runpy"}
    if sys.version_info >= (3, 11):
        waits |= {"typing_extensions", "signal"}  # before, others import the latter
    assert not sorted(loaded & waits)
