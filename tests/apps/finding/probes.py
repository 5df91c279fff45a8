"""Searches for applications, each in a fork of this interpreter."""
import json, os, sys
from devtui.server.app.find import AppNotFound, load_app

def probe(spec, folder):
    try:
        loaded = load_app(spec, folder)
        return {"name": loaded.name, "framework": loaded.framework, "file": loaded.file}
    except AppNotFound as error:
        return {"not_found": str(error)}
    except BaseException as error:
        frames, tb = [], error.__traceback__
        while tb is not None:
            frames.append(tb.tb_frame.f_code.co_filename)
            tb = tb.tb_next
        return {"raised": type(error).__name__, "text": str(error), "frames": frames}

for line in sys.stdin:
    spec, folder, output, environment = json.loads(line)
    if pid := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        continue
    for fd in (1, 2):
        os.dup2(os.open(f"{output}.{fd}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), fd)
    os.environ.update(environment)
    print("\n" + json.dumps(probe(spec, folder)))
    break
