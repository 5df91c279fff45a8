import django
from django.core.management import call_command

django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)

from books.models import Author, Book

for number in range(40):
    author = Author.objects.create(name=f"Ada {number}")
    Book.objects.create(title=f"Book {number}", author=author)
