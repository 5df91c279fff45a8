"""A header that is too long, before a body that goes on."""
import time

def app(environ, start_response):
    def body():
        yield b"x"
        time.sleep(0.3)
        for _ in range(1_000):
            yield bytes(100_000)
    start_response("200 OK", [("X-Long", "a" * 70_000)])
    return body()
