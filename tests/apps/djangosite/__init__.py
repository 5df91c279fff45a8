"""A guest book: a small Django project. `devtui djangosite.wsgi` serves it."""
