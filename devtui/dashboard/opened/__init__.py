"""The base of all opened rows and errors: lines in sections that fold, and a search."""
