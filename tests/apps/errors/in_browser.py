"""An app that fails before a response and in the middle of one."""

from flask import Flask

app = Flask(__name__)

@app.route("/")
def index():
    return "<h1>works</h1>"

@app.route("/fail")
def fail():
    fruit = "pears"
    return {}["missing"]

@app.route("/stream")
def stream():
    def chunks():
        yield "a beginning"
        raise ValueError("in mid-stream")
    return chunks()
