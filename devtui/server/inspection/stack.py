"""Show the current stack of a running request."""

from __future__ import annotations

import sys
import threading
from types import CodeType, FrameType

from devtui.events import ShowStack, StackShown
from devtui.server.errors import frame_data
from devtui.server.errors.frame_data import SourceLines
from devtui.server.exchange.app_entries import ENTRIES
from devtui.server.serving.handler import CapturingHandler

MAX_FRAMES = 200

# Frames outside of these are the server's. Who looks for a hanging view does not want to see them.
_ENTRIES: frozenset[CodeType] = ENTRIES | {CapturingHandler.run_wsgi.__code__}


def show(order: ShowStack, thread_id: int | None) -> StackShown:
    """Answer the order. `thread_id` is the request's thread, None if it has ended."""
    frame = None if thread_id is None else sys._current_frames().get(thread_id)
    frames = [] if frame is None else _from_the_app_on(frame)
    left_out = max(0, len(frames) - MAX_FRAMES)
    if left_out:
        frames = frames[: MAX_FRAMES // 2] + frames[-MAX_FRAMES // 2 :]
    sources = SourceLines()
    return StackShown(
        ask_id=order.ask_id,
        request_id=order.request_id,
        thread=_name(thread_id),
        frames=tuple(frame_data.of_running(frame, sources) for frame in frames),
        frames_left_out=left_out,
        running=thread_id is not None,
    )


def _from_the_app_on(innermost: FrameType) -> list[FrameType]:
    """Return the frames from the app's outermost call to the innermost one."""
    frames: list[FrameType] = []
    frame: FrameType | None = innermost
    while frame is not None and frame.f_code not in _ENTRIES:
        frames.append(frame)
        frame = frame.f_back
    frames.reverse()
    return frames


def _name(thread_id: int | None) -> str:
    thread = next((each for each in threading.enumerate() if each.ident == thread_id), None)
    return thread.name if thread is not None else ""
