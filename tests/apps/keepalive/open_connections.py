"""An app whose responses end in each way that a connection has to know."""

import contextvars, sys, threading, time
seen = contextvars.ContextVar("seen", default="nothing")

def pieces(environ):
    yield b"first,"
    yield b"second"

def broken(environ):
    yield b"first,"
    raise RuntimeError("in the middle")

def app(environ, start_response):
    path, body = environ["PATH_INFO"], environ["wsgi.input"]
    status, headers, answer = "200 OK", [], [b"fine"]
    if path == "/read":
        got = body.read()
        answer = [b"%d:%d" % (len(got), sum(got))]
    elif path == "/some":
        answer = [body.read(3)]
    elif path == "/streamed":
        answer = pieces(environ)
    elif path == "/broken":
        answer = broken(environ)
    elif path == "/broken-of-a-length":
        answer, headers = broken(environ), [("Content-Length", "100")]
    elif path == "/raised":
        raise RuntimeError("at once")
    elif path == "/short":
        headers = [("Content-Length", "10")]
    elif path == "/long":
        answer, headers = [b"fine and more"], [("Content-Length", "4")]
    elif path == "/nothing":
        status, answer = "204 No Content", [b"a body all the same"]
    elif path == "/old":
        status, answer = "304 Not Modified", [b"a body all the same"]
        headers = [("Content-Length", "19")]
    elif path == "/closes":
        headers = [("Connection", "close")]
    elif path == "/keeps":
        headers = [("Connection", "Keep-Alive"), ("Content-Length", "4")]
    elif path == "/dated":
        headers = [("Date", "Mon, 01 Jan 2001 00:00:00 GMT"), ("SERVER", "mine")]
    elif path == "/nothing-of-a-length":
        status, answer = "204 No Content", []
        headers = [("Content-length", "0")]
    elif path == "/own-chunks":
        headers, answer = [("Transfer-Encoding", "chunked")], [b"0\r\n\r\n"]
    elif path == "/context":
        answer = [seen.get().encode()]
        seen.set("set")
    elif path == "/thread":
        answer = [threading.current_thread().name.encode()]
    elif path == "/slow":
        time.sleep(0.3)
    elif path == "/ctypes":
        answer = [b"%d" % ("ctypes" in sys.modules)]
    if isinstance(answer, list) and not headers:
        headers = [("Content-Length", str(len(answer[0])))]
    start_response(status, [("Content-Type", "text/plain"), *headers])
    return answer
