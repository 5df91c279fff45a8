"""The holders of a port, as root's program sees them after it has become another user."""
import os, sys
import msgspec
from devtui.ports.survey import survey
from devtui.ports.stopping import refusal
from devtui.config.settings import Settings
survey(Settings(port=int(sys.argv[1])))  # what is imported on the way may be root's alone to read
os.setgid(65533); os.setuid(65533)
event = survey(Settings(port=int(sys.argv[1]))).event()
why_not = [refusal(holder) for holder in event.holders]
print(msgspec.json.encode({"event": event, "why_not": why_not}).decode())
