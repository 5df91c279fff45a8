"""Send a request to the served app over its own socket, and find its row."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

from devtui.events import CLIENT_LEFT, PROFILE, SEND_HEADER, RequestFinished, RequestStarted
from devtui.session.event_bus import EventBus
from devtui.session.replay.outgoing import CannotSend, Outgoing, check
from devtui.session.store.request_record import Request
from devtui.session.store.store import Store

if TYPE_CHECKING:
    from devtui.session.replay.fetching import Response

TIMEOUT = 30.0
"""The default timeout of a response, in seconds."""

# How long after its response the end of a request, and what it logged, may take to arrive.
_END_SECONDS = 2.0
_REST_SECONDS = 0.03


class Sent(msgspec.Struct, frozen=True):
    """The outcome of a request: the response, or a `message` that says why there is none.

    `request` is its row, None if the server process has not read it, or if the row is gone.
    """

    duration_ms: float
    response: Response | None = None
    message: str = ""
    request: Request | None = None


class _Broken(Exception):
    """The connection failed, or there was no valid response; the text says how."""


class _Underway:
    def __init__(self) -> None:
        self.request_id = ""
        self.ended = asyncio.Event()


class Sender:
    """Send requests. A header with the session's token marks each; the app never sees it."""

    def __init__(
        self, bus: EventBus, store: Store, token: str, url: Callable[[], str | None]
    ) -> None:
        """`token` is the one that each server process gets with its order to load.

        `url` gives None while devtui does not listen: another program may have the port then.
        """
        self._store = store
        self._token = token
        self._url = url
        self._numbers = itertools.count(1)
        self._underway: dict[str, _Underway] = {}
        self._by_id: dict[str, _Underway] = {}
        bus.listen(self._begun, RequestStarted)
        bus.listen(self._ended, RequestFinished)

    async def send(
        self,
        outgoing: Outgoing,
        *,
        timeout: float = TIMEOUT,
        replay_of: str = "",
        profile: bool = False,
    ) -> Sent:
        """Send a request and wait for its end. Raises `CannotSend`.

        With `profile` the server process profiles it, if it can.
        """
        check(outgoing)
        url = self._url()
        if url is None:
            raise CannotSend("devtui does not listen on the app's port now, so nothing was sent.")
        number = str(next(self._numbers))
        underway = self._underway[number] = _Underway()
        words = f"{self._token} {number} {replay_of} {PROFILE if profile else ''}".rstrip()
        marked = structs.replace(outgoing, headers=((SEND_HEADER, words), *outgoing.headers))
        began = time.monotonic()
        response, message, why = None, "", ""
        try:
            try:
                response, message = await self._fetch(url, marked, timeout)
            except _Broken as error:
                why = str(error)
            took_ms = round((time.monotonic() - began) * 1000, 3)
            if response is not None:
                await _within(underway.ended.wait(), _END_SECONDS)
                await asyncio.sleep(
                    _REST_SECONDS
                )  # the output comes over pipes, which are read later
            elif why:
                message = f"There was no response: {await self._cut(underway) or why}."
        finally:
            del self._underway[number]
            self._by_id.pop(underway.request_id, None)
        found = self._store.request(underway.request_id or None)
        return Sent(took_ms, response, message, found)

    async def _fetch(
        self, url: str, outgoing: Outgoing, timeout: float
    ) -> tuple[Response | None, str]:
        """Return the response, or why there is none. Raises `_Broken`."""
        # The first load does not wait for these modules.
        from http.client import HTTPException

        from devtui.session.replay import fetching

        try:
            fetching_it = fetching.fetch(
                url,
                outgoing.method,
                outgoing.target,
                outgoing.headers,
                outgoing.body,
                timeout,
            )
            return await asyncio.wait_for(fetching_it, timeout + 1.0), ""
        except (TimeoutError, asyncio.TimeoutError):
            return None, f"The app did not answer within {timeout:g} s."
        except fetching.Endless:
            return None, f"The response began, but did not end within {timeout:g} s."
        except fetching.TooMany:
            raise CannotSend(
                "Too many requests of devtui are still running: wait until they end."
            ) from None
        except (OSError, HTTPException, ValueError) as error:
            raise _Broken(f"{type(error).__name__}: {error}") from error

    async def _cut(self, underway: _Underway) -> str:
        """Return why the response was cut, if the server process says so; else an empty text."""
        if not underway.request_id:
            return ""
        await _within(underway.ended.wait(), _END_SECONDS)
        found = self._store.request(underway.request_id)
        cut = "" if found is None else found.row.cut
        return "" if cut == CLIENT_LEFT else cut  # devtui was that client

    def _begun(self, event: RequestStarted) -> None:
        underway = self._underway.get(event.sent) if event.sent else None
        if underway is not None and not underway.request_id:
            underway.request_id = event.id
            self._by_id[event.id] = underway

    def _ended(self, event: RequestFinished) -> None:
        underway = self._by_id.get(event.id) if self._by_id else None
        if underway is not None:
            underway.ended.set()


async def _within(waiting: Any, seconds: float) -> None:
    try:
        await asyncio.wait_for(waiting, seconds)
    except asyncio.TimeoutError:
        return  # the row has no end yet, and says so
