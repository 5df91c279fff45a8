"""An app with a view for each thing that fills memory or holds descriptors."""

import logging, time
from flask import Flask, request

app = Flask(__name__)
logging.basicConfig(level=logging.INFO)

@app.route("/")
def version():
    return "version 0"

@app.route("/slow")
def slow():
    time.sleep(0.2)
    return "slow"

@app.route("/error")
def error():
    return {}["missing"]

@app.route("/stream")
def stream():
    def pieces():
        for number in range(10):
            time.sleep(0.01)
            yield f"piece {number}\n"
    return pieces()

@app.route("/talk")
def talk():
    for number in range(20):
        print("line", number, "x" * 100)
    logging.warning("careful with %s", request.args)
    return "said"

@app.route("/form", methods=["POST"])
def form():
    return request.form["text"][::-1]
