import sqlite3
from contextlib import closing

from flask import current_app, g

SCHEMA = """
CREATE TABLE IF NOT EXISTS user (
    id INTEGER PRIMARY KEY,
    name TEXT UNIQUE NOT NULL,
    password_hash TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS post (
    id INTEGER PRIMARY KEY,
    author_id INTEGER NOT NULL REFERENCES user (id),
    created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    title TEXT NOT NULL,
    body TEXT NOT NULL
);
"""


def connection():
    """The request's connection, opened when it is first asked for."""
    if "connection" not in g:
        g.connection = sqlite3.connect(current_app.config["DATABASE"])
        g.connection.row_factory = sqlite3.Row
    return g.connection


def init_app(app):
    with closing(sqlite3.connect(app.config["DATABASE"])) as fresh:
        fresh.executescript(SCHEMA)

    @app.teardown_appcontext
    def close(error):
        if "connection" in g:
            g.pop("connection").close()
