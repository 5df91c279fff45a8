"""A page with as many styles, scripts and images each as the benchmark writes for EACH."""

from flask import Flask

app = Flask(__name__)

@app.get("/")
def index():
    tags = "".join(f'<link rel="stylesheet" href="/static/{n}.css">'
                   f'<script src="/static/{n}.js"></script>'
                   f'<img src="/static/{n}.svg">' for n in range(EACH))
    return f"<!doctype html><title>page</title>{tags}<p>hello"
