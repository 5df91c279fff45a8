"""An app that says what it was sent: every header and the body's bytes, and sets a cookie."""

import json


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/ignores"):
        body = b""
    elif environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    headers = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
    told = {
        "method": environ["REQUEST_METHOD"],
        "path": path,
        "query": environ.get("QUERY_STRING", ""),
        "type": environ.get("CONTENT_TYPE", ""),
        "headers": headers,
        "body": body.hex(),
    }
    start_response("200 OK", [("Content-Type", "application/json"), ("Set-Cookie", "seen=1")])
    return [json.dumps(told).encode()]
