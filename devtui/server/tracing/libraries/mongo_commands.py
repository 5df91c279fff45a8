"""Record the commands of pymongo, by a listener that pymongo supports."""

from __future__ import annotations

from threading import get_ident
from types import ModuleType
from typing import Any

from devtui.server.tracing.recorder import MAX_ERROR, Args, Kwargs, Open, begin
from devtui.text.formats import cut

# Fields of a command that the driver adds.
_FIELDS_OF_DRIVER = frozenset({"$db", "lsid", "$clusterTime", "$readPreference", "txnNumber"})

# Those that are answered with a batch of documents.
_READING = frozenset({"find", "getMore", "aggregate", "listCollections", "listIndexes"})

# The most commands that wait for their answer. If there are more, drop the oldest: its answer may
# never come.
MAX_WAITING = 1_000


def hook(module: ModuleType) -> None:
    """Register a listener for every client that is made from now on."""
    monitoring: Any = module

    class Calls(monitoring.CommandListener):  # type: ignore[misc]
        """Record each command from its start to its answer."""

        def __init__(self) -> None:
            self._waiting: dict[tuple[Any, ...], Open] = {}

        def started(self, event: Any) -> None:
            call = begin("sql", "pymongo", _describe, (event.command_name, event.command))
            if call is not None:
                self._waiting[_key(event)] = call
                if len(self._waiting) > MAX_WAITING:
                    for oldest in list(self._waiting)[:-MAX_WAITING]:
                        self._waiting.pop(oldest, None)

        def succeeded(self, event: Any) -> None:
            call = self._waiting.pop(_key(event), None)
            if call is not None:
                # The server may refuse some documents of a command that succeeds; pymongo raises.
                refused = event.reply.get("writeErrors")
                rows = _rows(event.command_name, event.reply)
                call.end(rows, error=_message(refused[0]) if refused else "")

        def failed(self, event: Any) -> None:
            call = self._waiting.pop(_key(event), None)
            if call is not None:
                call.end(error=_message(event.failure))

    monitoring.register(Calls())


def _key(event: Any) -> tuple[Any, ...]:
    """Return what a command and its answer have in common.

    `connection_id` is the address of the server, and streams of documents all have 0 as their
    `request_id`. Before 4.7 pymongo did not tell the connection, but each had a thread.
    """
    connection = getattr(event, "server_connection_id", None)
    return event.connection_id, connection, event.request_id, get_ident()


def _rows(name: str, reply: Any) -> int | None:
    """Return how many documents or values the command found or changed, None if unknown."""
    if isinstance(count := reply.get("n"), int):
        return int(count)  # a long is a type of its own
    if name == "distinct":
        found = reply.get("values")
    elif name in _READING and (cursor := reply.get("cursor")) is not None:
        found = cursor.get("firstBatch", cursor.get("nextBatch"))
    else:
        return None
    if not isinstance(found, list):
        return None
    # A raw batch is one piece of bytes, however many documents it has.
    return None if found and isinstance(found[0], bytes) else len(found)


def _message(failure: Any) -> str:
    message = failure.get("errmsg") or failure.get("codeName") or "failed"
    return cut(str(message), MAX_ERROR)


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    name, command = args
    collection = command.get("collection" if name == "getMore" else name)
    text = f"{name} {collection}" if isinstance(collection, str) else name
    fields = {
        key: value for key, value in command.items() if key not in _FIELDS_OF_DRIVER and key != name
    }
    return text, fields or None
