"""An app with changed settings."""

from dataclasses import replace as with_parts

from flask import Flask
from msgspec.structs import replace

from webhooks_app.parts import SLOT, parts_of


def change_settings(app: Flask, **changes: object) -> None:
    settings = replace(parts_of(app).settings, **changes)
    app.extensions[SLOT] = with_parts(parts_of(app), settings=settings, guard=settings.guard)
