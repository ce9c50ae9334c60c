"""For WSGI servers: `webhooks_app.wsgi:app`, with settings from the environment."""

from webhooks_app import create_app

app = create_app()
