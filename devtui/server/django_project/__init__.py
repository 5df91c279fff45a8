"""What `manage.py runserver` does for a Django project beside serving its application."""
