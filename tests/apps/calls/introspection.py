"""What Python says of functions and classes: signature, help, source, copies."""
import copy, importlib, inspect, pickle, pydoc, sys

def told(module, path):
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    try:
        pickled = pickle.loads(pickle.dumps(found)) is found
        copied = copy.copy(found) is copy.deepcopy(found) is found
    except Exception as error:
        pickled = copied = str(error)
    try:
        signature = str(inspect.signature(found))
    except ValueError:
        signature = "none"
    facts = {"pickled": pickled, "copied": copied, "doc": found.__doc__, "name": found.__name__,
             "path": getattr(found, "__qualname__", "")}
    if "object at" not in signature:
        facts["signature"] = signature
    if inspect.isroutine(found) and "object at" not in signature:
        facts["help"] = pydoc.plain(pydoc.render_doc(found)).split("\n", 3)[2]
    return facts

def told_of_python(module, path):
    found, facts = importlib.import_module(module), told(module, path)
    for name in path.split("."):
        found = getattr(found, name)
    return facts | {"module": found.__module__, "coroutine": inspect.iscoroutinefunction(found),
                    "source": inspect.getsource(found)[:200]}

def told_of_c(module, path):
    # What a method written in C says of itself.
    facts = told(module, path)
    if sys.version_info >= (3, 13):
        facts.pop("help", None)  # it words a method that is written in C otherwise
    owner, _, name = path.partition(".")
    owner = getattr(importlib.import_module(module), owner)
    if name:
        method = getattr(owner, name)
        facts["class"] = method.__objclass__ is owner
        facts["text"] = method.__text_signature__
    elif not inspect.isclass(owner):
        facts["module"] = owner.__self__.__name__
        facts["text"] = owner.__text_signature__
        facts.pop("help", None)
    return facts

def main():
    found = {}
    for module, paths in written_in_python.items():
        for path in paths:
            found[f"{module}.{path}"] = told_of_python(module, path)
    for module, paths in written_in_c.items():
        for path in paths:
            found[f"{module}.{path}"] = told_of_c(module, path)
    return found
