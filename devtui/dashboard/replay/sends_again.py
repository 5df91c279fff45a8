"""The keys of a screen that send its selected request again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devtui.dashboard.availability import NO_ROW, why_nothing_answers
from devtui.dashboard.messages import PinRequest, ProfileRequest, SendAgain

if TYPE_CHECKING:
    from devtui.dashboard.selection import Selection
    from devtui.session.store.request_record import Request

NO_REQUEST = "This row does not belong to a request that could be sent again."
RUNS = "The request is still running: send it again when it has ended."


class SendsAgain:
    """A base class for a screen whose selected row is a request, or belongs to one."""

    if TYPE_CHECKING:
        app: Any

        def selected(self) -> Selection:
            """Return what is selected."""

    def why_not_send(self, action: str) -> str:
        """Say why the action cannot work now; empty if it can, or if it is not one of ours."""
        if action not in ("send_again", "edit_and_send", "pin", "profile"):
            return ""
        selection = self.selected()
        if selection.request is not None:
            if selection.request.running:
                return RUNS
            return "" if action == "pin" else why_nothing_answers(self.app.session)
        return NO_REQUEST if self._is_on_a_row() else NO_ROW

    def _is_on_a_row(self) -> bool:
        return True

    def action_send_again(self) -> None:
        """Send the request again."""
        self._post(edit=False)

    def action_edit_and_send(self) -> None:
        """Change the request in the editor, and send it."""
        self._post(edit=True)

    def action_pin(self) -> None:
        """Send the request after every reload, or stop that."""
        request = self.selected().request
        if request is not None:
            self.app.post_message(PinRequest(request))

    def action_profile(self) -> None:
        """Send the request again under the profiler."""
        request = self.selected().request
        if request is not None:
            self.app.post_message(ProfileRequest(request))

    def _post(self, *, edit: bool) -> None:
        request: Request | None = self.selected().request
        if request is not None:
            self.app.post_message(SendAgain(request, edit))
