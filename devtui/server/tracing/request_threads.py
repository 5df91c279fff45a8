"""Find the request that has started a thread, or has given work to a pool of threads.

A new thread begins with an empty context, and stays so. Only the method `start` of threads is
replaced: it notes the request that calls it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import partial, update_wrapper
from types import ModuleType
from typing import Any, TypeAlias

from devtui.server.guest.threads import is_ours
from devtui.server.guest.unnoticed import is_unnoticed, leave_no_trace, unnoticed
from devtui.server.output.request_context import request_id
from devtui.server.tracing.request_calls import NOWHERE, inside

live: set[str] = set()
"""The requests that run."""

# Modules whose threads work for any request.
_SHARED = frozenset({"concurrent.futures.thread", "aiosqlite.core"})

Wrapper: TypeAlias = Callable[[Callable[[], object]], object]
"""Does the work that it is given, with something before and after it."""

wrappers: dict[str, Wrapper] = {}
"""The wrappers around the work of a request's threads and tasks, by the request."""

# The request of a thread, by the thread's `id`; and the threads of a request, which are kept here
# so that no other thread gets the same `id` meanwhile.
_request_of: dict[int, str] = {}
_threads_of: dict[str, list[threading.Thread]] = {}


def request_of_thread() -> str | None:
    """Return the request that started this thread, None if it has ended or there was none."""
    if not _request_of:
        return None
    thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
    return None if thread is None else _request_of.get(id(thread))


def forget(request: str) -> None:
    """Forget a request that has ended, and its threads."""
    live.discard(request)
    wrappers.pop(request, None)
    for thread in _threads_of.pop(request, ()):
        _request_of.pop(id(thread), None)


def hook() -> None:
    """Note from now on which request starts a thread, or gives work to a pool."""
    hook_threads()
    pools = sys.modules.get("concurrent.futures.thread")
    if pools is not None:
        hook_pools(pools)


def hook_threads() -> None:
    """Note from now on which request starts a thread."""
    if _is_noted(threading.Thread.start):
        return
    start = threading.Thread.start

    @unnoticed
    def noted_start(self: threading.Thread) -> None:
        try:
            request = request_id.get() or request_of_thread()
            if request is not None and not _works_for_others(self):
                _threads_of.setdefault(request, []).append(self)
                _request_of[id(self)] = request
                if request in wrappers:
                    _start_inside(wrappers[request], self, start)
                    return
            start(self)
        except BaseException as error:
            leave_no_trace(error)
            raise

    threading.Thread.start = update_wrapper(noted_start, start)  # type: ignore[method-assign]


@unnoticed
def _start_inside(within: Wrapper, thread: threading.Thread, start: Any) -> None:
    """Start a thread, and do all of its work within the wrapper.

    `start` looks up `_bootstrap` once, for the new thread to call. Afterwards the thread is as
    before.
    """
    namespace = vars(thread)
    namespace["_bootstrap"] = partial(within, thread._bootstrap)  # type: ignore[attr-defined]
    try:
        start(thread)
    finally:
        namespace.pop("_bootstrap", None)


def hook_pools(module: ModuleType) -> None:
    """Let work that was given to a `ThreadPoolExecutor` belong to the request that gave it."""
    item: Any = module._WorkItem
    if _is_noted(item.run):
        return
    begin, run = item.__init__, item.run

    @unnoticed
    def noted_init(self: Any, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        self.devtui_request = request_id.get() or request_of_thread()

    @unnoticed
    def noted_run(self: Any, *args: Any) -> None:
        request = self.devtui_request
        token = request_id.set(request if request in live else None)
        place = inside.set(NOWHERE)  # the thread may have the context of its starter
        within = wrappers.get(request)
        try:
            if within is None:
                run(self, *args)
            else:
                within(partial(run, self, *args))
        finally:
            inside.reset(place)
            request_id.reset(token)

    item.__init__, item.run = update_wrapper(noted_init, begin), update_wrapper(noted_run, run)


def _works_for_others(thread: Any) -> bool:
    """Whether a thread works for devtui, or for any request.

    Threads of a `ThreadPoolExecutor` and of an aiosqlite connection work for any request. Some
    versions of aiosqlite have a function for the thread, others a class.
    """
    if is_ours(thread):
        return True
    modules = {kind.__module__ for kind in type(thread).__mro__}
    modules.add(getattr(getattr(thread, "_target", None), "__module__", ""))
    return not _SHARED.isdisjoint(modules)


def _is_noted(function: Any) -> bool:
    return is_unnoticed(getattr(function, "__code__", None))
