"""Every page and every GET of the API, by the URL map."""

from collections.abc import Iterator, Mapping

from flask import Flask
from flask.testing import FlaskClient

from webhooks_app.web.places import without_place

PLACE = {"organisation_id": "any", "mode": "live"}
# What is not a page of the product, ends the session, or waits for something.
LEFT_OUT = ("static", "rq_dashboard.", "accounts.log_out", "operations.")


def paths(app: Flask, ids: Mapping[str, str], about: str = "") -> Iterator[tuple[str, str]]:
    """Endpoint and path of each GET for which `ids` has all parameters, and that has `about`.

    An id can be for one blueprint only: `actions.subscription_id`.
    """
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(LEFT_OUT):
            continue
        if about and about not in rule.arguments:
            continue
        blueprint = rule.endpoint.partition(".")[0]
        named = {name: ids.get(f"{blueprint}.{name}") or ids.get(name) for name in rule.arguments}
        named |= {name: value for name, value in PLACE.items() if name in named}
        if all(named.values()):
            _, path = rule.build(named) or ("", "")
            yield rule.endpoint, without_place(path.partition("|")[2] or path)


def failing(
    app: Flask,
    person: FlaskClient,
    token: str,
    ids: Mapping[str, str],
    only: str = "",
    about: str = "",
) -> list[tuple[str, int]]:
    """The paths that answer with a 5xx: pages as that person, the API with that key."""
    found = []
    blueprints = tuple(only.split()) or ("",)
    asked = [one for one in paths(app, ids, about) if one[0].startswith(blueprints)]
    assert asked
    for _, path in asked:
        headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/v1") else {}
        response = person.get(path, headers=headers)
        if response.status_code >= 500:
            found.append((path, response.status_code))
    return found
