"""Name the script of a server process: the session starts it, and recognises processes by it."""

import os

SERVER_SCRIPT = os.path.join("devtui", "server", "__main__.py")
"""The script's place in the folder that holds `devtui`."""
