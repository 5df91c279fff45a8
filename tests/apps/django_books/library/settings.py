from pathlib import Path

FOLDER = Path(__file__).parent.parent
SECRET_KEY = "for tests"
DEBUG = True
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["books"]
ROOT_URLCONF = "library.urls"
WSGI_APPLICATION = "library.wsgi.application"
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "books.sqlite3"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
