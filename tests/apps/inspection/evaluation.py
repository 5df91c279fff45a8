"""An app whose errors and requests are asked for their variables."""

import sys, threading, time
from flask import Flask, request

app = Flask(__name__)
counter = 0
_ = "the app's own"

class Blocks:
    def __repr__(self):
        time.sleep(60)

class Raises:
    def __repr__(self):
        raise SystemExit("no repr")

class Huge:
    def __repr__(self):
        return "x" * 100_000_000

class Surrogate:
    def __repr__(self):
        return "lone \udc80"

@app.route("/fail")
def fail():
    items = [1, 2]
    number = 5
    return helper(items, number)

def helper(items, divisor):
    zero = 0
    return len(items) / zero

@app.route("/odd")
def odd():
    after = "is shown"
    blocks, raises, huge, surrogate = Blocks(), Raises(), Huge(), Surrogate()
    many = {number: str(number) for number in range(100_000)}
    last = "is shown too"
    raise ValueError("lone \udc80 surrogate")

@app.route("/secrets")
def secrets():
    password = "hunter2"
    headers = {"Authorization": "Bearer hunter2", "Accept": "hunter is no secret"}
    settings = [{"SECRET_KEY": "hunter2"}]
    raise ValueError

@app.route("/wait")
def wait():
    gate.clear()
    hold()
    return "waited"

gate = threading.Event()

def hold():
    gate.wait(30)

@app.route("/go")
def go():
    gate.set()
    return "gone"

@app.route("/many")
def many():
    local = request.args["n"]
    raise ValueError(local)
