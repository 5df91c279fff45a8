from django.urls import path

from djangosite import views

urlpatterns = [
    path("", views.book, name="book"),
    path("broken/", views.broken, name="broken"),
]
