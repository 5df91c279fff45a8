"""The part of the app that sends requests again, and reports the outcome."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from textual import on

from devtui.dashboard.availability import SaysWhyNotApp
from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.lists.line_view import LineView
from devtui.dashboard.messages import ComparedAgain, Open, PinRequest, SendAgain
from devtui.session.store.request_record import Request
from devtui.text import masking

if TYPE_CHECKING:
    from devtui.dashboard.replay.request_editor import RequestEditor
    from devtui.session.replay.sender import Sent
    from devtui.session.shown_session import ShownSession


class ReplayingApp(SaysWhyNotApp):
    """An app that sends requests again for its screens."""

    session: ShownSession

    @cached_property
    def _request_editor(self) -> RequestEditor:
        # The first frame does not wait for this module.
        from devtui.dashboard.replay.request_editor import RequestEditor

        return RequestEditor(self)

    @on(SendAgain)
    def _send_again(self, message: SendAgain) -> None:
        self.run_worker(self._send(message.request, message.edit), group="send")

    async def _send(self, request: Request, edit: bool) -> None:
        from devtui.dashboard.desktop.editor import NoEditor
        from devtui.session.replay.outgoing import CannotSend, recorded

        changed = None
        try:
            if edit:
                changed = await self._request_editor.edit(request.id, recorded(request))
                if changed is None:
                    key = in_force.key("send-again")
                    self.tell(f"Nothing was changed, so nothing was sent: {key} sends it again.")
                    return
            sent = await self.session.replays.send(request, changed)
        except (CannotSend, NoEditor) as problem:
            self.tell(str(problem), "warning")
        except OSError as error:
            self.tell(f"The request could not be edited: {error.strerror or error}.", "error")
        else:
            self._sent(request, sent)

    @on(PinRequest)
    def _pin_or_not(self, message: PinRequest) -> None:
        from devtui.dashboard.replay.pin_dialog import PinDialog
        from devtui.session.replay.outgoing import CannotSend, recorded

        request, replays = message.request, self.session.replays
        pin = replays.pins.of(request)
        if pin is not None:
            replays.pins.remove(pin)
            self._pinned(pin.request, "is no longer sent after a reload.")
            return
        try:
            changes_data = recorded(request).changes_data
        except CannotSend as problem:
            self.tell(str(problem), "warning")
            return
        if changes_data:
            self.push_screen(PinDialog(request), lambda yes: self._pin(request) if yes else None)
        else:
            self._pin(request)

    def _pin(self, request: Request) -> None:
        from devtui.session.replay.outgoing import CannotSend

        try:
            self.session.replays.pin(request)
        except CannotSend as problem:
            self.tell(str(problem), "warning")
        else:
            self._pinned(request, "is sent again after every reload.")

    @on(ComparedAgain)
    def _show_verdicts(self) -> None:
        for screen in self.screen_stack:
            for view in screen.query(LineView):
                view.matches.mark_changed(_is_compared)
                view.mark_dirty()

    def _pinned(self, request: Request, words: str) -> None:
        row = request.row
        self.tell(f"{row.method} {masking.target(row.target)} {words}")
        for screen in self.screen_stack:
            for view in screen.query(LineView):
                view.refresh()

    def _sent(self, original: Request, sent: Sent) -> None:
        """Report the outcome; if the request is open, open the new one."""
        if sent.message:
            self.tell(sent.message, "warning")
            return
        found = sent.request
        if found is None:
            return
        row = found.row
        verdict = found.verdict or str(row.status or row.cut)
        self.tell(f"{row.method} {masking.target(row.target)}: {verdict}")
        if getattr(self.screen, "shows", None) is original:
            self.post_message(Open(found))


def _is_compared(row: object) -> bool:
    return isinstance(row, Request) and bool(row.verdict)
