"""The timeline of a request, and its calls, opened."""
