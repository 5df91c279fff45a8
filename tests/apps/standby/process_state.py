"""What a change does to the state of the process."""
import locale, os, sys, tempfile
from devtui.server.standby import process_state
os.environ["THERE"] = "1"
os.chdir(tempfile.mkdtemp(dir=folder))
OTHER = "C" if locale.setlocale(locale.LC_ALL) != "C" else "C.UTF-8"
before = process_state.take()
untouched = process_state.changed(before)
exec(change)
after = process_state.take()
answer = [untouched, process_state.changed(before), process_state.matters_early(before, after)]
