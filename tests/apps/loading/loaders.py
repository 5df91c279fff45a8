"""Modules of all kinds in one folder, each by the loader that Python would take or by ours."""
import importlib.resources, inspect, pkgutil, sys
folder, native = sys.argv[1:]
sys.path[:0] = [folder, folder + "/zipped.zip"]
import inzip, lone, pkg.mod, space.part.leaf
from devtui.server.app.bytecode import OwnSourceLoader
assert (inzip.X, lone.X, space.part.leaf.X) == ("zip", "sourceless", "namespace")
assert type(pkg.mod.__loader__) is OwnSourceLoader
assert type(space.part.leaf.__loader__) is OwnSourceLoader
import json.tool, devtui.events
assert type(json.tool.__loader__) is not OwnSourceLoader
assert type(devtui.events.__loader__) is not OwnSourceLoader
assert importlib.resources.files("pkg").joinpath("data.txt").read_text() == "resource"
assert pkgutil.get_data("pkg", "data.txt") == b"resource"
assert [module.name for module in pkgutil.iter_modules(pkg.__path__)] == ["mod"]
assert inspect.getsource(space.part.leaf) == "X = 'namespace'\n"
if native:
    import importlib.util
    sys.path.insert(0, folder + "/native")
    name = native.split(".")[0]
    sys.modules.pop(name, None)
    spec = importlib.util.find_spec(name)
    assert type(spec.loader).__name__ == "ExtensionFileLoader", spec
print("fine")
