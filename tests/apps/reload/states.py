"""What the app and its libraries have changed in the process."""

import json, os, socket, subprocess, sys, threading, logging
import nosy
def kind(value): return f"{type(value).__module__}.{type(value).__qualname__}"
def state():
    return {
        "nosy": nosy.state(),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "finders": list(map(kind, sys.meta_path)),
        "hooks": [sys.excepthook.__module__, threading.excepthook.__module__],
        "patched": [str(getattr(call, "__module__", "")) for call in (
            subprocess.Popen.__init__, socket.socket.connect, threading.Thread.start,
            logging.Logger.callHandlers)],
        "flask": sys.modules["flask"].Flask.__module__ if "flask" in sys.modules else "",
        "computing threads": len(os.listdir("/proc/self/task")) if "numpy" in sys.modules else 0,
    }
