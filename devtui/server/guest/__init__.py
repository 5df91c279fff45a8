"""Help our code inside the user's process to be re-entrant and invisible."""
