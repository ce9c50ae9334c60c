"""Tags say whether something was changed, and keep one from overwriting what another changed."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.api.conftest import URL, Api, forget_pings, kind
from tests.support.documented import DOCUMENT
from tests.support.existing import example_request
from tests.support.receiver import Receiver
from tests.support.rows import every_row
from webhooks_app.models import Organisation
from webhooks_app.people.api_keys import SCOPES

CHANGES = [
    (path, method)
    for path, methods in DOCUMENT["paths"].items()
    for method in ("patch", "put", "delete")
    if method in methods
]
READS = [path for path, methods in DOCUMENT["paths"].items() if "get" in methods]


def post(api: Api) -> Callable[[str, object], Any]:
    return lambda path, body: api.post(path, body).get_json()


def test_everything_that_is_read_has_a_tag_and_is_not_sent_twice(
    api: Api, organisation: Organisation
) -> None:
    """All except the document, which needs no key."""
    for path in READS:
        if path != "/openapi.json":
            factories.example_rows(organisation.id)
            real, _ = example_request(DOCUMENT, path, "get", post(api))
            first = api.get(real)
            assert first.status_code == 200, (path, first.text)
            tag = first.headers["ETag"]
            again = api("GET", real, headers={"If-None-Match": tag})
            assert (again.status_code, again.headers["ETag"], again.data) == (304, tag, b""), path
            other = api("GET", real, headers={"If-None-Match": '"other"'})
            assert (other.status_code, other.data) == (200, first.data), path


def test_a_change_of_what_was_changed_meanwhile_is_refused(
    client: FlaskClient, organisation: Organisation
) -> None:
    """For each operation that changes one object. Only a key that may read it is shown it."""
    owner = factories.member(organisation, factories.user("owner@example.com")).user_id
    api = Api(client, factories.api_key(organisation, created_by=owner))
    changing = [scope for scope in SCOPES if not scope.endswith(":read")]
    blind = Api(api.client, factories.api_key(organisation, scopes=changing))
    for path, method in CHANGES:
        factories.example_rows(organisation.id)
        real, body = example_request(DOCUMENT, path, method, post(api))
        sent = {} if body is None else {"json": body}
        before = every_row()
        stale = api(method.upper(), real, headers={"If-Match": '"other"'}, **sent)
        assert (stale.status_code, kind(stale)) == (412, "changed-meanwhile"), (path, stale.text)
        assert every_row() == before, (path, method)
        if "get" not in DOCUMENT["paths"][path]:
            continue
        present = api.get(real)
        assert stale.get_json()["current"] == present.get_json()
        assert stale.headers["ETag"] == present.headers["ETag"]
        unseen = blind(method.upper(), real, headers={"If-Match": '"other"'}, **sent)
        if path == "/listeners/{listener_id}":  # only for the key that started it
            assert unseen.status_code == 404
            continue
        assert (unseen.status_code, kind(unseen)) == (412, "changed-meanwhile"), path
        shown = path == "/event-types/{name}"  # every key may read it
        assert ("current" in unseen.get_json(), "ETag" in unseen.headers) == (shown, shown), path
        known = api(method.upper(), real, headers={"If-Match": present.headers["ETag"]}, **sent)
        assert known.status_code < 300, (path, method, known.text)
        assert every_row() != before, (path, method)
        tag = known.headers.get("ETag")
        if "chatbots" not in path and method != "delete":
            assert tag == api.get(real).headers["ETag"], (path, method)
    assert len(CHANGES) > 8


def test_a_tag_changes_with_the_object_and_not_without_it(api: Api) -> None:
    path = f"/webhooks/{api.webhook()['id']}"
    tag = api.get(path).headers["ETag"]
    same = api.patch(path, {"name": "CRM"})
    assert same.headers["ETag"] == tag == api.get(path).headers["ETag"]
    changed = api.patch(path, {"name": "Other"}).headers["ETag"]
    assert changed != tag
    stale = api("PATCH", path, json={"name": "Third"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert api.get(path).get_json()["name"] == "Other"
    for known in (changed, f'"no", {changed}', f"W/{changed}", "*"):
        answer = api("PATCH", path, json={"name": "Other"}, headers={"If-Match": known})
        assert answer.status_code == 200, known


def test_a_delivery_keeps_nobody_from_a_change(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    path = f"/webhooks/{api.webhook(url=receiver.url)['id']}"
    tag = api.get(path).headers["ETag"]
    api.event()
    drain()
    assert api("GET", path, headers={"If-None-Match": tag}).status_code == 200  # it was counted
    answer = api("PATCH", path, json={"name": "Other"}, headers={"If-Match": tag})
    assert answer.status_code == 200


def test_one_of_two_changes_at_once_wins(api: Api) -> None:
    api.post("/event-types", {"name": "order.paid", "sample": {"id": "1"}})
    for path, member in (
        (f"/webhooks/{api.webhook()['id']}", "name"),
        ("/event-types/order.paid", "title"),
    ):
        tag = api.get(path).headers["ETag"]

        def change(number: int) -> int:
            body = {member: f"Number {number}"}  # noqa: B023
            return api("PATCH", path, json=body, headers={"If-Match": tag}).status_code  # noqa: B023

        with ThreadPoolExecutor(4) as pool:
            statuses = sorted(pool.map(change, range(4)))
        assert statuses == [200, 412, 412, 412]


def test_put_makes_it_only_if_there_is_none(api: Api) -> None:
    body = {"name": "CRM", "url": URL, "event_types": ["lead.captured"]}

    def put(name: str, value: str) -> int:
        return api("PUT", "/webhooks/key:crm", json=body, headers={name: value}).status_code

    assert put("If-Match", "*") == 412
    assert put("If-None-Match", "*") == 201
    forget_pings()
    before = every_row()
    assert put("If-None-Match", "*") == 412
    assert every_row() == before
    assert put("If-Match", "*") == 200


def test_what_is_not_there_is_not_found(api: Api, outsider: Api) -> None:
    path = f"/webhooks/{api.webhook()['id']}"
    for one in (path, "/webhooks/whk_none"):
        answer = outsider("DELETE", one, headers={"If-Match": "*"})
        assert (answer.status_code, kind(answer)) == (404, "not-found")


def test_a_key_without_the_scope_does_not_see_the_state(
    api: Api, organisation: Organisation
) -> None:
    path = f"/webhooks/{api.webhook()['id']}"
    weak = Api(api.client, factories.api_key(organisation, scopes=["deliveries:read"]))
    answer = weak("PATCH", path, json={}, headers={"If-Match": '"other"'})
    assert (answer.status_code, "current" in answer.get_json()) == (403, False)


@given(headers=st.lists(st.text('Wx/"*, .;', max_size=9), min_size=20, max_size=20))
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_header_that_is_no_tag_matches_nothing(api: Api, headers: list[str]) -> None:
    path = f"/webhooks/{api.webhook()['id']}"
    for header in ['W/""', "x", *headers]:
        if header.strip() != "*":
            known = {"If-Match": header.strip()}
            assert api("DELETE", path, headers=known).status_code == 412, header
            known = {"If-None-Match": header.strip()}
            assert api("GET", path, headers=known).status_code == 200, header


def test_what_is_refused_counts_against_the_limit_and_says_so(api: Api) -> None:
    path = f"/webhooks/{api.webhook()['id']}"

    def left(method: str, path: str, **more: Any) -> tuple[int, int]:
        answer = api(method, path, **more)
        assert re.fullmatch(r'"key";q=6000;w=60', answer.headers["RateLimit-Policy"])
        found = re.fullmatch(r'"key";r=(\d+);t=\d+', answer.headers["RateLimit"])
        assert found
        return answer.status_code, int(found[1])

    tag = api.get(path).headers["ETag"]
    key = {"Idempotency-Key": "once"}
    seen = [
        left("GET", path, headers={"If-None-Match": tag}),
        left("DELETE", path, headers={"If-Match": '"other"'}),
        left("GET", "/webhooks/whk_none"),
        left("POST", "/webhooks", json={}),
        left("POST", f"{path}/test", headers=key),
        left("POST", f"{path}/test", headers=key),
    ]
    assert [status for status, _ in seen] == [304, 412, 404, 422, 202, 202]
    first = seen[0][1]
    assert [one for _, one in seen] == list(range(first, first - 6, -1))
