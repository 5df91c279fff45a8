"""Bodies in odd encodings. It follows echo.py."""

echo = app
ODD = {
    "/nan": ("application/json", b'{"n": NaN, "i": Infinity, "k": 1}'),
    "/latin": ("text/plain; charset=latin-1", b"Gr\xf6\xdfe"),
    "/long-latin": ("text/plain", b"Gr\xf6\xdfe\n" * 9_000),
}

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/raises":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (1 / number and b"piece\n" for number in (1, 0))
    if path not in ODD:
        return echo(environ, start_response)
    kind, body = ODD[path]
    start_response("200 OK", [("Content-Type", kind)])
    return [body]
