"""A project's app, and what of it is imported with its URLs."""
import json, sys
from devtui.server.app import find
from devtui.server.django_project import django_urls
found = find.load_app(*sys.argv[1:])
before = "djangosite.views" in sys.modules
try:
    django_urls.import_urls()
    raised = ""
except Exception as error:
    raised = type(error).__name__
print(json.dumps([before, "djangosite.views" in sys.modules, raised]))
