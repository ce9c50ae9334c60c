"""The Flask app, with settings from the environment.

Granian serves `webhooks_app.rsgi` instead: with a WSGI server, slow clients can hold threads.
"""

from webhooks_app.factory import create_app
from webhooks_app.lib.starting import exiting_in_one_line

with exiting_in_one_line():
    app = create_app()
