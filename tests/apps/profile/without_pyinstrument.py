"""An app that finds no pyinstrument."""

import sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name == "pyinstrument":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NotInstalled())

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
