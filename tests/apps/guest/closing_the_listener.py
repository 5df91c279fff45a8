"""An app that closes the socket it is served on."""

import os, socket, stat
for fd in range(3, 100):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            one = socket.socket(fileno=os.dup(fd))
            listens = one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            one.close()
            if listens: os.close(fd)
    except OSError: pass
def app(e, s): ...
