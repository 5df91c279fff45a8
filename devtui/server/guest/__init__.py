"""Code of devtui among the user's code: re-entrant, and unnoticed."""
