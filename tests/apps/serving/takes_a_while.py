"""An app that tells how many requests it answers at once."""

import time
running = 0

def app(environ, start_response):
    global running
    running += 1
    time.sleep(0.1)
    seen, running = running, running - 1
    start_response("200 OK", [])
    return [str(seen).encode()]
