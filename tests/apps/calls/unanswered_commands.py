"""Commands whose answers never come, and one more, as pymongo announces them to a listener."""
from types import ModuleType, SimpleNamespace

from devtui.server.tracing.libraries import mongo_commands


def event(number):
    return SimpleNamespace(
        command_name="find", command={"find": "orders"}, connection_id=("host", 1),
        request_id=number, reply={"n": 1},
    )


def main():
    listeners = []
    monitoring = ModuleType("monitoring")
    monitoring.CommandListener, monitoring.register = object, listeners.append
    mongo_commands.hook(monitoring)
    (listener,) = listeners
    for number in range(mongo_commands.MAX_WAITING + 1):
        listener.started(event(number))
    listener.succeeded(event(mongo_commands.MAX_WAITING))
