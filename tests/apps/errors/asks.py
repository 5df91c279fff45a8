"""An app that stops for a person: at breakpoints, for input and for a password."""

import getpass
import os
import pdb
import time
import traceback

from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return f"generation of {os.getpid()}"


@app.route("/stop/<name>")
def stop(name):
    total = 41
    breakpoint()
    total += 1
    return f"{name}: {total}"


@app.route("/stop-in-loop")
def stop_in_loop():
    for number in range(3):
        breakpoint()
    return f"the last was {number}"


@app.route("/set-trace")
def set_trace():
    inner = "within"
    pdb.set_trace()
    return inner


@app.route("/ask")
def ask():
    return f"hello {input('your name? ')}"


@app.route("/secret")
def secret():
    return f"{len(getpass.getpass('say friend: '))} characters"


@app.route("/told/<name>")
def told(name):
    function = {"input": input, "getpass": getpass.getpass}[name]
    try:
        return function(f"{name}? ")
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        files = " ".join(os.path.basename(frame.filename) for frame in frames)
        return f"{type(error).__name__} in {files}, after {error.__context__!r}"


@app.route("/spin")
def spin():
    breakpoint()
    time.sleep(0)
    return "spun"
