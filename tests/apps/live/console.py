"""A page whose errors and logs go to the browser's console."""

import sys
import logging
from flask import Flask

logging.basicConfig(level=logging.DEBUG, format="%(message)s")
app = Flask(__name__)
TEXT = "first"

@app.get("/")
def index():
    app.logger.warning("of the page %s", TEXT)
    return "<!doctype html><title>x</title><h1>" + TEXT + "</h1>"

@app.get("/log")
def log():
    app.logger.debug("a detail")
    app.logger.info("two\nlines")
    app.logger.warning("\x1b[31mred\x1b[0m %s %d")
    app.logger.error("POST /login?password=hunter2 failed")
    print("printed")
    print("to stderr", file=sys.stderr)
    return "done"

@app.get("/fail")
def fail():
    raise LookupError("no such thing")

@app.get("/caught")
def caught():
    try:
        fail()
    except LookupError:
        app.logger.exception("it went wrong")
    return "done"

@app.get("/flood")
def flood():
    for number in range(3000):
        app.logger.info("line %d %s", number, "x" * 1000)
    return "done"
