"""An app that tells which distributions and paths it sees."""

import os, sys
from importlib import metadata
from flask import Flask

app = Flask(__name__)

@app.route("/")
def index():
    names = {one.metadata["Name"].lower() for one in metadata.distributions()}
    return {"prefix": sys.prefix, "path": sys.path, "venv": os.environ.get("VIRTUAL_ENV"),
            "ours": sorted(names & {"devtui", "textual", "msgspec", "watchfiles"})}
