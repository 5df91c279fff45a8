"""An app that is looked into by debuggers and consoles that it starts itself."""

import code
import getpass
import pdb
import sys

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "answered"


@app.get("/pdb")
def with_pdb():
    secret = 40 + 2
    pdb.set_trace()
    return f"after {secret}"


@app.get("/twice")
def twice():
    secret = 40 + 2
    pdb.set_trace()
    secret += 1
    pdb.set_trace()
    return f"after {secret}"


@app.get("/post-mortem")
def post_mortem():
    secret = 40 + 2
    try:
        raise ValueError(secret)
    except ValueError:
        pdb.post_mortem(sys.exc_info()[2])
    return "after"


@app.get("/interact")
def console():
    secret = 40 + 2
    code.interact(local=locals())
    return "after"


@app.get("/ipython")
def ipython():
    import IPython

    secret = 40 + 2  # noqa: F841
    IPython.embed()
    return "after"


@app.get("/ipdb")
def with_ipdb():
    import ipdb

    secret = 40 + 2
    ipdb.set_trace()
    return f"after {secret}"


@app.get("/pudb")
def with_pudb():
    import pudb

    secret = 40 + 2
    pudb.set_trace()
    return f"after {secret}"


@app.get("/breakpoint")
def with_breakpoint():
    secret = 40 + 2
    breakpoint()
    return f"after {secret}"


@app.get("/questions")
def questions():
    print("a line before")
    sys.stdout.write("first? ")
    first = input()
    print("so it is", first)
    second = input("second? ")
    return f"{first} {second}"


@app.get("/interrupted/<how>")
def interrupted(how):
    try:
        answer = input("ask> ") if how == "input" else getpass.getpass("ask> ")
    except KeyboardInterrupt:
        return f"{how} was interrupted"
    return f"answered {answer}"
