"""htmx is answered with a fragment, a browser with the page around it."""

import pytest

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Organisation
from webhooks_app.services import replays
from webhooks_app.services.delivery_filters import Filters

URL = "https://receiver.example/hook"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def ask(owner: Person, path: str, **headers: str) -> str:
    response = owner.client.get(path, headers=headers)
    assert response.status_code == 200, path
    return response.text


@pytest.fixture
def paths(organisation: Organisation, owner: Person) -> list[str]:
    webhook = factories.webhook(organisation, URL)
    action = factories.action(organisation, URL)
    factories.accepted(organisation)
    delivery = db.session.query(Delivery).filter_by(subscription_id=webhook.id).one()
    tenant = factories.tenant(organisation)
    batch = replays.start(db.session(), tenant, "owner@example.com", Filters(), [delivery.id])
    return [
        f"/webhooks/{webhook.id}/logs",
        f"/actions/{action.id}/logs",
        "/webhooks/logs",
        f"/deliveries/{delivery.id}",
        f"/deliveries/{delivery.id}/outcome",
        f"/replays/{batch.id}",
        "/events/",
    ]


def test_each_fragment_has_a_page_around_it(owner: Person, paths: list[str]) -> None:
    for path in paths:
        fragment = ask(owner, path, **HTMX)
        assert "<html" not in fragment, path
        assert fragment.lstrip().startswith("<"), path
        assert "<html" in ask(owner, path), path
        assert "<html" in ask(owner, path, **{"HX-Request": "true", "HX-Request-Type": "full"})


def test_a_toggle_and_a_test_answer_with_their_part(
    owner: Person, organisation: Organisation
) -> None:
    for row, part in (
        (factories.webhook(organisation, URL), "<tr"),
        (factories.action(organisation, URL), "<li"),
    ):
        base = f"/{row.kind}s/{row.id}"
        form = {"csrf_token": owner.token}
        tested = owner.client.post(f"{base}/test", data=form, headers=HTMX)
        assert "pending" in tested.text
        assert "<html" not in tested.text
        toggled = owner.client.post(f"{base}/toggle", data=form | {"enabled": "0"}, headers=HTMX)
        assert toggled.text.lstrip().startswith(part)
        assert 'aria-checked="false"' in toggled.text


def test_a_fragment_is_no_place_for_the_log_in_page(owner: Person, paths: list[str]) -> None:
    owner.post("/logout")
    for path in paths:
        assert owner.client.get(path, headers=HTMX).status_code == 401, path


def test_what_cannot_be_done_says_why_to_htmx(owner: Person, organisation: Organisation) -> None:
    webhook = factories.webhook(organisation, URL)
    factories.accepted(organisation)
    webhook.enabled = False
    db.session.commit()
    delivery = db.session.query(Delivery).one()
    form = {"csrf_token": owner.token}
    response = owner.client.post(f"/deliveries/{delivery.id}/replay", data=form, headers=HTMX)
    assert response.status_code == 409
    assert response.headers["X-Reason"] == "Its subscription is off: enable it first."
