"""The app of failing imports, as a server process loads it."""
import builtins, sys
from devtui.server.app import bytecode
from devtui.server.app import find
from devtui.server.load import Loading
from devtui.events import Load
builtins.project, builtins.shapes = project, shapes
sys.path.insert(0, project + "/site-packages")
sys.dont_write_bytecode = True
sent = []
class Channel:
    generation = 1
    def send(self, event): sent.append(event)
load = Load(
    app="app", folder=project, host="", port=0, url="", debug=False, reload=False, first=True,
    debugger=False, threaded=True, cert=None, key=None, env_file=None, load_dotenv=False,
)
Loading(Channel(), None, {}).run(load, lambda app: None)
app = sys.modules["app"]
late = {name: app.found(shape) for name, shape in builtins.shapes.items()}
kept = app.import_module.__module__ == "importlib"
answer = [app.loading, late, app.warning_loading, app.warned(), kept]
