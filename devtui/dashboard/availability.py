"""Whether a key can work now: a key that cannot is grey, and says why when it is pressed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.app import App
from textual.notifications import Notify, SeverityLevel

from devtui.dashboard.keys.commands import in_force
from devtui.session.state import State
from devtui.text.sanitize import visible

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.dom import DOMNode

    from devtui.session.inspection import Raised
    from devtui.session.shown_session import ShownSession

SERVER_ACTIONS = (
    "restart",
    "restart_fresh",
    "change_port",
    "show_holders",
    "open_browser",
    "toggle_debug",
    "toggle_live",
)
NO_ROW = "No row is selected."
NO_PLACE = "This row has no place in the code to open."


class SaysWhyNot:
    """A base class for an app or a screen whose keys say why they cannot work."""

    def why_not(self, action: str) -> str:
        """Say in a sentence why the action cannot work now; empty if it can."""
        return ""

    def answers_refusal(self, action: str, why: str) -> bool:
        """Say elsewhere than in a toast why the action cannot work; return whether this did."""
        return False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether a key can work now; None greys it."""
        return None if self.why_not(action) else True


class SaysWhyNotApp(SaysWhyNot, App[int]):
    """An app whose grey keys say why they cannot work when they are pressed."""

    def tell(self, text: str, severity: SeverityLevel = "information") -> None:
        """Say something in a toast; the text may contain control characters."""
        self.notify(visible(text, 400), severity=severity, markup=False)

    def on_notify(self, event: Notify) -> None:
        """Remove an equal toast; Textual adds the new one afterwards."""
        self.take_back(event.notification.message)

    def take_back(self, text: str) -> None:
        """Remove a toast, from all screens."""
        for shown in list(self._notifications):
            if shown.message == text:
                self._unnotify(shown, refresh=False)
                # Textual would leave an empty row in its place.
                for screen in self.screen_stack:
                    screen.query(f"#--textual-toast-{shown.identity}").remove()

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run a key's action; a key that cannot work says why in a toast."""
        if await super().run_action(action, default_namespace, namespaces):
            return True
        owner = default_namespace or self
        if not isinstance(owner, SaysWhyNot) or not isinstance(action, str):
            return False
        name = action.partition("(")[0]
        why = owner.why_not(name)
        if why and not owner.answers_refusal(name, why):
            self.tell(why, "warning")
        return bool(why)


def why_not_for_server(session: ShownSession, leaving: bool, action: str) -> str:
    """Say why an action on the server cannot work now; empty if it can."""
    if action in SERVER_ACTIONS:
        if leaving:
            return "devtui is leaving."
        if session.attachment is not None and session.attachment.why_not:
            return session.attachment.why_not
        if session.state is State.STOPPED:
            return "The server has been stopped."
    match action:
        case "change_port" | "show_holders" if session.settings.is_unix_socket:
            return "The server is on a Unix socket, which has no port."
        case "choose_app" if session.settings.main is not None:
            return "The app is the one that your program passes to devtui.run()."
        case "open_browser":
            return _why_not_browse(session)
        case "copy_pin" if session.attachment is not None and session.attachment.why_not_stop:
            return "DEVTUI_CONTROL_EVAL=0 hides the PIN from other terminals."
        case "copy_pin" if not session.generations.pin:
            return "There is no PIN: the debugger in the browser is off, or needs none."
    return ""


def _why_not_browse(session: ShownSession) -> str:
    if not (session.state.answers or session.state.loading):
        return f"The app is not served now ({session.state.value})."
    if not session.url.startswith(("http://", "https://")):
        return "A browser cannot open a Unix socket." if session.url else "There is no URL yet."
    return ""


def why_nothing_answers(session: ShownSession, *, typing: bool = False) -> str:
    """Say why a request would wait for an answer; empty if it would not.

    While the user is `typing` code, the keys type letters.
    """
    key = _restart_key(typing)
    match session.state:
        case State.CRASHED:
            return f"The server process has ended: a save or {key} starts the next one."
        case State.SUSPENDED:
            pid = session.generations.pid
            continues = f"kill -CONT {pid} continues it, " if pid is not None else ""
            return (
                "A signal has suspended the server process, so nothing answers: "
                f"{continues}{key} restarts it."
            )
    return ""


def why_no_answer_yet(session: ShownSession, *, typing: bool = False) -> str:
    """Say why a question to the server process has no answer yet, and what to do."""
    if session.attachment is not None and session.attachment.why_not:
        return session.attachment.why_not
    if why := why_nothing_answers(session, typing=typing):
        return why
    pid = session.generations.pid
    silent = "The server process" if pid is None else f"Server process {pid}"
    if session.attachment is not None:
        silent += ", or devtui itself,"
    return (
        f"{silent} does not answer: it is busy in code that lets no other thread run. "
        f"It answers when that ends, or {_restart_key(typing)} restarts it."
    )


def why_not_stopped(session: ShownSession) -> str:
    """Say in the prompt why code that was interrupted goes on, and what to do."""
    if session.state is State.SUSPENDED:
        return why_nothing_answers(session, typing=True)
    return (
        "The code waits, or runs in a library that is not Python, and stops after that: "
        f"{_restart_key(True)} restarts the server process."
    )


def _restart_key(typing: bool) -> str:
    key = in_force.key("restart")
    return f"{in_force.key('error-back')} and then {key}" if typing else key


def why_no_frames(session: ShownSession, error: Raised) -> str:
    """Say why an error's frames cannot be inspected; empty if the server process has them."""
    if not session.settings.debugger:
        return "Frames are kept only with the debugger on: start with --debugger."
    if session.state is State.SUSPENDED:
        return why_nothing_answers(session)
    gone = session.questions.why_gone(error)
    if not gone and session.generations.pid is None:
        return "The server process has ended, and its frames are gone."
    return gone
