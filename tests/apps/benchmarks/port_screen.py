"""The demo on a port; when its bind fails it says so at once, in the title of the terminal."""
import sys, time
from devtui.ports import bind as ports
bind = ports.bind
def told(settings):
    try:
        return bind(settings)
    except ports.PortRefused:
        with open("/dev/tty", "wb", 0) as tty:
            tty.write(b"\x1b]0;failed at %d\x07" % time.monotonic_ns())
        raise
ports.bind = told
from devtui.__main__ import main
sys.argv = ["devtui", "--demo", "--port", sys.argv[1]]
main()
