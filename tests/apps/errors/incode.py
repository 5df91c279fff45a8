"""A script that serves itself, as with app.run()."""

import os
import sys

import devtui
from flask import Flask


def make_app():
    # Inside of a function: no search of the module would find it.
    app = Flask(__name__)

    @app.route("/")
    def index():
        return "made in a function"

    @app.route("/who")
    def who():
        return repr((__name__, sys.argv, os.path.basename(__file__), app.debug))

    return app


if __name__ == "__main__":
    devtui.run(make_app(), port=int(os.environ["PORT"]))
    print("after the call", flush=True)
