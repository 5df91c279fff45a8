"""What a program changes for its whole process: each kind of it is seen and named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from devtui.server.standby import process_state
from tests.support.projects import app_source

InFork = Callable[..., Any]

# The change, what is said of it, and whether it matters to imports which of two comes first.
CHANGES = {
    "variable set": ("os.environ['NEW'] = '1'", "os.environ (NEW)", True),
    "variable deleted": ("del os.environ['THERE']", "os.environ (THERE)", True),
    "variables": (
        "os.environ.update(dict.fromkeys('DBCA', '1'))",
        "os.environ (A, B, C, …)",
        True,
    ),
    "search path": ("sys.path.append('/nowhere')", "sys.path", True),
    "finder": ("sys.meta_path.append(object())", "sys.meta_path", True),
    "path hook": ("sys.path_hooks.append(str)", "sys.path_hooks", True),
    "function": ("import time; time.sleep = print", "a patched module (time.sleep)", True),
    "class": (
        "import ssl; ssl.SSLContext = type('C', (ssl.SSLContext,), {})",
        "a patched module (ssl.SSLContext)",
        True,
    ),
    "builtin that is None": ("import builtins; builtins._T = None", "the builtins (_T)", True),
    "builtin that compares oddly": (
        "import builtins\n"
        "class Odd:\n    def __eq__(self, other): raise ValueError('ambiguous')\n"
        "builtins.odd = Odd(); builtins.odd_2 = Odd()",
        "the builtins (odd, odd_2)",
        True,
    ),
    "builtin": ("import builtins; builtins.reveal = print", "the builtins (reveal)", True),
    "filters": (
        "import warnings; warnings.simplefilter('error', ResourceWarning)",
        "the warnings filters",
        False,
    ),
    "handler of logging": (
        "import logging; logging.basicConfig()",
        "the logging configuration",
        False,
    ),
    "level of logging": (
        "import logging; logging.getLogger().setLevel('ERROR')",
        "the logging configuration",
        False,
    ),
    "logger class": (
        "import logging; logging.setLoggerClass(type('L', (logging.Logger,), {}))",
        "the logging configuration",
        False,
    ),
    "signal": (
        "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "a signal handler (SIGUSR1)",
        True,
    ),
    "locale": ("import locale; locale.setlocale(locale.LC_ALL, OTHER)", "the locale", True),
    "start method": (
        "import multiprocessing; multiprocessing.set_start_method('spawn')",
        "the multiprocessing start method",
        True,
    ),
    "policy": (
        "import asyncio\n"
        "asyncio.set_event_loop_policy(type('P', (asyncio.DefaultEventLoopPolicy,), {})())",
        "the event loop policy",
        True,
    ),
    "thread": (
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
        "a running thread",
        False,
    ),
    "folder": ("os.chdir('/')", "the working folder", True),
    "no folder": ("os.rmdir(os.getcwd())", "the working folder", True),
    "stream": ("sys.stdout = sys.stderr", "the standard streams", True),
    "hook": ("sys.excepthook = print", "an exception hook", True),
    "hook of threads": (
        "import threading; threading.excepthook = print",
        "an exception hook",
        True,
    ),
    "recursion": ("sys.setrecursionlimit(2345)", "the recursion limit", False),
    "collector": ("import gc; gc.disable()", "the garbage collector", False),
    "thresholds": ("import gc; gc.set_threshold(5)", "the garbage collector", False),
}

PROBE = app_source("standby/process_state.py")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen_and_named(in_fork: InFork, tmp_path: Any, name: str) -> None:
    change, words, early = CHANGES[name]
    told = in_fork(PROBE, change=change, folder=str(tmp_path))
    assert told == [None, words, words.partition(" (")[0] if early else ""]


def test_every_part_of_the_state_has_a_case_here() -> None:
    assert set(process_state.take()) == {
        words.partition(" (")[0] for _, words, _ in CHANGES.values()
    }


# In a fresh interpreter each: whether a module is loaded when the state is first looked at counts.
LATE = (
    "import importlib, sys\n"
    "for name in ('queue', 'ssl', 'devtui.server.standby.process_state'):\n"
    "    del sys.modules[name]\n"
    "if loaded: import queue, ssl\n"
    "process_state = importlib.import_module('devtui.server.standby.process_state')\n"
    "before = process_state.take()\nexec(change)\nafter = process_state.take()\n"
    "answer = [process_state.changed(before), process_state.matters_early(before, after)]"
)


@pytest.mark.parametrize("loaded", [False, True], ids=["not loaded", "loaded"])
def test_a_module_that_comes_meanwhile_has_not_been_patched(in_fork: InFork, loaded: bool) -> None:
    assert in_fork(LATE, loaded=loaded, change="import queue, ssl") == [None, ""]


@pytest.mark.parametrize("loaded", [False, True], ids=["not loaded", "loaded"])
def test_a_module_that_comes_meanwhile_and_is_patched(in_fork: InFork, loaded: bool) -> None:
    words = "a patched module"
    change = "import ssl; ssl.SSLContext = type('Green', (ssl.SSLContext,), {})"
    assert in_fork(LATE, loaded=loaded, change=change) == [f"{words} (ssl.SSLContext)", words]


def test_a_wrapper_that_calls_itself_as_what_it_wraps(in_fork: InFork) -> None:
    change = "import functools, ssl; ssl.SSLContext = functools.wraps(ssl.SSLContext)(lambda: 0)"
    told, _ = in_fork(LATE, loaded=True, change=change)
    assert told == "a patched module (ssl.SSLContext)"


def test_what_comes_first_is_told_where_two_things_have_changed(in_fork: InFork) -> None:
    probe = (
        "import gc, os\nfrom devtui.server.standby import process_state\n"
        "before = process_state.take()\ngc.disable(); os.environ['NEW'] = '1'\n"
        "answer = process_state.changed(before)"
    )
    assert in_fork(probe) == "os.environ (NEW)"
