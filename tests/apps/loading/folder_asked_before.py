"""A folder that was looked into before the rule was installed."""
import sys
sys.path.insert(0, sys.argv[1])
try:
    import not_there
except ImportError:
    pass
from devtui.server.app import bytecode
from devtui.server.guest.clocks import clock
bytecode.install()
import mod
print(type(mod.__loader__).__name__)
