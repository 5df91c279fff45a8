"""The middleware that puts the script into pages, and touches nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from werkzeug.http import parse_options_header

from devtui.server.guest.clocks import clock
from devtui.server.live.document_start import DocumentStart
from devtui.server.live.kept_pages import KeptPages, target_of
from devtui.server.live.meta_policy import MetaPolicy
from devtui.server.live.navigation import is_navigation
from devtui.server.live.page_policy import PagePolicy
from devtui.text.headers import header_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from devtui.server.live.handover import Handover

# Nobody sees the body of these.
_UNSEEN = ("1", "204", "206", "3")

# In these encodings a byte is not an ASCII character.
_WIDE = ("utf-16", "utf-32", "utf-7", "ucs-2", "ucs-4")

# Headers that are computed from the body.
_DIGESTS = frozenset({"content-md5", "content-range", "content-digest", "digest", "repr-digest"})

_END = object()


class InsertScript:
    """Put the script into HTML documents that a browser opens by navigation, while live is on.

    Ask the app for an uncompressed document, because a compressed one would have to be unpacked. If
    the browser's copy may have an old script, ask for the whole document.
    """

    def __init__(self, app: WSGIApplication, handover: Handover) -> None:
        self._app = app
        self._handover = handover
        self._kept = KeptPages()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the app does, with the script in pages."""
        if not (self._handover.on and is_navigation(environ)):
            return self._app(environ, start_response)
        environ["HTTP_ACCEPT_ENCODING"] = "identity"
        exchange = environ.get("devtui.exchange")
        # A replay keeps its recorded condition, and no browser keeps its page.
        kept = None if exchange is not None and exchange.of_session else self._kept
        page = _Page(environ, self._handover, kept)  # before the app reads anything for it

        def start_page(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            page.answered()
            write = start_response(status, page.begin(status, headers), exc_info)
            return lambda data: write(page.take(data))

        try:
            return _PageBody(self._app(environ, start_page), page)
        except BaseException:
            page.answered()
            raise


class _Page:
    """One response to a navigation, which may be a page."""

    def __init__(
        self, environ: WSGIEnvironment, handover: Handover, kept: KeptPages | None
    ) -> None:
        self._environ = environ
        self._handover = handover
        self._kept = kept
        self._version = handover.version
        self._target = target_of(environ)
        self._began = clock.time()
        self._document: tuple[DocumentStart, MetaPolicy] | None = None
        if kept is not None:
            kept.ask(environ, self._version)
        connection = environ.get("werkzeug.socket")
        self._waits = connection is not None
        if self._waits:
            handover.unanswered.add(self, connection, self._tag(PagePolicy((), "")))

    def answered(self) -> None:
        """Note that the app answers, or an error does."""
        if self._waits:
            self._waits = False
            if not self._handover.unanswered.take(self):
                raise ConnectionAbortedError("the request was cut")

    def begin(self, status: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Take the headers of the response; return them adapted to the script if it is a page."""
        sent = self._with_script(status, headers)
        # A response without the script is never old. With the console, a page from the browser's
        # cache would ask for the log since its own time.
        may_be_kept = self._document is None or not self._handover.console
        if self._kept is not None and may_be_kept:
            self._kept.sent(self._target, self._version, headers)
        return sent

    def _with_script(self, status: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        self._document = None
        length = header_of(headers, "content-length").strip()
        if status.startswith(_UNSEEN) or length == "0" or not _is_page(headers):
            return headers
        if header_of(headers, "content-encoding").strip().lower() not in ("", "identity"):
            self._handover.leave_alone("its page is compressed although nobody asked for that")
            return headers
        scheme, host = self._environ["wsgi.url_scheme"], self._environ.get("HTTP_HOST", "")
        origin = f"{scheme}://{host}".lower()
        policy = PagePolicy(headers, origin)
        if policy.forbidden_by:
            self._handover.leave_alone(
                f"its Content-Security-Policy forbids that ({policy.forbidden_by})"
            )
            return headers
        tag = self._tag(policy)
        self._document = DocumentStart(tag), MetaPolicy(origin)
        if not length.isdecimal():
            return headers
        whole = str(int(length) + len(tag))
        return [
            (name, whole if name.lower() == "content-length" else value) for name, value in headers
        ]

    def _tag(self, policy: PagePolicy) -> bytes:
        posted = " data-posted" if self._environ["REQUEST_METHOD"] == "POST" else ""
        # The time since when it wants the log: its own request logs before the script runs.
        heard = f' data-heard="t{self._began * 1e6:.0f}"' if self._handover.console else ""
        needed = f' nonce="{escape(policy.nonce)}"' if policy.nonce else ""
        if policy.wants_integrity:
            needed += f' integrity="{self._handover.script_checksum}" crossorigin'
        tag = (
            f'<script async src="{self._handover.script_url}" data-key="{self._handover.key}" '
            f'data-version="{self._version}"{posted}{heard}{needed}></script>'
        ).encode("latin-1")
        return tag if len(tag) % 2 == 0 else tag.replace(b"<script ", b"<script  ", 1)

    def take(self, data: bytes) -> bytes:
        if self._document is None:
            return data
        start, meta_policy = self._document
        self._report(meta_policy.take(data))
        return start.take(data)

    def end(self) -> bytes:
        if self._document is None:
            return b""
        start, meta_policy = self._document
        self._report(meta_policy.end())
        if start.is_wide:
            self._handover.leave_alone("it is encoded in UTF-16")
        return start.end()

    def _report(self, forbidden_by: str) -> None:
        if forbidden_by:
            self._handover.leave_alone(
                f"a Content-Security-Policy in a <meta> tag forbids that ({forbidden_by})"
            )


class _PageBody:
    """The body of a response, with the script in it if it is a page."""

    def __init__(self, response: Iterable[bytes], page: _Page) -> None:
        self._response = response
        self._iterator = iter(response)
        self._page = page
        self._ended = False

    def __iter__(self) -> _PageBody:
        return self

    def __next__(self) -> bytes:
        __traceback_hide__ = True  # Werkzeug's debugger leaves out frames with this name
        piece: Any = _END if self._ended else next(self._iterator, _END)
        if piece is not _END:
            return self._page.take(piece)
        self._ended = True
        if last := self._page.end():
            return last
        raise StopIteration

    def close(self) -> None:
        """Close the response, as PEP 3333 demands, whether it was read or not."""
        __traceback_hide__ = True
        try:
            close: Any = getattr(self._response, "close", None)
            if close is not None:
                close()
        finally:
            self._page.answered()  # it may have failed before it began


def _is_page(headers: list[tuple[str, str]]) -> bool:
    """Whether this is the head of an HTML document that a browser shows."""
    kind, options = parse_options_header(header_of(headers, "content-type").strip())
    if kind.lower() != "text/html" or options.get("charset", "").lower().startswith(_WIDE):
        return False
    if not _DIGESTS.isdisjoint(name.lower() for name, _ in headers):
        return False
    return not header_of(headers, "content-disposition").lower().lstrip().startswith("attachment")
