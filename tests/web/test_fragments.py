"""htmx gets a fragment, a browser the page around it."""

import pytest

from tests import factories
from tests.web.conftest import Person
from webhooks_app.deliveries import replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Organisation

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
        f"/webhooks/{webhook.id}/edit",
        f"/actions/{action.id}/edit",
        "/webhooks/new",
        "/actions/new",
        "/webhooks/logs",
        f"/deliveries/{delivery.id}",
        f"/deliveries/{delivery.id}/outcome",
        f"/replays/{batch.id}",
        "/events/",
        "/deliveries/",
        "/latest",
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


def test_a_form_in_the_drawer_says_its_faults_there_and_leaves_once_it_is_saved(
    owner: Person, organisation: Organisation
) -> None:
    action = factories.action(organisation, URL)
    form = {
        "csrf_token": owner.token,
        "event_types": "lead.captured",
        "scope_type": "",
        "match": "all",
        "channel": "webhook",
        "url": URL,
        "wire_format": "standard",
        "retry_policy": "pivot",
        "save": "Save",
    }
    wrong = owner.client.post(f"/actions/{action.id}/edit", data=form, headers=HTMX)
    assert wrong.status_code == 422
    assert wrong.text.lstrip().startswith("<h2")
    assert 'aria-invalid="true"' in wrong.text

    form |= {"name": "To the CRM"}
    changed = owner.client.post(f"/actions/{action.id}/edit", data=form, headers=HTMX)
    assert changed.status_code == 204, changed.text
    assert changed.headers["HX-Redirect"] == "/actions/"
    made = owner.client.post("/actions/new", data=form, headers=HTMX)
    assert made.status_code == 204
    assert made.headers["HX-Redirect"].endswith("/secret")
    assert "whsec_" in owner.client.get(made.headers["HX-Redirect"]).text


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
    assert response.headers["X-Reason"] == "The webhook is off. Switch it on first."
