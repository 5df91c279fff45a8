"""A secret that is inserted twice: the error repeats it."""
import importlib

def main():
    driver = importlib.import_module(name)
    db = driver.connect(host="127.0.0.1", port=port, **login)
    cursor = db.cursor()
    cursor.execute("create temporary table u (email varchar(9), password varchar(9) unique)")
    try:
        for email in "ab":
            cursor.execute("insert into u values (%s, %s)", (email, "hunter2"))
    except driver.IntegrityError as error:
        return "hunter2" in str(error)
