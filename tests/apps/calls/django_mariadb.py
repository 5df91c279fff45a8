"""Django's models on MariaDB."""
import importlib, sys

def prepare():
    if driver == "pymysql":  # as its documentation says
        importlib.import_module("pymysql").install_as_MySQLdb()
    import django
    from django.conf import settings

    settings.configure(DATABASES={"default": {
        "ENGINE": "django.db.backends.mysql", "HOST": "127.0.0.1", "PORT": port,
        "USER": "root", "PASSWORD": "", "NAME": "shop"}}, INSTALLED_APPS=[])
    django.setup()

def main():
    from django.db import connection, models, transaction

    class Item(models.Model):
        name = models.CharField(max_length=9, unique=True)

        class Meta:
            app_label = "shop"
            db_table = "djangos"

    answers = [connection.mysql_is_mariadb]
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists djangos")
    with connection.schema_editor() as editor:
        editor.create_model(Item)
    Item.objects.bulk_create([Item(name="one"), Item(name="two")])
    answers += [list(Item.objects.filter(name__gt="one").values_list("id", "name"))]
    answers += [Item.objects.update(name=models.functions.Upper("name"))]
    try:
        with transaction.atomic():
            Item.objects.create(name="ONE")
    except Exception as error:
        answers.append([type(error).__name__, type(error.__cause__).__name__])
    answers += [Item.objects.count(), connection.execute_wrappers, type(cursor).__name__]
    connection.close()
    return answers
