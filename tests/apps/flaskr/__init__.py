"""A blog with users: a Flask application made by a factory, with templates and a database."""

import os

from flask import Flask

from flaskr import auth, blog, database


def create_app(config=None):
    """The blog. Its database is `FLASKR_DATABASE`, or a file in the instance folder."""
    app = Flask(__name__, instance_relative_config=True)
    app.config["SECRET_KEY"] = "only for the tests"
    app.config["DATABASE"] = os.environ.get("FLASKR_DATABASE") or os.path.join(
        app.instance_path, "flaskr.sqlite"
    )
    app.config.update(config or {})
    os.makedirs(os.path.dirname(app.config["DATABASE"]), exist_ok=True)

    database.init_app(app)
    app.register_blueprint(auth.bp)
    app.register_blueprint(blog.bp)
    return app
