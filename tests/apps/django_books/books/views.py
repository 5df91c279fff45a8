from django.http import JsonResponse

from books.models import Book


def books(request):
    found = Book.objects.all()
    return JsonResponse({"books": [[book.title, book.author.name] for book in found]})
