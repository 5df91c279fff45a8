"""Do for a Django project what `manage.py runserver` does besides serving its application."""
