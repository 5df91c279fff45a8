"""A server that makes each of its workers again. It follows holding.py."""
signal.signal(signal.SIGTERM, signal.SIG_IGN)
s = hold('127.0.0.1')
def worker():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    print('ready', flush=True)
    while True:
        signal.pause()
while True:
    if os.fork() == 0:
        worker()
    os.wait()
