"""A standby that imports ahead. The test's own lines follow."""
import os, sys, time
from devtui.events import Load, Preload
from devtui.server.standby.standby import Standby
import msgspec

sys.path.insert(0, library)
original = dict(os.environ)
load = Load(
    app="app", folder=project, host="127.0.0.1", port=0, url="", debug=True, reload=True,
    debugger=False, threaded=True, cert=None, key=None, env_file=None, load_dotenv=True,
    first=False,
)

def write(folder, name, text, age=60):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.utime(path, (time.time() - age,) * 2)

def warm(*roots, interrupted=lambda: False):
    standby = Standby(Preload(load=load, roots=roots, search_path=project), original)
    standby.warm(interrupted)
    return standby
