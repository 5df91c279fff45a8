"""The part of the app that profiles requests, and shows the profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from devtui.dashboard.keys.commands import in_force
from devtui.dashboard.messages import ProfileRequest
from devtui.dashboard.replay.replaying_app import ReplayingApp
from devtui.text import masking
from devtui.text.sanitize import visible

if TYPE_CHECKING:
    from devtui.session.profiles.profiler import Profile
    from devtui.session.store.request_record import Request

_NOT_ASKED = frozenset({"GET", "HEAD"})
"""The methods that are sent without a question; others may change something."""


class ProfilingApp(ReplayingApp):
    """An app that profiles requests for its screens. Several may run at once."""

    @on(ProfileRequest)
    def _profile_request(self, message: ProfileRequest) -> None:
        request = message.request
        kept = None if message.again else self.session.profiler.of(request)
        if kept is not None and kept.event.lines:
            self._show(kept)
            return
        if request.row.method in _NOT_ASKED:
            self._begin_profile(request)
            return
        from devtui.dashboard.profile.send_question import SendQuestion

        def answered(sends: bool | None) -> None:
            if sends:
                self._begin_profile(request)

        self.push_screen(SendQuestion(request), answered)

    def _begin_profile(self, request: Request) -> None:
        self.run_worker(self._profile(request), group="profile")

    async def _profile(self, request: Request) -> None:
        from devtui.session.replay.outgoing import CannotSend

        row = request.row
        begun = visible(f"Profiling {row.method} {masking.target(row.target)} …", 400)
        self.tell(begun)
        below = self.screen
        try:
            profile = await self.session.profiler.profile(request)
        except CannotSend as problem:
            self.tell(str(problem), "warning")
            return
        finally:
            self.take_back(begun)
        if self.screen is not below:
            # The user has moved on: do not open a screen in the way.
            found = profile.request.row
            key = in_force.key("profile")
            name = f"{found.method} {masking.target(found.target)}"
            self.tell(f"{name} was profiled: {key} on its new row shows where the time went.")
            return
        self._show(profile)

    def _show(self, profile: Profile) -> None:
        from devtui.dashboard.profile.profile_screen import ProfileScreen

        top = self.screen
        if isinstance(top, ProfileScreen):
            top.leave()
        self.push_screen(ProfileScreen(profile))
