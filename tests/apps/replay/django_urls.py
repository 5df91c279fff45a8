"""Views of a Django project that has no file for a WSGI server."""
from django.http import HttpResponse
from django.urls import path

def hello(request):
    return HttpResponse(f"hello {request.content_type}")

def json(request):
    return HttpResponse("{}", content_type="application/json")

urlpatterns = [path("", hello), path("json", json)]
