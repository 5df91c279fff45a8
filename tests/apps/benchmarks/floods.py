"""An app that times how long its own many lines and log records take."""

import logging
import time

from flask import Flask

app = Flask(__name__)
logging.basicConfig(level="INFO", format="%(message)s")


def timed(write, count):
    began = time.perf_counter()
    for number in range(count):
        write(number)
    return time.perf_counter() - began


def log(number):
    logging.info("record %d of a flood", number)


def say(number):
    print("line", number, "of a flood")


at_import = timed(say, LINES)


@app.get("/<kind>")
def flood(kind):
    if kind == "import":
        return str(at_import)
    return str(timed({"log": log, "print": say}[kind], LINES))
