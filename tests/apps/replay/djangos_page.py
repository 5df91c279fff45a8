"""Django's page of an error. Its settings would stay in the process of the tests."""
import sys
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.views.debug import technical_500_response
from werkzeug.test import create_environ
settings.configure(DEBUG=True, SECRET_KEY="x", ROOT_URLCONF=__name__, USE_I18N=False)
urlpatterns = []
class Thing: pass
thing = Thing()
try:
    raise ValueError("wrong")
except ValueError:
    request = WSGIRequest(create_environ("/", environ_overrides={"REMOTE_PORT": sys.argv[1]}))
    print(technical_500_response(request, *sys.exc_info()).content.decode())
