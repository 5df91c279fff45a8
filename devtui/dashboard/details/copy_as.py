"""The forms in which a request can be copied: for a shell, another client, a browser, or pytest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from devtui.dashboard.details.copy_choices import CopyChoice
from devtui.dashboard.details.row_detail import masked_url
from devtui.session.replay.decoded import decoded
from devtui.session.replay.export.har import har
from devtui.session.replay.export.pytest_text import pytest_test
from devtui.session.replay.export.shell import curl, httpie, raw, why_no_httpie
from devtui.session.replay.outgoing import CannotSend, Outgoing, recorded
from devtui.session.replay.request_changes import Asked, request_changes
from devtui.session.store.request_record import Request
from devtui.text import masking
from devtui.text.formats import count

if TYPE_CHECKING:
    from devtui.session.shown_session import ShownSession

MAX_REPLAYS = 20


def of_request(
    request: Request, session: ShownSession, shown: Sequence[Request]
) -> list[CopyChoice]:
    """Return the choices for a request; `shown` are all requests that its pane shows.

    They contain the cookies and passwords, without which the answer would differ. So the dialog
    shows a masked preview of each.
    """
    base = session.url
    row = request.row
    url = masked_url(row.target, base)
    found: list[CopyChoice] = []
    try:
        outgoing = recorded(request)
    except CannotSend:
        outgoing = None
    if outgoing is not None:
        found.append(CopyChoice("curl", curl(outgoing, base), f"curl … {url}"))
        preview, why_not = f"http … {row.method} {url}", why_no_httpie(outgoing, base)
        line = "" if why_not else httpie(outgoing, base)
        found.append(CopyChoice("HTTPie", line, preview, why_not=why_not))
        if text := raw(outgoing):
            preview = f"{row.method} {masking.target(row.target)} HTTP/1.1"
            found.append(CopyChoice("the raw request", text, preview))
    finished = request.finished
    if finished is not None and not request.details_dropped:
        body = decoded(finished)
        if body is not None and body.text:
            what = "the response body" if not body.truncated else "the recorded response"
            preview = masking.body(body.text[:300], body.content_type)
            found.append(CopyChoice(what, body.text, preview))
        if outgoing is not None and session.served.loaded is not None:
            make = partial(_test, request, outgoing, session)
            found.append(CopyChoice("a pytest test", "", "def test_…(): …", make))
        found.append(CopyChoice("HAR", "", f"{row.method} {url}", lambda: har([request], base)))
        if len(shown) > 1:
            words = f"{count(len(shown), 'request')} that the list shows"
            found.append(CopyChoice("HAR of all shown", "", words, lambda: har(shown, base)))
    return found


def _asks_the_same(one: Request, other: Request) -> bool:
    if (one.row.method, one.row.target) != (other.row.method, other.row.target):
        return False  # the rest takes longer
    asked = [
        Asked.of(each.finished, each.started.headers)
        for each in (one, other)
        if each.finished is not None
    ]
    return len(asked) == 2 and not any(request_changes(asked[0], asked[1]))


def _test(request: Request, outgoing: Outgoing, session: ShownSession) -> str:
    loaded = session.served.loaded
    assert loaded is not None, "only a loaded app has requests"
    answers = [one.finished for one in (request, *_replays(request, session))]
    known = [one for one in answers if one is not None and one.status == request.row.status]
    return pytest_test(outgoing, known, loaded, session.url, session.replays.ignores)


def _replays(request: Request, session: ShownSession) -> list[Request]:
    """Return the newest rows that repeat this request unchanged, or the one that it repeats."""
    mine = {request.id, request.row.replay_of} - {""}
    newest = reversed(list(session.store.requests)[-1_000:])
    same = (
        one
        for one in newest
        if one is not request
        and not one.running
        and not one.details_dropped
        and (one.row.replay_of in mine or one.id in mine)
        and _asks_the_same(one, request)
    )
    return list(islice(same, MAX_REPLAYS))
