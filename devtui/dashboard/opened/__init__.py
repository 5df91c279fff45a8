"""What all opened rows and errors have in common: lines in sections that fold, and a search."""
