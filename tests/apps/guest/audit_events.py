"""Audit events that are raised before, while and after somebody listens."""
import sys
from devtui.server.guest.audit_events import AuditEvents

heard = []

def hear(event, arguments):
    if event.startswith("of.test"):
        heard.append((event, arguments, sys._getframe(2).f_code.co_name))

events = AuditEvents(hear)

def act(number):
    sys.audit("of.test", number)

act(0)
for number in (1, 2):
    events.listen()
    act(number)
    events.listening = False
    act(-number)
print(heard)
