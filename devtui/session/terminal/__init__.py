"""The app's own terminal, and the loan of the user's terminal."""
