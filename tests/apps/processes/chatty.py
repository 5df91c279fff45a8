"""An app that prints all the time, and answers nothing."""

import threading, time

def chat():
    for number in range(100_000):
        print("line", number, flush=True)
        time.sleep(0.01)

threading.Thread(target=chat, daemon=True).start()

def app(environ, start_response):
    time.sleep(3600)
