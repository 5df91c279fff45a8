"""The facts that pass between the parts, the orders that go the other way, and their codec.

Events are immutable and in the past tense. A server process sends them to the session as lines of
JSON, and `--json` prints the very same lines, so the field names are an interface: stable, with
the unit in the name. In each line `type` comes first, then `at` and `generation`.

The modules that define them have their annotations evaluated at once: msgspec evaluates those that
are text one by one when it makes a decoder, and the first answer and the first frame wait for one.
"""

from __future__ import annotations

from devtui.events.answers import (
    Completed,
    Evaluated,
    LocalsShown,
    StackShown,
    TerminalReleased,
    TerminalWanted,
)
from devtui.events.codec import AnyEvent, decode_event, decode_order, encode, encode_printable
from devtui.events.event import Event, utc_now
from devtui.events.orders import (
    AnyOrder,
    Complete,
    Evaluate,
    Interrupt,
    Load,
    LoadSoon,
    Main,
    Order,
    Pin,
    Preload,
    ShowLocals,
    ShowStack,
    Stop,
    TellFiles,
    TerminalGranted,
    TerminalRefused,
)
from devtui.events.parts import (
    Address,
    Body,
    Error,
    ExceptionData,
    Frame,
    Headers,
    Holder,
    HolderKind,
    ModuleTime,
    RefusalReason,
    SourceFile,
    Stream,
    Variable,
)
from devtui.events.requests import ErrorRaised, LogWritten, RequestFinished, RequestStarted
from devtui.events.server import (
    AppFailed,
    AppLoaded,
    DebuggerReady,
    EventsDropped,
    FilesRead,
    ImportsTraced,
    PinAttempted,
    ServerContinued,
    ServerExited,
    ServerStarted,
    ServerSuspended,
    Serving,
    StandbyUnfit,
)
from devtui.events.session import FilesChanged, PortBusy, Reloaded, StateChanged

__all__ = [
    "Address",
    "AnyEvent",
    "AnyOrder",
    "AppFailed",
    "AppLoaded",
    "Body",
    "Complete",
    "Completed",
    "DebuggerReady",
    "Error",
    "ErrorRaised",
    "Evaluate",
    "Evaluated",
    "Event",
    "EventsDropped",
    "ExceptionData",
    "FilesChanged",
    "FilesRead",
    "Frame",
    "Headers",
    "Holder",
    "HolderKind",
    "ImportsTraced",
    "Interrupt",
    "Load",
    "LoadSoon",
    "LocalsShown",
    "LogWritten",
    "Main",
    "ModuleTime",
    "Order",
    "Pin",
    "PinAttempted",
    "PortBusy",
    "Preload",
    "RefusalReason",
    "Reloaded",
    "RequestFinished",
    "RequestStarted",
    "ServerContinued",
    "ServerExited",
    "ServerStarted",
    "ServerSuspended",
    "Serving",
    "ShowLocals",
    "ShowStack",
    "SourceFile",
    "StackShown",
    "StandbyUnfit",
    "StateChanged",
    "Stop",
    "Stream",
    "TellFiles",
    "TerminalGranted",
    "TerminalRefused",
    "TerminalReleased",
    "TerminalWanted",
    "Variable",
    "decode_event",
    "decode_order",
    "encode",
    "encode_printable",
    "utc_now",
]
