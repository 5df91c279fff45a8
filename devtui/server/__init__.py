"""The server process: find the app, serve it, report what happens. It imports no Textual."""
