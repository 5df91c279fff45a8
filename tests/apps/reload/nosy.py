"""A library that looks at the state of its process, once when it is imported and when asked."""

import json
import locale
import logging
import multiprocessing
import os
import signal
import socket
import ssl
import sys
import threading
import time
import warnings

logger = logging.getLogger("nosy")


def state():
    """What can differ between one process and another, as JSON can tell it."""
    return {
        "environ": {key: value for key, value in os.environ.items() if key.startswith("NOSY_")},
        "sys.path": [os.path.basename(path) for path in sys.path],
        "meta_path": [type(finder).__name__ for finder in sys.meta_path],
        "filters": [str(entry) for entry in warnings.filters],
        "start method": multiprocessing.get_start_method(allow_none=True),
        "SIGUSR1": str(signal.getsignal(signal.SIGUSR1)).split(" at ")[0],
        "locale": locale.setlocale(locale.LC_ALL),
        "disabled": logger.disabled,
        "root level": logging.getLogger().level,
        "threads": sorted(t.name for t in threading.enumerate() if t.name.startswith("app-")),
        "socket": socket.socket.__module__,
        "ssl": ssl.SSLContext.__module__,
        "sleep": time.sleep.__module__,
        "json": json.__name__,
        "simplejson": "simplejson" in sys.modules,
        "cwd": os.path.basename(os.getcwd()),
        "umask": _umask(),
    }


def _umask():
    umask = os.umask(0)
    os.umask(umask)
    return umask


at_import = state()
at_import["all threads"] = threading.active_count()
