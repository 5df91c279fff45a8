"""An app that profiles itself in several ways, and tells whose code the profilers saw."""

import cProfile
import pstats
import sys
import threading

from flask import Flask

app = Flask(__name__)


def work():
    return sorted(str(number) for number in range(10))


def of_devtui(names):
    found = sorted({name for name in names if "devtui/server" in name or "devtui/events" in name})
    return "\n".join(found) or "none"


@app.route("/cprofile")
def with_cprofile():
    profile = cProfile.Profile()
    profile.runcall(work)
    functions = list(pstats.Stats(profile).stats)
    assert any(function == "work" for _, _, function in functions)
    return of_devtui(name for name, _, _ in functions)


@app.route("/setprofile")
def with_setprofile():
    seen = []
    sys.setprofile(lambda frame, event, argument: seen.append(frame.f_code.co_filename))
    try:
        work()
    finally:
        sys.setprofile(None)
    assert __file__ in seen
    return of_devtui(seen)


@app.route("/threads")
def with_threads():
    """The profile and trace functions of all new threads."""
    seen = []

    def record(frame, event, argument):
        seen.append(frame.f_code.co_filename)
        return record

    threading.setprofile(record)
    threading.settrace(record)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.setprofile(None)
        threading.settrace(None)
    assert __file__ in seen
    return of_devtui(seen)


@app.route("/monitoring")
def with_monitoring():
    """What sys.monitoring tells of the thread of the request; it is new in Python 3.12."""
    monitoring = sys.monitoring
    seen = []
    here = threading.get_ident()

    def started(code, offset):
        if threading.get_ident() == here:
            seen.append(code.co_filename)

    monitoring.use_tool_id(monitoring.PROFILER_ID, "profiled")
    try:
        monitoring.register_callback(
            monitoring.PROFILER_ID, monitoring.events.PY_START, started
        )
        monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.PY_START)
        work()
    finally:
        monitoring.set_events(monitoring.PROFILER_ID, 0)
        monitoring.free_tool_id(monitoring.PROFILER_ID)
    assert __file__ in seen
    return of_devtui(seen)
