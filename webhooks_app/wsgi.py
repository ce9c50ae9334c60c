"""The Flask app, with settings from the environment.

Granian serves `webhooks_app.rsgi` instead: with a WSGI server, slow clients can hold threads.
"""

from click import get_current_context
from flask.cli import FlaskGroup

from webhooks_app.factory import create_app
from webhooks_app.lib.starting import exiting_in_one_line


def role() -> str:
    """A server of somebody else's serves it too, and so does `flask run`."""
    context = get_current_context(silent=True)
    if context is None or context.command.name == "run":
        return "web"
    return "command" if isinstance(context.find_root().command, FlaskGroup) else "web"


with exiting_in_one_line():
    app = create_app(role=role())
