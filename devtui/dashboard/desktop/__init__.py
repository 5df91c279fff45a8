"""Programs beside the terminal: browser, clipboard, editor."""
