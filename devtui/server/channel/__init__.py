"""The channel to the session: events out, orders in."""
