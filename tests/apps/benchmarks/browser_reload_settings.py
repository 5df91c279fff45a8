import pathlib
DEBUG = True
SECRET_KEY = "x"
ROOT_URLCONF = "urls"
ALLOWED_HOSTS = ["*"]
STATIC_URL = "/static/"
STATICFILES_DIRS = [pathlib.Path(__file__).parent / "static"]
INSTALLED_APPS = ["django.contrib.staticfiles", "django_browser_reload"]
MIDDLEWARE = ["django_browser_reload.middleware.BrowserReloadMiddleware"]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [pathlib.Path(__file__).parent / "templates"],
}]
