"""Record the commands of redis, also for clusters and in asyncio."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from devtui.server.tracing.parameters import NUMBERS
from devtui.server.tracing.recorder import Args, Kwargs, plain_text
from devtui.server.tracing.wrapping import wrap

# The most commands of a pipeline to name, and characters of a key.
MAX_NAMED = 20
MAX_KEY = 500

# Commands that can have a password at any place.
_SECRET = frozenset({"ACL", "AUTH", "CONFIG", "HELLO", "MIGRATE"})
# Commands that have another one after their name: `CONFIG SET` is one word to the library.
_OF_TWO_WORDS = frozenset(
    {
        "ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "FUNCTION", "LATENCY", "MEMORY",
        "MODULE", "OBJECT", "PUBSUB", "SCRIPT", "SENTINEL", "SLOWLOG", "XGROUP", "XINFO",
    }
)  # fmt: skip
_GETS = frozenset({"GET", "GETEX", "GETDEL", "HGET"})


def hook(module: ModuleType) -> None:
    """Wrap the methods that send commands to one server."""
    client: Any = module
    wrap(client.Redis, "execute_command", "cache", "redis", _describe, _outcome)
    wrap(client.Pipeline, "immediate_execute_command", "cache", "redis", _describe, _outcome)
    wrap(client.Pipeline, "execute", "cache", "redis", _describe_pipeline)


def hook_cluster(module: ModuleType) -> None:
    """Wrap the methods that send commands to a cluster."""
    cluster: Any = module
    wrap(cluster.RedisCluster, "execute_command", "cache", "redis", _describe, _outcome)
    wrap(cluster.ClusterPipeline, "execute", "cache", "redis", _describe_pipeline)


def _command(args: tuple[Any, ...]) -> tuple[str, Any]:
    name, *given = args
    name = plain_text(name)
    if " " in name:  # the library splits it too
        words = name.split()
        count = 2 if words[:1] and words[0].upper() in _OF_TWO_WORDS else 1
        name, given = " ".join(words[:count]), [*words[count:], *given]
    if name.partition(" ")[0].upper() in _SECRET:
        return name, None
    if not given:
        return name, None
    key = repr(given[0]) if type(given[0]) in NUMBERS else plain_text(given[0])
    return f"{name} {key[:MAX_KEY]}", tuple(given[1:]) or None


def _describe(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    return _command(args[1:])


def _describe_pipeline(args: Args, kwargs: Kwargs) -> tuple[str, Any]:
    stack = list(getattr(args[0], "command_stack", None) or args[0]._command_stack)
    named = [
        _command(tuple(command[0] if isinstance(command, tuple) else command.args))[0]
        for command in stack[:MAX_NAMED]
    ]
    more = [f"... ({len(stack) - MAX_NAMED:,} more)"] if len(stack) > MAX_NAMED else []
    return "pipeline: " + ", ".join(named + more), None


def _outcome(args: Args, kwargs: Kwargs, result: Any) -> tuple[int | None, str]:
    if plain_text(args[1]).upper() in _GETS:
        return None, "miss" if result is None else "hit"
    return None, ""
