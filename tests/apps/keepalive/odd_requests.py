"""An app that answers at once, in pieces, with errors, or after the body."""

def broken():
    yield b"first,"
    raise RuntimeError("in the middle")

def app(environ, start_response):
    if environ["PATH_INFO"] == "/raised":
        raise RuntimeError("at once")
    if environ["PATH_INFO"] == "/streamed":
        start_response("200 OK", [])
        return iter([b"first,", b"second"])
    if environ["PATH_INFO"] == "/broken":
        start_response("200 OK", [])
        return broken()
    if environ["PATH_INFO"] == "/all":
        answer = b"%s:%s" % (environ.get("CONTENT_LENGTH", "").encode(), environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Length", str(len(answer)))])
        return [answer]
    if environ["PATH_INFO"] == "/read":
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH", 0)))
    start_response("200 OK", [("Content-Length", "4")])
    return [b"fine"]
