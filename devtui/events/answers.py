"""Answers to orders, and requests for the terminal. `ask_id` repeats the id in the order."""

from typing import Literal

from devtui.events.event import Event
from devtui.events.parts import Frame, Route, Variable

CALLS = {
    "breakpoint": "breakpoint()",
    "input": "input()",
    "getpass": "getpass()",
    "console": "a console",
}
"""The Python calls that need the terminal, by `TerminalWanted.purpose`."""


class LocalsShown(Event, frozen=True, kw_only=True):
    """The local variables of a frame, in the order in which the function has them.

    `left_out` counts those past the bound. If the frame is `gone`, there are no variables, and
    `reason` says why in one sentence for people.
    """

    ask_id: str
    error_id: str
    variables: tuple[Variable, ...] = ()
    left_out: int = 0
    gone: bool = False
    reason: str = ""


class Evaluated(Event, frozen=True, kw_only=True):
    """The result of an evaluation in a frame.

    `value` is the last expression's repr, None if the code ended with a statement or the value was
    None. `output` is what it printed to stdout and stderr, in order. `traceback` is set if it
    raised. Long texts are cut, and then `truncated` is true. `interrupted` is true if `Interrupt`
    stopped it. If the frame is `gone`, `reason` says why.
    """

    ask_id: str
    error_id: str
    value: str | None = None
    output: str = ""
    traceback: str = ""
    truncated: bool = False
    interrupted: bool = False
    duration_ms: float = 0.0
    gone: bool = False
    reason: str = ""


class Completed(Event, frozen=True, kw_only=True):
    """The whole names that complete a typed one, in alphabetical order.

    `left_out` counts those past the bound. `reason` is a sentence for people if the names are
    unknown: a property would have to be called, or the frame is gone. `signature` is the list of
    parameters, in brackets, if the typed name is already the whole name of a callable.
    """

    ask_id: str
    error_id: str
    names: tuple[str, ...] = ()
    left_out: int = 0
    reason: str = ""
    signature: str = ""


class StackShown(Event, frozen=True, kw_only=True):
    """The current stack of a request's thread, from the outermost call of the app inwards.

    If it is `running` without frames, the server itself runs, between the app and the client.
    `running` is false if the request has ended meanwhile.
    """

    ask_id: str
    request_id: str
    thread: str = ""
    frames: tuple[Frame, ...] = ()
    frames_left_out: int = 0
    running: bool = True


class RoutesShown(Event, frozen=True, kw_only=True):
    """The routes of the app, and the name of its framework; both are empty if it is unknown.

    `reason` says why they cannot be listed. `complete` is false if there are more.
    """

    ask_id: str
    framework: str = ""
    routes: tuple[Route, ...] = ()
    complete: bool = True
    reason: str = ""


class ProfilerChecked(Event, frozen=True, kw_only=True):
    """Whether requests can be profiled; `reason` says in one sentence why they cannot."""

    ask_id: str
    reason: str = ""


class TerminalWanted(Event, frozen=True, kw_only=True):
    """The app needs the terminal. The thread that needs it waits for `TerminalGranted`.

    The purpose `program` stands for a program that the app has started and that reads from the
    terminal, or for Python code that reads without `input()`. `program` is its name and pid.
    """

    ask_id: str
    purpose: Literal["breakpoint", "input", "getpass", "console", "program"]
    request_id: str | None = None
    program: str = ""


class TerminalInterrupted(Event, frozen=True, kw_only=True):
    """Somebody pressed ctrl+c while the app waits for a line: the session must end the line."""

    ask_id: str


class TerminalReleased(Event, frozen=True, kw_only=True):
    """The app does not need the terminal any more."""

    ask_id: str
