"""A page makes no more queries when it shows more rows."""

import pytest

from tests import factories
from tests.support.open_deliveries import arrange
from tests.support.statements import statements
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Inbox, Notification, Organisation, Subscription

LISTS = (
    "/",
    "/actions/",
    "/webhooks/",
    "/webhooks/?sort=success",
    "/webhooks/logs",
    "/deliveries/",
    "/deliveries/?status=failed",
    "/deliveries/?text=ada",
    "/events/",
    "/events/?type=lead.captured",
    "/replays/new?status=failed",
    "/notifications/",
    "/test-webhook/",
    "/api-keys/",
)
ABOUT_ONE = ("/webhooks/{webhook}", "/webhooks/{webhook}/logs", "/events/{event}")


def add(organisation: Organisation, count: int) -> None:
    """That many subscriptions of each kind, deliveries of each, and whatever else is listed."""
    for n in range(count):
        factories.webhook(organisation, f"https://example.com/{n}", name=f"Webhook {n}")
        factories.action(organisation, f"https://example.com/{n}", name=f"Action {n}")
        factories.api_key(organisation)
        _beside(organisation)
    factories.accepted(organisation, *[factories.lead()] * count)
    arrange(status="failed", tries=1, error="It broke.")


def _beside(organisation: Organisation) -> None:
    shared = {"organisation_id": organisation.id, "created_at": utcnow()}
    db.session.add(Inbox(id=new_id("inb"), token=new_id("tok"), name="An inbox", **shared))
    notification = {"kind": "delivery_failed", "title": "It broke", "body": "Really"}
    db.session.add(Notification(id=new_id("ntf"), mode="live", **notification, **shared))
    db.session.commit()


def asked(owner: Person, path: str) -> list[str]:
    """The statements. A short page of the log may need one more, to see where it ends."""
    with statements() as seen:
        answer = owner.get(path)
    assert answer.status_code == 200
    return seen


def assert_no_more(owner: Person, path: str, few: list[str]) -> None:
    many = asked(owner, path)
    assert len(many) <= len(few), "\n".join(many)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_no_more_when_it_holds_more(
    owner: Person, organisation: Organisation, path: str
) -> None:
    add(organisation, 3)
    few = asked(owner, path)
    add(organisation, 9)
    assert_no_more(owner, path, few)


@pytest.mark.parametrize("path", ABOUT_ONE)
def test_a_page_about_one_asks_no_more_when_it_has_more_deliveries(
    owner: Person, organisation: Organisation, path: str
) -> None:
    add(organisation, 3)
    names = {
        "webhook": db.session.scalars(db.select(Subscription.id).filter_by(kind="webhook")).first(),
        "event": db.session.scalars(db.select(Delivery.event_id)).first(),
    }
    few = asked(owner, path.format_map(names))
    add(organisation, 9)
    newest = db.select(Delivery.event_id).order_by(Delivery.id.desc())
    names["event"] = db.session.scalars(newest).first()
    assert_no_more(owner, path.format_map(names), few)
