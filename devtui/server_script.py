"""Name the script of a server process, which is started and recognised by it."""

import os

SERVER_SCRIPT = os.path.join("devtui", "server", "__main__.py")
"""The script's place in the folder that holds `devtui`."""
