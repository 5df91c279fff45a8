"""Profile one request, and report the profile to the session."""

from __future__ import annotations

from devtui.events import CheckProfiler, ProfilerChecked, RequestProfiled
from devtui.server.profiling.sampler import REPLACED, TAKEN, Sampler, Taken
from devtui.server.profiling.thread_profiles import ThreadProfiles
from devtui.server.tracing import request_threads

MISSING = (
    "The app's environment has no pyinstrument, which profiles requests: install it there with "
    "pip install 'devtui[profile]' and restart the server."
)


def check(order: CheckProfiler) -> ProfilerChecked:
    """Answer whether the profiler is installed. This imports it, so no request waits for that."""
    return ProfilerChecked(ask_id=order.ask_id, reason=why_not())


def why_not() -> str:
    """Say why nothing can be profiled, empty if it can."""
    try:
        from pyinstrument.low_level import stat_profile  # noqa: F401
    except ImportError as error:
        if error.name == "pyinstrument":
            return MISSING
        return f"pyinstrument cannot be imported in the app's environment: {error}."
    return ""


class RequestProfile:
    """The profile of the request that this thread answers. It begins at once."""

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._sampler: Sampler | None = None
        self._threads = ThreadProfiles()
        self._reason = why_not()
        if not self._reason:
            try:
                self._sampler = Sampler()
            except Taken:
                self._reason = TAKEN
                return
            request_threads.hook()
            request_threads.wrappers[request_id] = self._threads.around

    def finish(self) -> RequestProfiled:
        """End the profile, in the same thread, and return it."""
        sampler = self._sampler
        if sampler is None:
            return RequestProfiled(request_id=self._request_id, reason=self._reason)
        request_threads.forget(self._request_id)
        goes_on = sampler.stop()
        thread_lines, thread_left_out, reason = self._threads.finish()
        if sampler.error is not None:
            reason = f"The profile ended early: {type(sampler.error).__name__} in the profiler."
        elif not goes_on:
            reason = REPLACED
        lines, left_out = sampler.tree.lines()
        return RequestProfiled(
            request_id=self._request_id,
            duration_ms=round(sampler.seconds * 1000, 3),
            sample_count=sampler.sample_count,
            lines=lines,
            left_out=left_out + thread_left_out,
            thread_lines=thread_lines,
            reason=reason,
        )
