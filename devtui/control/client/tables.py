"""Print the verbs' results for people: short tables, with colours on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from devtui.text.sanitize import visible

_MAX_CELL = 300
_TRACEBACK = "Traceback (most recent call last)"
_GOOD = frozenset({"served", "unchanged", "serving"})


def echo(text: str, **style: Any) -> None:
    """Print lines that may contain control characters."""
    for line in text.split("\n"):
        click.echo(click.style(visible(line, 2_000), **style))


def table(rows: Sequence[Sequence[object]], heads: Sequence[str]) -> None:
    """Print rows in columns."""
    cells = [[visible(_text(cell), _MAX_CELL) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    click.echo(click.style(_line(heads, widths), dim=True))
    for row in cells:
        click.echo(_line(row, widths))


def pairs(found: dict[str, Any]) -> None:
    """Print names and values, without those that are empty."""
    shown = {name: value for name, value in found.items() if value not in (None, "")}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        label = click.style(name.replace("_", " ").ljust(width), dim=True)
        click.echo(f"{label}  {visible(_text(value), _MAX_CELL)}")


def sessions(found: Sequence[dict[str, Any]]) -> None:
    """Print the records of several sessions."""
    heads = ["port", "app", "folder", "pid"]
    table([[one["port"] or "none", *(one[head] for head in heads[1:])] for one in found], heads)


def outcome(found: dict[str, Any]) -> None:
    """Print the outcome of a save or a restart."""
    good = found["outcome"] in _GOOD
    echo(f"{found['outcome']}: {found['message']}", fg="green" if good else "red", bold=True)
    if reload := found["reload"]:
        paths = " ".join(path.rpartition("/")[2] for path in reload["paths"])
        cause = f"{reload['cause']}: {paths}" if paths else reload["cause"]
        echo(f"{cause}  {reload['duration_ms']:.0f} ms")
    for path in found.get("unloaded", ()):
        echo(f"  not loaded: {path}")
    if found["error"]:
        error(found["error"])


def requests(found: dict[str, Any]) -> None:
    """Print requests, one a line."""
    table(
        [
            [
                one["id"], _clock(one["at"]), one["method"],
                "running" if one["running"] else one["status"] or "-",
                f"{one['duration_ms']:.1f} ms", one["error_count"] or "", one["target"],
            ]
            for one in found["requests"]
        ],
        ["id", "time", "method", "status", "duration", "errors", "target"],
    )  # fmt: skip


def errors(found: dict[str, Any]) -> None:
    """Print groups of errors, or one error."""
    if "errors" not in found:
        error(found)
        return
    table(
        [
            [one["id"], _clock(one["last_at"]), one["count"], one["place"], one["title"]]
            for one in found["errors"]
        ],
        ["id", "time", "count", "place", "error"],
    )


def error(found: dict[str, Any]) -> None:
    """Print an error: its own frames with variables, the innermost last."""
    echo(f"{found['id']}  {found['title']}", fg="red", bold=True)
    frames = [one for one in found["frames"] if one["own"]] or found["frames"][-1:]
    for frame in frames:
        where = f"{frame['file']}:{frame['line']} in {frame['function']}"
        echo(f"  frame {frame['number']}  {where}", dim=True)
        if frame["source"]:
            echo(f"      {frame['source']}")
        for variable in frame.get("locals", ()):
            echo(f"        {variable['name']} = {variable['value']}", fg="cyan")
    if not frames:
        echo(found["text"])
    if gone := found.get("locals_gone"):
        echo(f"  {gone}", dim=True)


def log(found: dict[str, Any]) -> None:
    """Print entries of the log."""
    for one in found["logs"]:
        line(one)


def line(one: dict[str, Any]) -> None:
    """Print one entry of the log."""
    if "dropped" in one:
        echo(f"... {one['dropped']} lines were dropped", fg="yellow")
        return
    where = " ".join(filter(None, [one["level"] or one["stream"], one["logger"]]))
    bad = (one["level"] or "") in ("ERROR", "CRITICAL")
    head = click.style(f"{_clock(one['at'])} {visible(where, 60):<8}", dim=True)
    first, *more = one["text"].split("\n")
    click.echo(f"{head} {click.style(visible(first, 2_000), fg='red' if bad else None)}")
    for text in more:
        echo(f"           {text}")


def request(found: dict[str, Any]) -> None:
    """Print everything about one request."""
    pairs({name: found[name] for name in ("id", "method", "target", "status", "duration_ms")})
    for title, headers, body in (
        ("request", found["headers"], found["request_body"]),
        ("response", found["response_headers"], found["response_body"]),
    ):
        echo(title, bold=True)
        for name, value in headers:
            echo(f"  {name}: {value}")
        if body and body["text"]:
            echo(body["text"])
    if found["differences"] is not None:
        echo(f"compared with {found['replay_of']}", bold=True)
        _compared(found["differences"])
    for one in found["calls"]:
        failed = f"  {one['error']}" if one["error"] else ""
        echo(f"{one['start_ms']:8.1f} {one['duration_ms']:8.1f} ms  {_called(one)}{failed}")
    _repeated(found)
    for one in found["log"]:
        line(one)
    for one in found["errors"]:
        if "frames" in one:
            error(one)
        else:
            echo(f"{one['id']}\n{one['text']}", fg="red")


def exchange(found: dict[str, Any]) -> None:
    """Print a response, and everything that happened."""
    response, sent = found["response"], found["request"]
    if response is not None:
        bad = response["status"] >= 500
        head = f"{response['status']} {response['reason']}  {found['duration_ms']:.1f} ms"
        echo(head, fg="red" if bad else "green", bold=True)
        for name, value in response["headers"]:
            echo(f"  {name}: {value}", dim=True)
        text = response["text"] or response.get("base64") or ""
        if not (found["errors"] and _TRACEBACK in text):  # the errors say the same in fewer lines
            echo(text)
        if path := response.get("path"):
            echo(f"The whole body: {path}")
    if found["message"]:
        echo(found["message"], fg="yellow")
    for one in found["log"]:
        if not (found["errors"] and _TRACEBACK in one["text"]):
            line(one)
    for one in found["errors"]:
        error(one)
    if (differences := found.get("differences")) is not None:
        _compared(differences)
    if sent is not None:
        _repeated(sent)
        totals = [f"{one['count']} {one['kind']}" for one in sent["call_totals"]]
        if totals:
            echo(", ".join(totals), dim=True)
        echo(f"request {sent['id']}, generation {sent['generation']}", dim=True)


def _compared(differences: dict[str, Any]) -> None:
    before, after = differences["duration_ms"]
    words = [differences["verdict"], *differences["calls"], f"{before:.1f} -> {after:.1f} ms"]
    echo("  ".join(dict.fromkeys(words)), bold=True)
    for one in differences["changes"]:
        echo(f"  {one['part']}  {one['place']}")
        if one["before"] is not None:
            echo(f"    - {one['before']}", fg="red")
        if one["after"] is not None:
            echo(f"    + {one['after']}", fg="green")
    if count := differences["ignored_count"]:
        echo(f"  {count} ignored", dim=True)


def evaluated(found: dict[str, Any]) -> None:
    """Print the result of an evaluation."""
    if found["output"]:
        echo(found["output"].rstrip("\n"))
    if found["traceback"]:
        echo(found["traceback"].rstrip("\n"), fg="red")
    if found["value"] is not None:
        echo(found["value"], bold=True)
    if found["interrupted"]:
        echo("It was stopped, because its time was up.", fg="yellow")


def stack(found: dict[str, Any]) -> None:
    """Print the stack of a request, the innermost call last."""
    for frame in found["frames"]:
        echo(f"  {frame['file']}:{frame['line']} in {frame['function']}", dim=not frame["own"])
        if frame["source"]:
            echo(f"      {frame['source']}")
    if not found["frames"]:
        echo("The server itself is at work, between the app and the client.")


def routes(found: dict[str, Any]) -> None:
    """Print routes, one a line."""
    table(
        [[" ".join(one["methods"]), one["rule"], one["endpoint"]] for one in found["routes"]],
        ["methods", "rule", "endpoint"],
    )
    echo(f"from {found['source']}", dim=True)


def calls(found: dict[str, Any]) -> None:
    """Print calls of all requests, one a line."""
    table(
        [
            [
                f"{one['most_in_one_request']}x", one["count"], f"{one['duration_ms']:.1f} ms",
                one["request_id"], one["kind"], _called(one),
            ]
            for one in found["calls"]
        ],
        ["most", "count", "time", "request", "kind", "text"],
    )  # fmt: skip


def _repeated(found: dict[str, Any]) -> None:
    for one in found["repeated_calls"]:
        same = f" ({one['duplicates']} duplicates)" if one["duplicates"] else ""
        echo(f"{one['count']} x {_called(one)}{same}  {one['duration_ms']:.1f} ms", fg="yellow")


def _called(one: dict[str, Any]) -> str:
    place = f"  {one['file']}:{one['line']}" if one["file"] else ""
    return " ".join(one["text"].split())[: _MAX_CELL - min(len(place), 100)] + place


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(map(str.ljust, cells, widths)).rstrip()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _clock(at: str) -> str:
    """Return the local time of day of an event's time."""
    import datetime

    return f"{datetime.datetime.fromisoformat(at.replace('Z', '+00:00')).astimezone():%H:%M:%S}"
