"""The milliseconds that the survey of a port takes: its import, the first one, and another."""
import sys, time
from devtui.ports.bind import PortRefused, bind
from devtui.config.settings import Settings
settings = Settings(port=int(sys.argv[1]))
try:
    bind(settings)
except PortRefused as refusal:
    failed = time.perf_counter()
    from devtui.ports.survey import survey
    imported = time.perf_counter()
    first = survey(settings, refusal)
    known = time.perf_counter()
    survey(settings, refusal)
    again = time.perf_counter()
assert len(first.blocking) == 1, first
print((imported - failed) * 1000, (known - failed) * 1000, (again - known) * 1000)
