"""The Flask app, with settings from the environment.

Granian serves `webhooks_app.rsgi` instead: with a WSGI server, slow clients can hold threads.
"""

from click import get_current_context
from flask.cli import FlaskGroup

from webhooks_app.factory import create_app
from webhooks_app.lib.starting import exiting_in_one_line


def role() -> str:
    context = get_current_context(silent=True)
    is_command = context is not None and isinstance(context.find_root().command, FlaskGroup)
    return "command" if is_command else "web"


with exiting_in_one_line():
    app = create_app(role=role())
