"""What an application can do that devtui must see, one path for each."""

import logging
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import warnings

from flask import Flask, Response, abort, redirect, request

print("printed while loading")
print("and to stderr", file=sys.stderr)
os.write(1, b"written while loading\n")

logging.basicConfig(format="%(levelname)s:%(name)s:%(message)s", level=logging.INFO)
log = logging.getLogger("shop")

flask_app = Flask(__name__)
flask_app.run()  # unguarded, as in many a small file

closed = []


def raise_value_error(text):
    raise ValueError(text)


@flask_app.before_request
def before():
    if request.path == "/error/before":
        raise_value_error("in before_request")


@flask_app.route("/")
def index():
    return "hello"


@flask_app.route("/created", methods=["GET", "POST"])
def created():
    return {"got": len(request.get_data())}, 201


@flask_app.route("/form", methods=["POST"])
def form():
    return ",".join(f"{key}={value}" for key, value in sorted(request.form.items()))


@flask_app.route("/unread", methods=["POST"])
def unread():
    return "not read"


@flask_app.route("/nothing")
def nothing():
    return "", 204


@flask_app.route("/away")
def away():
    return redirect("/")


@flask_app.route("/teapot")
def teapot():
    abort(418)


@flask_app.route("/png")
def png():
    return Response(b"\x89PNG\r\n\x1a\n\xff\xfe", content_type="image/png")


@flask_app.route("/large")
def large():
    return Response(b"x" * 100_000, content_type="text/plain")


@flask_app.route("/stream")
def stream():
    def parts():
        for number in range(3):
            time.sleep(0.05)
            yield f"part {number}\n"

    return Response(parts(), content_type="text/plain")


@flask_app.route("/endless")
def endless():
    def parts():
        while True:
            yield b"x" * 10_000

    return Response(parts(), content_type="text/plain")


# -- output ------------------------------------------------------------------------------------


@flask_app.route("/out/print")
def out_print():
    print("printed to stdout")
    print("printed to stderr", file=sys.stderr)
    sys.stdout.buffer.write(b"written as bytes \xff\n")
    return ""


@flask_app.route("/out/logging")
def out_logging():
    log.warning("stock is low")
    logging.getLogger("quiet").debug("never seen")
    flask_app.logger.error("flask's own logger")
    return ""


@flask_app.route("/out/warning")
def out_warning():
    warnings.warn("old fashioned", FutureWarning, stacklevel=1)
    return ""


@flask_app.route("/out/descriptor")
def out_descriptor():
    os.write(1, b"past Python, to 1\n")
    os.write(2, b"past Python, to 2\n")
    return ""


@flask_app.route("/out/child")
def out_child():
    subprocess.run(["sh", "-c", "echo of a child; echo its error >&2"], check=True)
    subprocess.run(["echo", "given our stdout"], stdout=sys.stdout, check=True)
    return ""


@flask_app.route("/out/fork")
def out_fork():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forking with threads
        process = multiprocessing.get_context("fork").Process(target=print, args=("of a fork",))
        process.start()
    process.join()
    return str(process.exitcode)


@flask_app.route("/out/unfinished")
def out_unfinished():
    print("no end of line", end="")
    return ""


@flask_app.route("/out/prompt")
def out_prompt():
    print("a prompt: ", end="")
    time.sleep(float(request.args["seconds"]))
    print("its answer")
    return ""


@flask_app.route("/out/progress")
def out_progress():
    for percent in (10, 50, 100):
        print(f"{percent}%", end="\r")
    print()
    return ""


@flask_app.route("/out/threads")
def out_threads():
    """Each line is written in three pieces, by eight threads at once."""

    def write(name):
        for number in range(50):
            sys.stdout.write(f"{name} ")
            sys.stdout.write("-" * 10)
            sys.stdout.write(f" {number}\n")

    threads = [threading.Thread(target=write, args=(f"thread{i}",)) for i in range(8)]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # so that they interrupt each other in mid-line
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(usual)
    return ""


# -- errors ------------------------------------------------------------------------------------


@flask_app.route("/error/view")
def error_view():
    raise_value_error("in the view")


@flask_app.route("/error/exit")
def error_exit():
    sys.exit("leaving from a view")


class Quit(BaseException):
    """An exception that no server catches."""


@flask_app.route("/error/ends-thread/<name>")
def error_ends_thread(name):
    raise {"own": Quit, "interrupt": KeyboardInterrupt, "generator": GeneratorExit}[name](name)


@flask_app.route("/error/logged")
def error_logged():
    try:
        raise_value_error("logged and handled")
    except ValueError:
        log.exception("it went wrong")
    return "handled"


@flask_app.route("/error/logged-and-raised")
def error_logged_and_raised():
    try:
        raise_value_error("logged and raised")
    except ValueError:
        log.exception("it went wrong")
        raise


@flask_app.route("/error/thread")
def error_thread():
    thread = threading.Thread(target=raise_value_error, args=("in a thread",))
    thread.start()
    thread.join()
    return ""


@flask_app.route("/error/finaliser")
def error_finaliser():
    class Unlucky:
        def __del__(self):
            raise_value_error("in a finaliser")

    Unlucky()
    return ""


@flask_app.route("/error/stream")
def error_stream():
    def parts():
        yield "begun\n"
        raise_value_error("in mid-stream")

    return Response(parts(), content_type="text/plain")


@flask_app.route("/error/again")
def error_again():
    """The same exception object each time."""
    raise SAME


SAME = ValueError("one object")


# -- plain WSGI --------------------------------------------------------------------------------


class Closing:
    """A response that wants to be closed."""

    def __init__(self, name, chunks):
        self.name = name
        self.chunks = iter(chunks)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.chunks)

    def close(self):
        closed.append(self.name)


def raw_write(environ, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"written ")
    write(b"first, ")
    return [b"then returned"]


def raw_close(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Closing("whole", [b"a", b"b"])


def raw_close_after_error(environ, start_response):
    def chunks():
        yield b"a"
        raise_value_error("before the close")

    start_response("200 OK", [("Content-Type", "text/plain")])
    return Closing("broken", chunks())


def raw_error_in_close(environ, start_response):
    class Response(Closing):
        def close(self):
            raise_value_error("in close")

    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "1")])
    return Response("", [b"a"])


def raw_closed(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [" ".join(closed).encode()]


def raw_lines(environ, start_response):
    """Reads the request's body in each way that WSGI offers."""
    stream = environ["wsgi.input"]
    got = [stream.readline(), stream.read(3), *list(stream.readlines())]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr(got).encode()]


def raw_environment(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr(os.environ.get(environ["QUERY_STRING"])).encode()]


def raw_handlers(environ, start_response):
    """What handlers the loggers have whose handlers matter to the app."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    handlers = [logging.getLogger(name).handlers for name in ("", "werkzeug")]
    return [repr([[type(handler).__name__ for handler in some] for some in handlers]).encode()]


def raw_none(environ, start_response):
    start_response("200 OK", [])


def app(environ, start_response):
    name = environ["PATH_INFO"]
    if name.startswith("/raw/"):
        return globals()["raw_" + name[5:]](environ, start_response)
    return flask_app(environ, start_response)
