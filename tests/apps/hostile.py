"""A plain WSGI application that trusts its clients; what the tests of hostile requests serve."""

import threading

PIECE = b"x" * 65536
released = threading.Event()


def answer(start_response, text):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]


def read(environ, start_response):
    size = 0
    while piece := environ["wsgi.input"].read(len(PIECE)):
        size += len(piece)
    return answer(start_response, str(size))


def hold(environ, start_response):
    released.wait(60)
    return answer(start_response, "held")


def release(environ, start_response):
    released.set()
    return answer(start_response, "fine")


def injected(status, *headers):
    def view(environ, start_response):
        start_response(status, list(headers))
        return [b"injected"]

    return view


def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return iter(lambda: PIECE, b"")


ROUTES = {
    "/read": read,
    "/endless": endless,
    "/hold": hold,
    "/release": release,
    "/inject/value": injected("200 OK", ("X-Name", "a\r\nSet-Cookie: evil=1")),
    "/inject/name": injected("200 OK", ("X-Name: 1\r\nSet-Cookie", "evil=1")),
    "/inject/status": injected("200 OK\r\nSet-Cookie: evil=1"),
    "/euro": injected("200 OK", ("X-Price", "10 \u20ac")),
    "/many": injected("200 OK", *((f"X-{n}-{'n' * 3000}", "v" * 3000) for n in range(500))),
}


def app(environ, start_response):
    view = ROUTES.get(environ["PATH_INFO"])
    return view(environ, start_response) if view else answer(start_response, "fine")
