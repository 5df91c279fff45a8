"""An app that logs, prints and fails in as many ways as people do."""
import logging, subprocess, sys, time, traceback

import click
from flask import Flask
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import track

app = Flask(__name__)

rich_log = logging.getLogger("shop.rich")
rich_log.addHandler(RichHandler())
plain_log = logging.getLogger("shop.plain")
plain_log.addHandler(logging.StreamHandler())
plain_log.handlers[0].setFormatter(
    logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
)
for log in (rich_log, plain_log):
    log.setLevel("INFO")
    log.propagate = False

@app.route("/colours")
def colours():
    click.secho("click-green", fg="green")
    Console().print("[bold red]rich-red[/] after")
    rich_log.warning("rich-logged")
    print("\x1b[38;2;10;20;250mtrue-colour\x1b[0m \x1b[2Jkept-escape")
    child = "import sys; print('child', sys.stdout.isatty())"
    subprocess.run([sys.executable, "-c", child])
    print("ours", sys.stdout.isatty(), sys.stderr.isatty(), "end")
    return "ok"

@app.route("/plain")
def plain():
    plain_log.info("only-the-message")
    plain_log.info("SELECT *\n  FROM items\n  WHERE id = 1")
    print("see " + __file__ + ":12 for it")
    return "ok"

@app.route("/handled")
def handled():
    try:
        int("x")
    except ValueError:
        app.logger.exception("could not read the price")
    return "ok"

@app.route("/printed")
def printed():
    try:
        {}["b"]
    except KeyError:
        traceback.print_exc()
    return "ok"

@app.route("/group")
def group():
    failed = []
    for price in ("x", "y"):
        try:
            int(price)
        except ValueError as error:
            error.add_note(f"of item {price}")
            failed.append(error)
    try:
        raise ExceptionGroup("no price", failed)
    except ExceptionGroup as error:
        error.add_note("try it later")
        traceback.print_exc()
        app.logger.exception("no prices today")
    traceback.print_exception(failed[0])
    return "ok"

@app.route("/crash")
def crash():
    return {}["b"]

@app.route("/bar")
def bar():
    for number in range(12):
        sys.stderr.write(f"\r{number * 10}% of the first")
        sys.stderr.flush()
        time.sleep(0.1)
    sys.stderr.write("\n")
    for _ in track(range(12), description="the second"):
        time.sleep(0.1)
    print("afterwards")
    return "ok"

@app.route("/width")
def width():
    print("width", Console().width)
    return "ok"

@app.route("/ok")
def ok():
    plain_log.info("answered")
    return "ok"
