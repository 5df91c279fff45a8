"""What of a load can be imported ahead of the next one, and what the load changed before that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import app_source, write

InFork = Callable[..., Any]

# As `Loading.run` does it.
LOAD = app_source("standby/import_trace.py")

TRACE = LOAD + "trace = load(); answer = [trace.roots, trace.changed]"

APP = "\ndef app(environ, start_response): ...\n"

# What an app does between the imports of two libraries, and what is said of it.
CHANGES = {
    "environment": ("import os; os.environ['NEW'] = '1'", "os.environ (NEW)"),
    "search path": ("import sys; sys.path.append('/nowhere')", "sys.path"),
    "finder": ("import sys; sys.meta_path.append(object())", "sys.meta_path"),
    "patch": ("import time; time.sleep = print", "a patched module (time.sleep)"),
    "warnings": ("import warnings; warnings.simplefilter('error')", "the warnings filters"),
    "start method": (
        "import multiprocessing; multiprocessing.set_start_method('spawn')",
        "the multiprocessing start method",
    ),
    "signal": (
        "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "a signal handler (SIGUSR1)",
    ),
    "locale": (
        "import locale\n"
        "now = locale.setlocale(locale.LC_ALL)\n"
        "locale.setlocale(locale.LC_ALL, 'C' if now != 'C' else 'C.UTF-8')",
        "the locale",
    ),
    "logging": ("import logging; logging.basicConfig()", "the logging configuration"),
    "thread": (
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
        "a running thread",
    ),
    "module": (
        "import sys, types; sys.modules['json'] = types.ModuleType('fast')",
        "sys.modules (json)",
    ),
    "added module": (
        "import sys, types; sys.modules['simplejson'] = types.ModuleType('fast')",
        "sys.modules (simplejson)",
    ),
    "module of the project": ("import part", "os.environ (PART)"),
    "call": ("library.change()", "os.environ (LIBRARY)"),
    "before a library imports the project": (
        "import os; os.environ['NEW'] = '1'; library.bring('own')",
        "os.environ (NEW)",
    ),
}


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """A folder of installed packages, and a project's."""
    library, project = tmp_path / "site-packages", tmp_path / "project"
    write(
        library,
        {
            "first.py": "",
            "second.py": "import inside\n",
            "inside.py": "",
            "package/__init__.py": "",
            "package/part.py": "",
            "library.py": (
                "import os\n"
                "def change(): os.environ['LIBRARY'] = '1'\n"
                "def bring(name): __import__(name)\n"
            ),
            "changing.py": "import os\nos.environ['CHANGING'] = '1'\n",
        },
    )
    write(project, {"part.py": "import os\nos.environ['PART'] = '1'\n", "own.py": ""})
    return {"library": str(library), "project": str(project)}


def saved(places: dict[str, str], app: str, **modules: str) -> dict[str, str]:
    files = {f"{name}.py": text for name, text in modules.items()}
    write(Path(places["project"]), {"app.py": app + APP, **files})
    return places


def test_the_roots_stand_in_order_and_without_what_they_import(
    in_fork: InFork, places: dict[str, str]
) -> None:
    app = (
        "import second, json\nimport own\nfrom package import part\nimport importlib\n"
        "importlib.import_module('library')\nimport second\n"
    )
    names = saved(places, app, own="import first\n")
    roots = ["second", "first", "package", "package.part", "library"]
    assert in_fork(TRACE, **names) == [roots, ""]


def test_a_library_that_is_imported_late_by_another_is_no_root(
    in_fork: InFork, places: dict[str, str]
) -> None:
    late = "def late():\n    import inside\n"
    write(Path(places["library"]), {"lazy.py": late})
    names = saved(places, "import lazy\nlazy.late()\nimport first\n")
    assert in_fork(TRACE, **names) == [["lazy", "first"], ""]


@pytest.mark.parametrize(
    ("imports", "roots"),
    [
        ("import second\nimport inside\n", ["second", "inside"]),
        ("import package\nfrom package import part\n", ["package", "package.part"]),
    ],
)
def test_what_an_earlier_import_has_brought_or_left_out_is_a_root_too(
    in_fork: InFork, places: dict[str, str], imports: str, roots: list[str]
) -> None:
    names = saved(places, imports)
    assert in_fork(TRACE, **names) == [roots, ""]


def test_a_root_is_only_what_was_not_there_before(in_fork: InFork, places: dict[str, str]) -> None:
    names = saved(places, "import first, second\n")
    assert in_fork(f"{LOAD}import first\n{TRACE}", **names)[0] == ["second"]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_ends_the_roots(in_fork: InFork, places: dict[str, str], name: str) -> None:
    change, words = CHANGES[name]
    names = saved(places, f"import library\n{change}\nimport second\n")
    assert in_fork(TRACE, **names) == [["library"], words]


@pytest.mark.parametrize("name", ["environment", "added module", "module of the project", "call"])
def test_a_change_after_the_last_import_is_told(
    in_fork: InFork, places: dict[str, str], name: str
) -> None:
    change, words = CHANGES[name]
    names = saved(places, f"import library\nimport second\n{change}\n")
    assert in_fork(TRACE, **names) == [["library", "second"], words]


def test_what_a_library_changes_when_imported_ends_nothing(
    in_fork: InFork, places: dict[str, str]
) -> None:
    """It changes it as well when it is imported ahead."""
    names = saved(places, "import changing\nimport first\n")
    assert in_fork(TRACE, **names) == [["changing", "first"], ""]


def test_a_library_that_runs_the_project_s_code_is_no_root(
    in_fork: InFork, places: dict[str, str]
) -> None:
    write(Path(places["library"]), {"plugin.py": "import own\n"})
    names = saved(places, "import first\nimport plugin\nimport second\n", own="import library\n")
    assert in_fork(TRACE, **names) == [["first", "library", "second"], ""]


INSTALLED = {
    "big/__init__.py": "",
    "big/app.py": (
        "import second\n"
        "def create_app():\n"
        "    import inside, own\n"
        "    def app(environ, start_response): ...\n"
        "    return app\n"
    ),
}


def test_an_installed_app_is_a_root_itself(in_fork: InFork, places: dict[str, str]) -> None:
    write(Path(places["library"]), INSTALLED)
    names = saved(places, "", own="import first\n")
    code = LOAD.replace('"app", project', '"big.app:create_app()", project')
    code += "trace = load(*ahead(*{}))\n"
    code += "answer = [trace.roots, trace.changed, trace.search_path, trace.unfit]"
    roots = ["big", "big.app", "first"]
    assert in_fork(code.format("[]"), **names) == [roots, "", places["project"], ""]
    assert in_fork(code.format(roots), **names)[1:] == ["", places["project"], ""]


def test_what_stood_first_in_the_search_path(in_fork: InFork, places: dict[str, str]) -> None:
    names = saved(places, "import sys\nsys.path.insert(0, '/nowhere')\n")
    assert in_fork(f"{LOAD}answer = load().search_path", **names) == places["project"]


def test_the_time_of_own_modules_is_without_their_nested_ones(
    in_fork: InFork, places: dict[str, str]
) -> None:
    write(
        Path(places["library"]),
        {"clock.py": "now = 0\n", "slow.py": "import clock; clock.now += 8"},
    )
    names = saved(
        places,
        "import clock; clock.now += 1\nimport outer\nclock.now += 2\nimport slow\n",
        outer="import clock; clock.now += 16\nimport inner; clock.now += 32\n",
        inner="import clock; clock.now += 64\n",
    )
    code = (
        f"{LOAD}import clock\nfrom devtui.server.guest import clocks\n"
        "clocks.clock.perf_counter = lambda: clock.now\n"
        "answer = load().own_seconds"
    )
    assert in_fork(code, **names) == {"app": 11, "outer": 48, "inner": 64}


def test_the_import_is_python_s_own_again(in_fork: InFork, places: dict[str, str]) -> None:
    names = saved(places, "import first\n")
    code = (
        f"{LOAD}import builtins, importlib\n"
        "before = builtins.__import__, importlib.import_module\nload()\n"
        "answer = (builtins.__import__, importlib.import_module) == before"
    )
    assert in_fork(code, **names) is True


def test_the_import_of_a_failing_load_is_python_s_own_again(
    in_fork: InFork, places: dict[str, str]
) -> None:
    names = saved(places, "import first\n1 / 0\n")
    code = (
        f"{LOAD}import builtins\nbefore = builtins.__import__\n"
        "try: load()\nexcept ZeroDivisionError: answer = builtins.__import__ == before"
    )
    assert in_fork(code, **names) is True


def test_an_import_that_the_app_has_put_there_stays(
    in_fork: InFork, places: dict[str, str]
) -> None:
    app = (
        "import builtins, importlib\nkept = builtins.__import__\nmodule = importlib.import_module\n"
        "def mine(*a, **k): return kept(*a, **k)\nbuiltins.__import__ = mine\n"
        "def late():\n    import first\n    module('second')\n"
    )
    names = saved(places, app)
    code = (
        f"{LOAD}import builtins\ntrace = load()\n"
        "app = sys.modules['app']\nkept = builtins.__import__ is app.mine\n"
        "app.late()\n"
        "answer = [kept, trace.roots, trace.unfit, 'second' in sys.modules]"
    )
    assert in_fork(code, **names) == [True, [], "", True]


def test_a_library_s_own_imports_are_left_to_python(
    in_fork: InFork, places: dict[str, str]
) -> None:
    """They are most of all imports, and a Python function in between takes its time."""
    write(
        Path(places["library"]),
        {
            "seen.py": "import builtins\ncalls = []\n"
            "def see(where): calls.append((where, builtins.__import__.__module__ != 'builtins'))\n",
            "outer.py": "import seen\nseen.see('library')\nimport own\nseen.see('library again')\n",
        },
    )
    names = saved(
        places,
        "import seen\nseen.see('app')\nimport outer\nseen.see('app again')\nimport second\n",
        own="import seen\nseen.see('own')\nimport first\n",
    )
    code = f"{LOAD}trace = load()\nimport seen\nanswer = [seen.calls, trace.roots, trace.changed]"
    is_ours = {"app": True, "library": False, "own": True, "library again": False}
    calls = [*map(list, is_ours.items()), ["app again", True]]
    assert in_fork(code, **names) == [calls, ["seen", "first", "second"], ""]


def test_after_a_change_a_library_s_imports_are_looked_at(
    in_fork: InFork, places: dict[str, str]
) -> None:
    write(
        Path(places["library"]),
        {
            "seen.py": "import builtins\n"
            "def see(): global name; name = builtins.__import__.__module__ != 'builtins'\n",
            "outer.py": "import seen\nimport part\nseen.see()\n",
        },
    )
    names = saved(places, "import seen\nimport outer\n")
    code = f"{LOAD}trace = load()\nimport seen\nanswer = [seen.name, trace.changed]"
    assert in_fork(code, **names) == [True, "os.environ (PART)"]


def test_a_library_that_takes_the_place_of_the_import_ends_the_roots(
    in_fork: InFork, places: dict[str, str]
) -> None:
    """As some do that switch features on by import: what comes after goes through them alone."""
    write(
        Path(places["library"]),
        {
            "taker.py": "import builtins\nkept = builtins.__import__\n"
            "def mine(*a, **k): return kept(*a, **k)\nbuiltins.__import__ = mine\n"
        },
    )
    names = saved(places, "import first\nimport taker\nimport second\n")
    code = (
        f"{LOAD}import builtins\ntrace = load()\n"
        "kept = builtins.__import__ is sys.modules['taker'].mine\n"
        "answer = [trace.roots, trace.changed, kept]"
    )
    assert in_fork(code, **names) == [["first"], "the builtins (__import__)", True]


# What was imported ahead.

UNFIT = "os.environ (NEW) was changed before second was imported"
SWALLOWING = {
    "nothing": "import second",
    "except Exception": "try: import second\nexcept Exception: pass",
    "except": "try: import second\nexcept BaseException: pass",
    "finally": "def f():\n    try: import second\n    finally: return\nf()",
    "import_module": "import importlib\nimportlib.import_module('second')",
    "from a part": "import inside",
    "library": "library.late()",
    "thread": (
        "import threading\n"
        "def f():\n    try: import second\n    except ImportError: pass\n"
        "thread = threading.Thread(target=f); thread.start(); thread.join()"
    ),
}


@pytest.mark.parametrize("name", SWALLOWING)
def test_nothing_hides_that_the_standby_is_unfit(
    in_fork: InFork, places: dict[str, str], name: str
) -> None:
    late = "def late():\n    try: import second\n    except BaseException: pass\n"
    write(Path(places["library"]), {"library.py": late})
    app = f"import library\nimport os; os.environ['NEW'] = '1'\n{SWALLOWING[name]}\n"
    told = in_fork(f"{LOAD}answer = load(*ahead('library', 'second')).unfit", **saved(places, app))
    assert told == (UNFIT.replace("second", "inside") if name == "from a part" else UNFIT)


@pytest.mark.parametrize("name", ["environment", "module", "module of the project", "call"])
def test_a_change_before_a_library_that_was_imported_ahead(
    in_fork: InFork, places: dict[str, str], name: str
) -> None:
    change, words = CHANGES[name]
    names = saved(places, f"import library\n{change}\nimport second\n")
    told = in_fork(f"{LOAD}answer = load(*ahead('library', 'second')).unfit", **names)
    assert told == f"{words} was changed before second was imported"


def test_a_load_like_the_last_takes_what_was_imported_ahead(
    in_fork: InFork, places: dict[str, str]
) -> None:
    names = saved(places, "import first, second\nimport os; os.environ['NEW'] = '1'\n")
    code = (
        f"{LOAD}baseline = frozenset(sys.modules)\ngroups = ahead('first', 'second')\n"
        "there = sys.modules['second']\n"
        "trace = ImportTrace(baseline, groups)\nbytecode.install(executing=trace.executing)\n"
        "with trace: find.load_app('app', project)\n"
        "answer = [trace.roots, trace.changed, sys.modules['second'] is there]"
    )
    assert in_fork(code, **names) == [["first", "second"], "os.environ (NEW)", True]
