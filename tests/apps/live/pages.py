"""Pages that follow saves: of a template, bare, compressed, streamed, and framed."""

import gzip
import time
from flask import Flask, Response, render_template, request

app = Flask(__name__)
TEXT = "first"

@app.route("/", methods=["GET", "POST"])
def index():
    return render_template("page.html", text=TEXT)

@app.get("/bare")
def bare():
    return TEXT

@app.get("/kept.js")
def kept():
    headers = {"Cache-Control": "max-age=3600", "Content-Type": "text/javascript"}
    return f"window.kept = {TEXT!r};", headers

@app.get("/policy")
def policy():
    page = render_template("page.html", text=TEXT, nonce="n1")
    name = request.args.get("name", "Content-Security-Policy")
    return page, {name: request.args["is"]}

@app.get("/compressed")
def compressed():
    page = render_template("page.html", text=TEXT).encode()
    if "gzip" not in request.headers["Accept-Encoding"]:
        return page
    return Response(gzip.compress(page), headers={"Content-Encoding": "gzip"})

@app.get("/streamed")
def streamed():
    def pieces():
        yield "<!doctype html><html><head><title>x</title></head><body><h1>" + TEXT + "</h1>"
        yield "<p>soon</p>"
        time.sleep(float(request.args.get("rest", "0")))
        yield "<p>late</p>"
    return Response(pieces(), content_type="text/html")

@app.get("/framed")
def framed():
    return "<!doctype html><title>x</title><h1>" + TEXT + "</h1><iframe src='/'></iframe>"
