"""Imports that fail in each shape, while it loads and later, with the tracebacks they leave."""
import importlib, sys, warnings
from importlib import import_module
import library

def entries(tb):
    found = []
    while tb is not None:
        code = tb.tb_frame.f_code
        found.append([code.co_filename, code.co_name, tb.tb_lineno])
        tb = tb.tb_next
    return found

def links(error):
    while error is not None:
        yield [type(error).__name__, str(error), entries(error.__traceback__)]
        error = error.__cause__ or error.__context__

def found(shape):
    known = set(sys.modules)
    try:
        exec(compile(shape, "shape", "exec"), globals())
    except BaseException as error:
        answer = list(links(error))
    else:
        answer = "nothing was raised"
    for name in sys.modules.keys() - known:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(project):
            del sys.modules[name]
    return answer

def warned():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        import warning
    del sys.modules["warning"]
    return [[one.filename, one.lineno] for one in caught]

def app(environ, start_response): ...

loading = {name: found(shape) for name, shape in shapes.items()}
warning_loading = warned()
