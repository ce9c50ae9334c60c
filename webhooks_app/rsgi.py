"""For granian: `webhooks_app.rsgi:door`, with settings from the environment."""

from functools import partial

from webhooks_app.factory import create_app
from webhooks_app.lib.starting import exiting_in_one_line
from webhooks_app.operations.start import check_start
from webhooks_app.parts import parts_of
from webhooks_app.server.door import Door
from webhooks_app.server.events_door import EventsDoor

with exiting_in_one_line():
    app = create_app(role="web", commands=False)
    check_start(app)

door = Door(app, parts_of(app).settings.web_threads, partial(EventsDoor, app))
