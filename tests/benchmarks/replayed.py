"""The application that `load.py` serves: it records what it really sends, and replays it.

`GET /replay` sends the recorded events again over the server process's own channel, each with an
id of its own, as fast as it is asked to; `GET /sent` says how many it has sent.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from typing import Any

import flask
from msgspec import structs

from devtui.events import ErrorRaised, LogWritten, RequestFinished, RequestStarted, utc_now
from devtui.server.channel.channel import Channel

# A replay that is not paced leaves so much unread at most: it is to lose nothing.
MOST_PENDING_BYTES = 1024 * 1024
TICK_SECONDS = 0.01

app = flask.Flask(__name__)
log = logging.getLogger("shop")
logging.basicConfig(level=logging.INFO)

database = sqlite3.connect(":memory:", check_same_thread=False)
database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price REAL)")
STATEMENT = """\
SELECT items.id AS items_id, items.name AS items_name, items.price AS items_price
FROM items
WHERE items.id = ?"""

# The end of a request is only put, to be sent with the next event.
_WAYS = {name: getattr(Channel, name) for name in ("send", "put")}

recorded: list[Any] = []
channels: set[Channel] = set()
calls = {"each": 0}
sent = {"events": 0, "requests": 0, "done": 1}


@app.before_request
def ask() -> None:
    for number in range(calls["each"]):
        database.execute(STATEMENT, (number,)).fetchall()


@app.get("/")
def page() -> str:
    return "<!doctype html><title>shop</title>" + "<p>a page with some text in it</p>" * 12


@app.get("/items/<int:number>")
def item(number: int) -> dict[str, object]:
    return {"number": number, "name": f"item {number}", "tags": ["a", "b"], "price": 12.5}


@app.post("/cart")
def cart() -> tuple[str, int]:
    log.info("something was done with the item %s of the shop", flask.request.form["item"])
    return "", 204


@app.get("/broken")
def broken() -> str:
    return str(json.loads("[]", object_hook=None)[0])


@app.get("/record")
def record() -> str:
    """Note every event that is sent from now on; requests make so many `calls` each."""
    calls["each"] = int(flask.request.args["calls"])
    for name, pass_on in _WAYS.items():
        setattr(Channel, name, _noting(pass_on))
    return "recording"


def _noting(pass_on: Any) -> Any:
    def noting(channel: Channel, event: Any) -> None:
        channels.add(channel)
        recorded.append(event)
        pass_on(channel, event)

    return noting


@app.get("/replay")
def replay() -> str:
    """Replay `requests`, `rate` a second (0: as fast as they are read), with `lines` each."""
    given = {name: int(flask.request.args[name]) for name in ("requests", "rate", "lines")}
    (channel,) = channels
    for name, way in _WAYS.items():
        setattr(Channel, name, way)  # record no more
    sent["done"] = calls["each"] = 0
    errors = int(flask.request.args["errors"])
    threading.Thread(target=_replay, args=(channel, errors), kwargs=given, daemon=True).start()
    return "replaying"


@app.get("/sent")
def how_many() -> dict[str, int]:
    return sent


def _replay(channel: Channel, errors: int, requests: int, rate: int, lines: int) -> None:
    ends = {event.id: event for event in recorded if isinstance(event, RequestFinished)}
    pairs = [
        (event, ends[event.id])
        for event in recorded
        if isinstance(event, RequestStarted) and event.id in ends
    ]
    line = next(event for event in recorded if isinstance(event, LogWritten) and event.logger)
    error = next(event for event in recorded if isinstance(event, ErrorRaised))
    every = requests // errors if errors else 0
    began = time.monotonic()
    for number in range(requests):
        if rate:
            # A little ahead of time, and then a rest: to sleep for each would not reach the rate.
            ahead = number / rate - (time.monotonic() - began)
            if ahead > TICK_SECONDS:
                time.sleep(TICK_SECONDS)
        while not rate and channel.pending.size_bytes > MOST_PENDING_BYTES:
            time.sleep(TICK_SECONDS)
        _send_one(channel, sent["requests"], pairs[number % len(pairs)], line, lines)
        sent["requests"] += 1
        if every and number % every == 0:
            event = structs.replace(error, request_id=f"r{number}", error_id=f"r{number}")
            channel.send(event)
            sent["events"] += 1
    channel.send_pending()
    sent["done"] = 1


def _send_one(
    channel: Channel,
    number: int,
    pair: tuple[RequestStarted, RequestFinished],
    line: LogWritten,
    lines: int,
) -> None:
    request_id, target = f"r{number}", f"{pair[0].target}?number={number}"
    channel.send(structs.replace(pair[0], id=request_id, target=target, at=utc_now()))
    for count in range(lines):
        text = f"{line.text} {number} {count}"
        channel.send(structs.replace(line, request_id=request_id, text=text, at=utc_now()))
    channel.put(structs.replace(pair[1], id=request_id, target=target, at=utc_now()))
    sent["events"] += 2 + lines
