"""An app below gevent that forks in a request."""

from gevent import monkey
monkey.patch_all()
import os, time

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/fork" and os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    if path == "/slow":
        time.sleep(0.3)
    if path == "/work" and os.fork() == 0:
        time.sleep(0.6)
        open(os.path.join(os.path.dirname(__file__), "done"), "w").close()
        os._exit(0)
    answer = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
