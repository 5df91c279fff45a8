"""The session: supervision of server processes, the state machine, the store. No screen here.

It runs on asyncio and imports neither Textual nor Werkzeug.
"""
