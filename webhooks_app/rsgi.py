"""For granian: `webhooks_app.rsgi:door`, with settings from the environment."""

from webhooks_app.parts import parts_of
from webhooks_app.server.door import Door
from webhooks_app.wsgi import app

door = Door(app, parts_of(app).settings.web_threads)
