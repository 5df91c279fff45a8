"""A view of Flask-AppBuilder's."""

from flask_appbuilder import BaseView, expose

from app import appbuilder

MARK = 100


class Marked(BaseView):
    route_base = "/marked"
    default_view = "answer"

    @expose("/")
    def answer(self):
        return f"mark-{MARK}-"


appbuilder.add_view_no_menu(Marked())
