"""Imports run one way and in no circle; those inside functions and for types count too."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

import devtui

PACKAGE = Path(devtui.__file__).parent

Graph = Mapping[str, set[str]]

# Which outside libraries and which parts of ours each part must not reach, by any path.
FORBIDDEN = {
    "devtui.events": {"textual", "rich", "werkzeug", "devtui.session", "devtui.server"},
    "devtui.text": {"textual", "rich", "werkzeug", "devtui.session", "devtui.server"},
    "devtui.filters": {"textual", "rich", "werkzeug", "devtui.session", "devtui.server"},
    "devtui.config": {"textual", "rich", "werkzeug", "devtui.session", "devtui.server"},
    "devtui.ports": {
        "textual",
        "rich",
        "werkzeug",
        "devtui.session",
        "devtui.server",
        "devtui.control",
        "devtui.dashboard",
    },
    "devtui.server": {
        "textual",
        "rich",
        "devtui.ports",
        "devtui.session",
        "devtui.control",
        "devtui.cli",
        "devtui.dashboard",
        "devtui.headless",
    },
    "devtui.session": {
        "textual",
        "rich",
        "werkzeug",
        "devtui.server",
        "devtui.control",
        "devtui.dashboard",
        "devtui.headless",
        "devtui.cli",
    },
    "devtui.dashboard": {"werkzeug", "devtui.server", "devtui.headless", "devtui.cli"},
    "devtui.control": {
        "textual",
        "rich",
        "werkzeug",
        "devtui.server",
        "devtui.dashboard",
        "devtui.headless",
        "devtui.cli",
    },
    "devtui.control.client": {"msgspec", "psutil", "asyncio", "devtui.session", "devtui.events"},
    "devtui.plain_lines": {"textual", "rich", "werkzeug", "devtui.server", "devtui.dashboard"},
    "devtui.headless": {"textual", "rich", "werkzeug", "devtui.server", "devtui.dashboard"},
    "devtui.demo": {"textual", "rich", "devtui.session", "devtui.server", "devtui.dashboard"},
}

# The parts of the dashboard from the top to the ground: none imports from a layer above its own.
LAYERS = (
    {"attached"},
    {"app"},
    {"configured_app"},
    {"main_screen", "finding", "screens", "shutdown", "palette", "help"},
    {"details", "calls", "app_dialog", "custom", "profile"},
    {"errors", "hiding", "replay"},
    {"panes", "ports", "opened"},
    {"widgets", "lists", "terminal", "desktop", "themes"},
    {"availability", "clock", "keys", "messages", "selection", "theme_names"},
)


def sources() -> dict[str, Path]:
    """Every module of the package by its name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("devtui", *path.relative_to(PACKAGE).with_suffix("").parts)
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(text: str, modules: set[str]) -> Iterator[str]:
    """The names of the modules that a source imports, wherever the imports stand in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write imports in full"
            assert node.module is not None
            for alias in node.names:
                # `from devtui import session` imports devtui.session, and nothing from devtui.
                name = f"{node.module}.{alias.name}"
                yield name if name in modules else node.module


def graph_of(texts: Mapping[str, str]) -> dict[str, set[str]]:
    """The modules, each with what it imports, outside libraries too."""
    names = set(texts)
    return {name: set(imported(text, names)) - {name} for name, text in texts.items()}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of({name: path.read_text("utf-8") for name, path in sources().items()})


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def reached(graph: Graph, start: str) -> dict[str, str]:
    """All that a module imports, directly or not, each with the one that imports it."""
    found: dict[str, str] = {}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        for name in sorted(graph.get(module, ())):
            if name not in found and name != start:
                found[name] = module
                waiting.append(name)
    return found


def path_to(found: Mapping[str, str], start: str, name: str) -> str:
    path = [name]
    while path[-1] != start:
        path.append(found[path[-1]])
    return " -> ".join(reversed(path))


def circles(graph: Graph) -> list[list[str]]:
    """The groups of modules that import each other, by whatever way."""
    all_reached = {module: set(reached(graph, module)) for module in graph}
    found: list[list[str]] = []
    for module in graph:
        back = {other for other in all_reached[module] if module in all_reached.get(other, ())}
        if back and not any(module in circle for circle in found):
            found.append(sorted(back | {module}))
    return found


def forbidden(graph: Graph, part: str, names: set[str]) -> list[str]:
    """The ways from a part to what it must not reach."""
    ways = []
    for module in filter(lambda module: within(module, part), graph):
        found = reached(graph, module)
        ways += [
            path_to(found, module, name)
            for name in found
            if any(within(name, one) for one in names)
        ]
    return sorted(ways, key=len)


def upward(graph: Graph) -> list[str]:
    """The imports within the dashboard that go to a layer above."""
    layers = {f"devtui.dashboard.{part}": at for at, parts in enumerate(LAYERS) for part in parts}

    def layer(module: str) -> int | None:
        part = ".".join(module.split(".")[:3])
        assert part in layers or not within(part, "devtui.dashboard") or part.count(".") == 1, (
            f"say in LAYERS where {part} stands"
        )
        return layers.get(part)

    found = []
    for module, names in graph.items():
        for name in names:
            above, below = layer(module), layer(name)
            if above is not None and below is not None and below < above:
                found.append(f"{module} imports {name}")
    return sorted(found)


def test_no_modules_import_each_other(graph: Graph) -> None:
    assert not circles(graph)


def parts_of(graph: Graph, package: str = "devtui") -> dict[str, set[str]]:
    """The parts of a package, each with those of the package that it imports.

    Of a package within ours only its folders are parts: what stands beside them puts them together.
    """

    def part(module: str) -> str | None:
        names = module.split(".")
        depth = package.count(".") + 2
        inside = within(module, package) and (package == "devtui" or len(names) > depth)
        return ".".join(names[:depth]) if inside else None

    found: dict[str, set[str]] = {}
    for module, names in graph.items():
        if one := part(module):
            others = found.setdefault(one, set())
            others |= {other for other in map(part, names) if other and other != one}
    return found


def test_no_parts_import_each_other(graph: Graph) -> None:
    assert not circles(parts_of(graph))
    changed = {**graph, "devtui.ports.classify": {"devtui.session.state"}}
    assert ["devtui.ports", "devtui.session"] in circles(parts_of(changed))


@pytest.mark.parametrize("package", ["control", "dashboard", "server", "session"])
def test_no_folders_of_a_part_import_each_other(graph: Graph, package: str) -> None:
    assert not circles(parts_of(graph, f"devtui.{package}"))


def test_a_circle_of_folders_is_found(graph: Graph) -> None:
    name = "devtui.server.exchange.bodies"
    changed = {**graph, name: graph[name] | {"devtui.server.tracing.recorder"}}
    assert ["devtui.server.exchange", "devtui.server.tracing"] in circles(
        parts_of(changed, "devtui.server")
    )


@pytest.mark.parametrize("part", FORBIDDEN)
def test_no_part_reaches_what_it_must_not(graph: Graph, part: str) -> None:
    assert any(within(module, part) for module in graph), f"there is no {part}"
    assert not forbidden(graph, part, FORBIDDEN[part])


def test_the_dashboard_imports_downwards(graph: Graph) -> None:
    assert not upward(graph)


def test_only_the_dashboard_names_textual(graph: Graph) -> None:
    naming = {
        module for module, names in graph.items() if any(within(name, "textual") for name in names)
    }
    assert naming
    assert all(within(module, "devtui.dashboard") for module in naming)


# Each of these was once there. The import is added to the module as it is now.
@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("devtui.dashboard.main_screen", "if TYPE_CHECKING:\n from devtui.dashboard import app"),
        ("devtui.dashboard.shutdown", "from devtui.dashboard.app import Dashboard"),
        ("devtui.dashboard.ports.port_dialogs", "def f():\n import devtui.dashboard.app"),
        ("devtui.dashboard.ports.port_screen", "from devtui.dashboard.app import Dashboard"),
        ("devtui.dashboard.details.detail_screen", "from devtui.dashboard import app"),
        ("devtui.dashboard.errors.error_screen", "def f():\n from devtui.dashboard import app"),
        ("devtui.dashboard.errors.frame_screen", "from devtui.dashboard.app import Dashboard"),
        ("devtui.dashboard.errors.stack_screen", "from devtui.dashboard.app import Dashboard"),
        ("devtui.dashboard.lists.line_view", "import devtui.dashboard.lists.presses"),
        ("devtui.cli.command", "from devtui import run"),
    ],
)
def test_a_circle_is_found(graph: Graph, module: str, line: str) -> None:
    more = set(imported(line, set(graph)))
    assert not more <= graph[module]
    changed = {**graph, module: graph[module] | more}
    assert any(module in circle for circle in circles(changed))


def test_an_import_by_way_of_another_module_is_found(graph: Graph) -> None:
    changed = {**graph, "devtui.in_code": graph["devtui.in_code"] | {"devtui.cli.command"}}
    ways = forbidden(changed, "devtui.server", FORBIDDEN["devtui.server"])
    assert "devtui.server.app.main_program -> devtui.in_code -> devtui.cli.command" in ways


def test_an_import_of_a_higher_layer_is_found(graph: Graph) -> None:
    rows = "devtui.dashboard.panes.rows"
    changed = {**graph, "devtui.dashboard.widgets.cells": {rows}}
    assert upward(changed) == [f"devtui.dashboard.widgets.cells imports {rows}"]


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


def shared_names(modules: Iterable[str]) -> list[str]:
    """The last parts of modules' names that more than one of them has."""
    count = Counter(name.rpartition(".")[2] for name in modules)
    return sorted(name for name, found in count.items() if found > 1)


def test_no_two_modules_have_the_same_name() -> None:
    modules = [name for name, path in sources().items() if not path.stem.startswith("__")]
    assert shared_names(modules) == []
    assert shared_names([*modules, "devtui.server.survey"]) == ["survey"]


def test_rooms_stay_small() -> None:
    """A module has at most 300 lines, a class 250, and a folder about fifteen modules."""
    modules = sorted(PACKAGE.rglob("*.py"))
    texts = {module: module.read_text(encoding="utf-8") for module in modules}
    assert [str(module) for module, text in texts.items() if text.count("\n") > 300] == []
    for module, text in texts.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef) and node.end_lineno is not None:
                assert node.end_lineno - node.lineno < 250, f"{node.name} in {module}"
    folders = Counter(module.parent for module in modules if module.name != "__init__.py")
    assert [str(folder) for folder, count in folders.items() if count > 15] == []


def test_what_the_first_frame_waits_for() -> None:
    """Each of these takes tens of milliseconds, and none is needed for the first frame."""
    loaded = loaded_by("devtui.cli.command", "devtui.session.session", "devtui.dashboard.app")
    assert not sorted(loaded & {"psutil", "watchfiles", "anyio", "werkzeug", "http.client"})


def test_watching_loads_the_compiled_part_of_watchfiles_alone() -> None:
    code = (
        "import sys; from devtui.session.reload.folder_watch import rust_notify; "
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


# Of Python and of other libraries, which have no public name for it.
NOT_OURS = {
    *("_batch_count", "_character_to_key", "_color_system", "_compositor", "_dirty_widgets"),
    *("_driver", "_layout_required", "_notifications", "_on_timer_update", "_parse_rules"),
    *("_post_mouse_events", "_recompose_required", "_repaint_required", "_scroll_required"),
    *("_variables", "_taking_plain_text", "_ready", "_handle_request_noblock"),
    *("_pin_cookie", "_fail_pin_auth", "_getframe", "_exit", "_replace", "_bootstrap_inner"),
}
PATCHES = {"setattr", "getattr", "delattr", "hasattr", "object", "patch", "setitem"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name != "_"


def private_names(text: str) -> Iterator[str]:
    """The private names of others that a test uses, each with its line."""
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if called in PATCHES:
                names = [str(one).rpartition(".")[2] for one in texts]
        for name in filter(is_private, names):
            if name not in NOT_OURS:
                yield f"line {getattr(node, 'lineno', 0)}: {name}"


def test_no_test_uses_what_is_private() -> None:
    """It would have to change with each change inside, and may pass while users see a fault."""
    folder = Path(__file__).parent
    found = [
        f"{path.relative_to(folder)}, {use}"
        for path in sorted(folder.rglob("*.py"))
        if not path.is_relative_to(folder / "apps")
        for use in private_names(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "from devtui.session.session import _name",
        "assert session._name == 1",
        "session.reloader._name = 1",
        "monkeypatch.setattr(session, '_name', 1)",
        "monkeypatch.setattr('devtui.session.session._name', 1)",
        "mock.patch.object(session, '_name')",
        "getattr(session, '_name')",
    ],
)
def test_a_private_name_is_found(line: str) -> None:
    assert list(private_names(line)) == ["line 1: _name"]
    assert not list(private_names(line.replace("_name", "name")))
