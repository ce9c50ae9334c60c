"""Every page and every GET of the API, by the URL map."""

from collections.abc import Iterator, Mapping

from flask import Flask
from flask.testing import FlaskClient

# What is not a page of the product, ends the session, or waits for something.
LEFT_OUT = ("static", "rq_dashboard.", "accounts.log_out", "operations.")


def paths(app: Flask, ids: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Endpoint and path of each GET for which `ids` has all parameters.

    An id can be for one blueprint only: `actions.subscription_id`.
    """
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(LEFT_OUT):
            continue
        blueprint = rule.endpoint.partition(".")[0]
        named = {name: ids.get(f"{blueprint}.{name}") or ids.get(name) for name in rule.arguments}
        if all(named.values()):
            _, path = rule.build(named) or ("", "")
            yield rule.endpoint, path.partition("|")[2] or path


def failing(
    app: Flask, person: FlaskClient, token: str, ids: Mapping[str, str], only: str = ""
) -> list[tuple[str, int]]:
    """The paths that answer with a 5xx: pages as that person, the API with that key."""
    found = []
    asked = [one for one in paths(app, ids) if not only or one[0].startswith(tuple(only.split()))]
    assert asked
    for _, path in asked:
        headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/v1") else {}
        response = person.get(path, headers=headers)
        if response.status_code >= 500:
            found.append((path, response.status_code))
    return found
