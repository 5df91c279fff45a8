"""An app that fails in many ways, to be looked into from the dashboard."""

import threading
import time

from flask import Flask, jsonify, render_template_string
from werkzeug.exceptions import BadRequest

app = Flask(__name__)
release = threading.Event()


class Cart:
    def __init__(self, prices):
        self.prices = prices

    def mean(self):
        api_token = "tok-" + "12345"
        total = sum(self.prices)
        assert api_token
        return total / len(self.prices)


@app.route("/")
def index():
    return "fine"


@app.route("/divide/<name>")
def divide(name):
    cart = Cart([])
    return f"{name}: {cart.mean()}"


@app.route("/chained")
def chained():
    try:
        return {}["tea"]
    except KeyError as error:
        error.add_note("ask for coffee") if hasattr(error, "add_note") else None
        raise LookupError("the catalogue has no tea") from error


@app.route("/library")
def library():
    return jsonify(object())


@app.route("/template")
def template():
    return render_template_string("{{ 1 // 0 }}")


@app.route("/bad")
def bad():
    raise BadRequest("no")


@app.route("/hang")
def hang():
    wait_for_the_release()
    return "released"


def wait_for_the_release():
    while not release.is_set():
        time.sleep(0.01)


@app.route("/release")
def let_go():
    release.set()
    return "let go"
