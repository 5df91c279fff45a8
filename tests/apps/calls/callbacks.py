"""Functions of a library's and of the user's that execute the same text."""
import sqlite3

library = {}
exec(compile('''
def load(execute, number):
    return execute("select ?", (number,))

def each(functions, execute, number):
    for function in functions:
        function(execute, number)
''', "/site-packages/orders.py", "exec"), library)

def mine(execute, number):
    return execute("select ?", (number,))

def executed():
    if kind == "sqlite3":
        return sqlite3.connect(":memory:").execute
    import sqlalchemy
    connection = sqlalchemy.create_engine("sqlite://").connect()
    return connection.exec_driver_sql

def main():
    execute = executed()
    for number in range(20):
        for load in (library["load"], mine):
            load(execute, number)
    for number in range(20):
        library["each"]((library["load"], mine), execute, number)
