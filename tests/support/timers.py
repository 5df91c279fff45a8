"""Timers that run out when a test says so."""


class Timer:
    """One that was set, and what it is to do."""

    def __init__(self, seconds, callback):
        self.seconds = seconds
        self.callback = callback
        self.stopped = False

    def stop(self):
        self.stopped = True


class Timers:
    """What sets timers: a part of a widget or an app."""

    def __init__(self):
        self.timers = []

    def set_timer(self, seconds, callback):
        self.timers.append(Timer(seconds, callback))
        return self.timers[-1]
