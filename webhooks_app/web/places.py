"""Where pages are: below `/o/<organisation id>/<mode>`.

No view and no `url_for` names that place. It is taken from a request's address before its view
runs, and put into the address of every page that is linked to.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Flask, current_app, g, request, url_for
from werkzeug.exceptions import HTTPException

from webhooks_app.people.workspaces import Workspace
from webhooks_app.vocabulary import Mode

PREFIX = "/o/<organisation_id>/<any(live, test):mode>"
# A place that fits the pages' addresses, for matching alone.
ANY = "/o/any/live"
ROOT = re.compile(r"^/o/[^/]+/(?:live|test)(?=/)")


class Page(NamedTuple):
    """A page of any place, by its endpoint and the parameters of its address."""

    endpoint: str
    named: Mapping[str, str]


def init_app(app: Flask) -> None:
    app.url_value_preprocessor(_take_place)
    app.url_defaults(_stay_here)


def asked_for() -> tuple[str, Mode] | None:
    """The organisation and mode in the address; None for pages that have neither."""
    place: tuple[str, Mode] | None = g.get("asked_for")
    return place


def without_place(path: str) -> str:
    return ROOT.sub("", path)


def page_at(path: str, method: str) -> Page | None:
    """The page with that address in any place."""
    adapter = current_app.url_map.bind_to_environ(request.environ)
    for written in (path, f"{path}/"):
        try:
            endpoint, named = adapter.match(f"{ANY}{written}", method)
        except HTTPException:
            continue
        del named["organisation_id"], named["mode"]
        return Page(endpoint, named)
    return None


def address(page: Page, place: Workspace) -> str:
    values: dict[str, Any] = {**page.named, "organisation_id": place.organisation.id}
    return url_for(page.endpoint, mode=place.mode.value, **values)


def _take_place(_endpoint: str | None, named: dict[str, Any] | None) -> None:
    if named and request.url_rule and request.url_rule.rule.startswith(PREFIX):
        g.asked_for = named.pop("organisation_id"), Mode(named.pop("mode"))


def _stay_here(endpoint: str, named: dict[str, Any]) -> None:
    place: Workspace | None = g.get("here")
    if place and current_app.url_map.is_endpoint_expecting(endpoint, "organisation_id", "mode"):
        named.setdefault("organisation_id", place.organisation.id)
        named.setdefault("mode", place.mode.value)
