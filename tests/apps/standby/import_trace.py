"""Loads that are traced, after what was imported ahead. The test's own lines follow."""
import sys, os
from devtui.server.app import bytecode
from devtui.server.app import find
from devtui.server.standby.import_trace import ImportTrace
from devtui.server.standby.preloads import Preloaded, UnfitStandby

sys.path.insert(0, library)

def load(*preloaded):
    trace = ImportTrace(frozenset(sys.modules), preloaded)
    bytecode.install(executing=trace.executing)
    try:
        with trace:
            find.load_app("app", project)
    except UnfitStandby as unfit:
        trace.unfit = str(unfit)
    else:
        trace.unfit = ""
    return trace

def ahead(*roots):
    import importlib
    found = []
    for root in roots:
        before = set(sys.modules)
        importlib.import_module(root)
        found.append(Preloaded(root, frozenset(sys.modules.keys() - before)))
    return found
