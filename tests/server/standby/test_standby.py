"""What is imported ahead of a load, and when the load may not build on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import app_source, write

InFork = Callable[..., Any]

STANDBY = app_source("standby/warming.py")


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """A folder of installed packages, and a project's."""
    library, project = tmp_path / "site-packages", tmp_path / "project"
    write(
        library,
        {
            "first.py": "import inside\n",
            "inside.py": "",
            "second.py": "",
            "changing.py": "import os\nos.environ['CHANGING'] = '1'\n",
            "loud.py": "import warnings\nwarnings.simplefilter('ignore', ResourceWarning)\n",
            "plugin.py": "import part\n",
            "reading.py": "import os, sys\n"
            "seen = [os.environ.get(name) for name in ('FLASK_DEBUG', 'FROM_FILE')]\n"
            "path = sys.path[:1]\n",
        },
    )
    write(project, {"app.py": "", "part.py": "open('ran', 'w')\n", ".env": "FROM_FILE=yes\n"})
    return {"library": str(library), "project": str(project)}


def test_the_roots_are_imported_in_order_each_with_what_it_brings_along(
    in_fork: InFork, places: dict[str, str]
) -> None:
    code = (
        f"{STANDBY}standby = warm('second', 'changing', 'first', 'loud')\n"
        "answer = [\n"
        "    [(p.root, sorted(p.modules), p.effect, p.early) for p in standby.preloaded],\n"
        "    standby.misfit(load), standby.importing]"
    )
    preloaded = [
        ["second", ["second"], "", False],
        ["changing", ["changing"], "os.environ (CHANGING)", True],
        ["first", ["first", "inside"], "", False],
        ["loud", ["loud"], "the warnings filters", False],
    ]
    assert in_fork(code, **places) == [preloaded, "", ""]


def test_what_is_imported_ahead_finds_the_environment_and_the_path_of_a_load(
    in_fork: InFork, places: dict[str, str]
) -> None:
    code = (
        f"{STANDBY}before = list(sys.path)\nwarm('reading')\nimport reading\n"
        "answer = [reading.seen, reading.path, sys.path == before]"
    )
    assert in_fork(code, **places) == [["1", "yes"], [places["project"]], True]


def test_it_stops_between_two_imports_when_it_is_interrupted(
    in_fork: InFork, places: dict[str, str]
) -> None:
    code = (
        f"{STANDBY}"
        "standby = warm('first', 'second', interrupted=lambda: 'first' in sys.modules)\n"
        "answer = [[p.root for p in standby.preloaded], 'second' in sys.modules,"
        " standby.misfit(load)]"
    )
    assert in_fork(code, **places) == [["first"], False, ""]


def test_the_project_s_code_is_never_run_ahead(in_fork: InFork, places: dict[str, str]) -> None:
    code = (
        f"{STANDBY}os.chdir(project)\nstandby = warm('plugin', 'second')\n"
        "answer = [standby.misfit(load), os.path.exists('ran'), 'second' in sys.modules]"
    )
    told = "a library imports part, which is not installed but yours"
    assert in_fork(code, **places) == [told, False, False]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(1)", "SystemExit"),
        ("import is_not_there", "ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_imported_ahead_is_left_to_the_load(
    in_fork: InFork, places: dict[str, str], text: str, error: str
) -> None:
    code = (
        f"{STANDBY}write(library, 'broken.py', text)\nstandby = warm('first', 'broken', 'second')\n"
        "answer = [standby.misfit(load), standby.importing]"
    )
    told = f"broken could not be imported ahead ({error})"
    assert in_fork(code, text=text, **places) == [told, ""]


# What happens between the preload and the load, and what is said of it.
MISFITS = {
    "nothing": ("", ""),
    "own code saved": ("write(project, 'app.py', '1')", ""),
    "a new file of the project": ("write(project, 'else.py', '')", ""),
    "a folder without modules": ("write(project, 'first/data.txt', '')", ""),
    "changed": ("write(library, 'second.py', '2', 0)", "{library}/second.py has changed"),
    "changed back in time": (
        "write(library, 'second.py', '2', 9999)",
        "{library}/second.py has changed",
    ),
    "brought along, changed": (
        "write(library, 'inside.py', '2', 0)",
        "{library}/inside.py has changed",
    ),
    "removed": ("os.remove(os.path.join(library, 'second.py'))", "{library}/second.py has changed"),
    "shadowed by a module": (
        "write(project, 'first.py', '')",
        "first is now a module of the project",
    ),
    "shadowed by a package": (
        "write(project, 'second/__init__.py', '')",
        "second is now a module of the project",
    ),
    "what was brought along, shadowed": (
        "write(project, 'inside.py', '')",
        "inside is now a module of the project",
    ),
    "env file changed": (
        "write(project, '.env', 'FROM_FILE=no')",
        "the environment is not that of the last load",
    ),
    "env file removed": (
        "os.remove(os.path.join(project, '.env'))",
        "the environment is not that of the last load",
    ),
    "debug": (
        "load = msgspec.structs.replace(load, debug=False)",
        "the environment is not that of the last load",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_whether_a_load_may_build_on_it(in_fork: InFork, places: dict[str, str], name: str) -> None:
    then, told = MISFITS[name]
    code = (
        f"{STANDBY}"
        "for name in ('first.py', 'second.py', 'inside.py'):\n"
        "    os.utime(os.path.join(library, name), (time.time() - 30,) * 2)\n"
        f"standby = warm('first', 'second')\n{then}\nanswer = standby.misfit(load)"
    )
    assert in_fork(code, **places) == told.format(**places)


def test_a_look_at_the_files_is_taken_for_as_long_as_it_is_fresh(
    in_fork: InFork, places: dict[str, str]
) -> None:
    """Each takes milliseconds, and the one before the load is done while another process ends."""
    code = (
        f"{STANDBY}import devtui.server.standby.standby as module\n"
        "def misfit(fresh_seconds):\n"
        "    module.FRESH_SECONDS = fresh_seconds\n"
        "    return standby.misfit(load)\n"
        "standby = warm('first', 'second')\n"
        "standby.look()\n"
        "write(library, 'second.py', '', age=30)\n"
        "answer = [misfit(1000), misfit(0)]"
    )
    assert in_fork(code, **places) == ["", f"{places['library']}/second.py has changed"]


def test_a_library_that_is_installed_while_it_is_imported_ahead(
    in_fork: InFork, places: dict[str, str]
) -> None:
    """Which of the two was read nobody knows."""
    code = (
        f"{STANDBY}write(library, 'second.py', '', age=-60)\n"
        "answer = warm('first', 'second').misfit(load)"
    )
    assert in_fork(code, **places) == f"{places['library']}/second.py has changed"


def test_an_env_file_that_cannot_be_read_is_told_by_the_load(
    in_fork: InFork, places: dict[str, str]
) -> None:
    code = (
        f"{STANDBY}"
        "from devtui.config.env_files import EnvFileError\n"
        "load = msgspec.structs.replace(load, env_file=os.path.join(project, 'missing.env'))\n"
        "standby = warm('first')\n"
        "try: standby.misfit(load)\n"
        "except EnvFileError as error: answer = 'missing.env' in str(error)"
    )
    assert in_fork(code, **places) is True
