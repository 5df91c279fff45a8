"""An app with a log, a form, an error with a secret among its variables, and a slow view."""

import logging
import time

from flask import Flask, jsonify, request

app = Flask(__name__)
counter = {"visits": 0}


@app.get("/")
def index():
    return "one"


@app.get("/bad")
def bad():
    password = "".join(["hun", "ter2"])
    numbers = [1, 2, 3]
    app.logger.warning("about to fail")
    print("printed before")
    raise ValueError(f"no {len(numbers)} with {len(password)}")


@app.post("/form")
def form():
    logging.getLogger("shop").error("sold")
    return jsonify(name=request.form["name"], token=request.form.get("token"))


@app.get("/count")
def count():
    counter["visits"] += 1
    return jsonify(visits=counter["visits"], same=[1, 2])


@app.get("/long")
def long():
    return "line of text\n" * 2_000


@app.get("/slow")
def slow():
    time.sleep(20)
    return "late"
