"""The part of the app that sends requests again, and says how that went."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from textual import on

from devtui.dashboard.availability import SaysWhyNotApp
from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.messages import Open, SendAgain
from devtui.text import masking

if TYPE_CHECKING:
    from devtui.dashboard.replay.request_editor import RequestEditor
    from devtui.session.replay.sender import Sent
    from devtui.session.session import Session
    from devtui.session.store.request_record import Request


class ReplayingApp(SaysWhyNotApp):
    """Sends requests again for its screens."""

    session: Session

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
            self.tell(f"The request could not be edited: {error}.", "error")
        else:
            self._sent(request, sent)

    def _sent(self, original: Request, sent: Sent) -> None:
        """Say what came of it; an opened request makes room for the new one."""
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
