"""The channel to the session: send events, receive orders."""
