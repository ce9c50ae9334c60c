"""A minimal Django project in this process, with the app that remembers deliveries."""

import tempfile
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from sqlalchemy import make_url

APP = "hookline.receive.django_store"


def start() -> None:
    """Once in a process. The default database is a file of SQLite."""
    if settings.configured:
        return
    file = Path(tempfile.mkdtemp(prefix="hookline-django-")) / "project.db"
    settings.configure(
        INSTALLED_APPS=[APP],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}},
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", verbosity=0)


def add_postgres(alias: str, database_url: str) -> None:
    """A migrated database of that URL."""
    url = make_url(database_url)
    place: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.database,
        "USER": url.username,
        "HOST": url.host,
        "PORT": url.port,
    }
    connections.settings[alias] = {**connections.settings["default"], **place}
    call_command("migrate", database=alias, verbosity=0)


def empty(alias: str) -> None:
    from hookline.receive.django_store.models import HandledDelivery

    HandledDelivery.objects.using(alias).all().delete()
