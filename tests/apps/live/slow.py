"""A page whose second version never answers."""

import time
from flask import Flask
app = Flask(__name__)
TEXT = "first"
@app.get("/")
def index():
    print("asked for", TEXT)
    while TEXT == "second":
        time.sleep(0.01)
    return "<!doctype html><title>x</title><h1>" + TEXT + "</h1>"
