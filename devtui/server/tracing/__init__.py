"""Record the calls that the app makes while it answers: databases, HTTP, templates, caches."""
