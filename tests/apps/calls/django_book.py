"""A template that asks by a property and by a method. It follows `prepare` of the lines."""
import types

class Book(list):
    author = types.DynamicClassAttribute(
        functools.partial(sqlite3.connect(":memory:").execute, "select ?"))

    def writer(self):
        return type(self).__dict__["author"].fget(self)

def main():
    from django.template.loader import render_to_string
    Path(folder, "book.html").write_text("{{ b.author }}{{ b.writer }}{{ b.author }}")
    render_to_string("book.html", {"b": Book([1])})
