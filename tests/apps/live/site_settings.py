import pathlib
DEBUG = True
SECRET_KEY = "x"
ROOT_URLCONF = "site_urls"
STATIC_URL = "/static/"
STATICFILES_DIRS = [pathlib.Path(__file__).parent / "static"]
INSTALLED_APPS = ["django.contrib.staticfiles"]
WSGI_APPLICATION = "site_wsgi.application"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [pathlib.Path(__file__).parent / "templates"],
}]
