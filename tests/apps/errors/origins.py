"""An app whose errors come from hooks, warnings, threads, tasks and handlers."""

import asyncio, logging, sys, threading, warnings
from flask import Flask

app = Flask(__name__)

def fail(text):
    raise ValueError(text)

@app.route("/excepthook")
def excepthook():
    try:
        fail("by the hook")
    except ValueError:
        sys.excepthook(*sys.exc_info())
    return ""

@app.route("/warning")
def warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.warn("old fashioned", FutureWarning)

@app.route("/timer")
def timer():
    thread = threading.Timer(0, fail, ["in a timer"])
    thread.start()
    thread.join()
    return ""

@app.route("/task")
def task():
    async def main():
        task = asyncio.ensure_future(asyncio.sleep(0))
        task.cancel()
        loop = asyncio.get_running_loop()
        loop.call_soon(fail, "in a callback")
        await asyncio.sleep(0.01)
    asyncio.run(main())
    return ""

@app.route("/teardown")
def teardown():
    return ""

@app.teardown_request
def after(error):
    from flask import request
    if request.path == "/teardown":
        fail("in teardown")

@app.route("/errorhandler")
def handled():
    fail("handled by the app")

@app.errorhandler(ValueError)
def on_value_error(error):
    if str(error) == "handled by the app":
        return "handled", 500
    raise error
