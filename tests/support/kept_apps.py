"""Apps that tests use one after another: making one takes longer than most requests.

An app keeps its compiled statements, templates and routes. What a test may change is put back, and
its parts (counts, group commit, doorbell) are made again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask

from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.factory import make_parts
from webhooks_app.jobs import engine
from webhooks_app.lib.logs import configure_logging
from webhooks_app.parts import SLOT


@dataclass(frozen=True, slots=True)
class _Kept:
    app: Flask
    before: dict[str, Any]
    rules: int


class KeptApps:
    def __init__(self, make: Callable[[Settings], Flask]) -> None:
        self._make = make
        self._kept: dict[Settings, _Kept] = {}

    def take(self, settings: Settings) -> Flask:
        """The app with these settings, as if it were new."""
        kept = self._kept.get(settings)
        if kept is None or _rules(kept.app) != kept.rules:
            app = self._make(settings)
            self._kept[settings] = _Kept(app, _changeable(app), _rules(app))
            return app
        for name, value in kept.before.items():
            _put_back(kept.app, name, value)
        kept.app._got_first_request = False
        for held in (engine._engines, engine._listeners):
            held.pop(kept.app, None)
        with kept.app.app_context():
            db.engine.dispose()  # a thread of the last test may have opened the last file again
        kept.app.extensions[SLOT] = make_parts(kept.app, settings)
        configure_logging(settings.log_level)
        return kept.app


def _rules(app: Flask) -> int:
    return sum(1 for _ in app.url_map.iter_rules())


def _changeable(app: Flask) -> dict[str, Any]:
    copied = ("view_functions", "extensions", "config")
    same = ("wsgi_app", "test_client_class")
    return {name: dict(getattr(app, name)) for name in copied} | {
        name: getattr(app, name) for name in same
    }


def _put_back(app: Flask, name: str, value: Any) -> None:
    if isinstance(value, dict):
        held = getattr(app, name)
        held.clear()
        held.update(value)
    else:
        setattr(app, name, value)
