"""A response's iterable that others may watch on its way to the client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from devtui.server.guest import forks
from devtui.server.serving import wsgi_answers

_END = object()


def _ignore(_: object) -> None:
    """Nobody watches."""


def _do_nothing() -> None:
    """Nobody waits for the end."""


class TappedResponse:
    """A response's iterable that shows each chunk and each exception on its way through.

    `close` is passed on, as WSGI demands (PEP 3333), whether the app's iterable was read or not.
    """

    def __init__(
        self,
        response: Iterable[bytes],
        on_error: Callable[[BaseException], None] = _ignore,
        on_close_error: Callable[[BaseException], None] = _ignore,
        check_head: Callable[[], None] = _do_nothing,
    ) -> None:
        self.on_chunk: Callable[[bytes], None] = _ignore
        self.on_end: Callable[[], None] = _do_nothing
        self._response = response
        self._on_error = on_error
        self._on_close_error = on_close_error
        self._check_head = check_head  # called when the body begins, goes on or ends
        self._iterator: Iterator[bytes] | None = None

    def __iter__(self) -> TappedResponse:
        return self

    def __next__(self) -> bytes:
        __traceback_hide__ = True
        try:
            if self._iterator is None:
                self._iterator = wsgi_answers.pieces(self._response)
            chunk: Any = next(self._iterator, _END)
            if type(chunk) is not bytes and chunk is not _END:
                wsgi_answers.check_piece(chunk)
            self._check_head()
        except BaseException as error:
            forks.end_if_forked(error)
            self._on_error(error)
            raise
        forks.end_if_forked()
        if chunk is _END:
            self.on_end()
            raise StopIteration
        self.on_chunk(chunk)
        return cast("bytes", chunk)

    def close(self) -> None:
        """Close the app's iterable, where it can be closed."""
        close: Any = getattr(self._response, "close", None)
        if close is not None:
            try:
                close()
            except BaseException as error:
                self._on_close_error(error)
                raise
