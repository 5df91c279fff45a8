"""An app that tells what it sees of its environment."""

import importlib.util, json, os, pkgutil, sys
from importlib import metadata

def can_import(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True

def app(environ, start_response):
    names = {one.metadata["Name"].lower() for one in metadata.distributions()}
    body = {
        "says": "first", "prefix": sys.prefix, "path": sys.path, "names": sorted(names),
        "modules": [one.name for one in pkgutil.iter_modules()],
        "variables": dict(os.environ), "textual": can_import("textual"),
        "werkzeug": metadata_of("werkzeug"), "server": environ["SERVER_SOFTWARE"],
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]

def metadata_of(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
