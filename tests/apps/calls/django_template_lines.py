"""Tags of Django's templates that ask a database, each on a line of its own."""
import functools, sqlite3
from pathlib import Path
import django
from django.conf import settings

def prepare():
    templates = {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [folder]}
    settings.configure(TEMPLATES=[templates])
    django.setup()
    Path(folder, "base.html").write_text("\n<b>{% block all %}{% endblock %}</b>")
    Path(folder, "part.html").write_text("\n\n{{ ask }}")
    Path(folder, "page.html").write_text(
        "{% extends 'base.html' %}\n{% block all %}{% for n in numbers %}\n{{ ask }}\n{{ ask }}"
        "{% include 'part.html' %}{% endfor %}{% endblock %}")

def main():
    from django.template.loader import render_to_string
    ask = functools.partial(sqlite3.connect(":memory:").execute, "select 1")
    render_to_string("page.html", {"ask": ask, "numbers": range(5)})
