"""What screens ask of the app, which owns the stack of screens and the terminal.

A screen posts these to its app. So they are handled before the next key, which finds what they have
opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from textual.message import Message
from textual.notifications import SeverityLevel

from devtui.events import Frame
from devtui.session.store.error_groups import ErrorEntry, ErrorGroup
from devtui.session.store.log_entry import LogEntry
from devtui.session.store.one_call import AllRepeats, OneCall, OneRepeat
from devtui.session.store.request_record import Request
from devtui.session.store.store import Reload

PlainItem: TypeAlias = Request | LogEntry | Reload | OneCall | OneRepeat | AllRepeats
"""The items that open to sections of lines."""

PaneItem: TypeAlias = PlainItem | ErrorGroup
"""The items of the panes; an error opens to its frames."""


@dataclass
class Open(Message):
    """Open a row, or an error."""

    item: PaneItem | ErrorEntry


@dataclass
class OpenNeighbour(Message):
    """Open the row `steps` after the shown item, in the order of its pane."""

    item: object
    steps: int


@dataclass
class GoTo(Message):
    """Go back to the screen below if it shows the item, else open the item."""

    item: PaneItem | ErrorEntry


@dataclass
class SendAgain(Message):
    """Send a request again; with `edit` the user changes it first."""

    request: Request
    edit: bool = False


@dataclass
class PinRequest(Message):
    """Send a request after every reload, or stop that."""

    request: Request


@dataclass
class ComparedAgain(Message):
    """Show the verdicts on requests again, because the ignored differences have changed."""


@dataclass
class ProfileRequest(Message):
    """Show where a request's time went: send it again under the profiler.

    If it was profiled, show that profile, and send it again only if `again`.
    """

    request: Request
    again: bool = False


@dataclass
class ShowStack(Message):
    """Show the stack of a running request."""

    request: Request


@dataclass
class Tell(Message):
    """Show a toast; the text may contain control characters."""

    text: str
    severity: SeverityLevel = "information"


@dataclass
class Copy(Message):
    """Copy a text; `what` is its name in the toast."""

    text: str
    what: str


@dataclass
class Edit(Message):
    """Open a frame's file at its line in the editor."""

    frame: Frame


@dataclass
class ShowPort(Message):
    """Find out who holds a port, and show it."""

    port: int


@dataclass
class ChangePort(Message):
    """Ask for another port to serve on."""


@dataclass
class SeeAnotherPort(Message):
    """Ask for a port to show, beginning with this one."""

    port: int
