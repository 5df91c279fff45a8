"""Responses that are large, or never end."""
import time

def app(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "application/json")])
    if path == "/large":
        return (b"[" + b"1," * 500_000 + b"1]\n" for _ in range(50))
    return endless(path)

def endless(path):
    while True:
        yield b"data: 1\n\n"
        time.sleep(0.05 if path == "/drips" else 1)
