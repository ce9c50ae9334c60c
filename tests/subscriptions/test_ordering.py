"""Lists of subscriptions in the order of a column."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.support.statements import statements
from webhooks_app.extensions import db
from webhooks_app.lib.paging import PageBounds, decode_cursor
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation, Subscription
from webhooks_app.subscriptions.ordering import KEYS, Order
from webhooks_app.subscriptions.queries import list_subscriptions
from webhooks_app.vocabulary import SubscriptionKind

NOW = utcnow().replace(microsecond=0)
HOUR = timedelta(hours=1)


def add(organisation: Organisation, name: str, **health: Any) -> Subscription:
    more = {key: health.pop(key) for key in ("enabled", "disabled_reason") if key in health}
    more |= {"paused_at": NOW} if health.pop("paused", False) else {}
    row = factories.webhook(organisation, "https://example.com/", name=name, **more)
    for key, value in health.items():
        setattr(row.health, key, value)
    db.session.commit()
    return row


@pytest.fixture
def six(app: Flask) -> Organisation:
    """One in each state, named so that the order by name is another one than by state."""
    organisation = factories.organisation()
    add(organisation, "banana", last_success_at=NOW, last_attempt_at=NOW, delivered=3)
    add(organisation, "Apple", failing_since=NOW, last_attempt_at=NOW - HOUR, failed_attempts=4)
    add(organisation, "fig", enabled=False)
    add(organisation, "Elder", enabled=False, disabled_reason="It answered 410.", delivered=1)
    add(organisation, "cherry", paused=True, failing_since=NOW, delivered=1, failed_attempts=1)
    add(organisation, "Date")
    return organisation


def walked(organisation: Organisation, order: Order | None, size: int = 2) -> list[str]:
    """The names on all pages of that order."""
    names: list[str] = []
    window = PageBounds(size)
    while True:
        page = list_subscriptions(
            db.session(),
            Tenant(organisation.id, "live"),
            SubscriptionKind.WEBHOOK,
            window,
            order=order,
        )
        names += [row.name for row in page.rows]
        if page.next_cursor is None:
            return names
        window = PageBounds(size, decode_cursor(page.next_cursor))


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("name", ["Apple", "banana", "cherry", "Date", "Elder", "fig"]),
        ("health", ["Apple", "Elder", "cherry", "fig", "Date", "banana"]),
    ],
)
def test_the_order_is_that_of_the_column_or_the_reverse(
    six: Organisation, by: str, expected: list[str]
) -> None:
    assert walked(six, Order(by)) == expected
    assert walked(six, Order(by, descending=True)) == expected[::-1]


def test_the_last_attempt_and_the_rate_sort_with_the_unknown_at_the_end(six: Organisation) -> None:
    assert walked(six, Order("last", descending=True))[:2] == ["banana", "Apple"]
    # Equal ones are newest first in both directions.
    assert walked(six, Order("success")) == ["Apple", "cherry", "Elder", "banana", "Date", "fig"]
    down = walked(six, Order("success", descending=True))
    assert down == ["Elder", "banana", "cherry", "Apple", "Date", "fig"]


@pytest.mark.parametrize("by", KEYS)
@pytest.mark.parametrize("descending", [False, True])
def test_pages_hold_each_one_once_among_equals(
    six: Organisation, by: str, descending: bool
) -> None:
    for name in ("same", "Same", "SAME"):
        add(six, name, last_attempt_at=NOW, delivered=1, failed_attempts=2)
    found = walked(six, Order(by, descending))
    assert len(found) == len(set(found)) == 9
    assert found == walked(six, Order(by, descending), size=50)


def test_the_order_holds_when_the_last_row_of_a_page_is_deleted(six: Organisation) -> None:
    tenant, by_name = Tenant(six.id, "live"), Order("name")
    first = list_subscriptions(
        db.session(), tenant, SubscriptionKind.WEBHOOK, PageBounds(2), order=by_name
    )
    first.rows[-1].deleted_at = NOW
    db.session.commit()
    window = PageBounds(2, decode_cursor(first.next_cursor or ""))
    second = list_subscriptions(
        db.session(), tenant, SubscriptionKind.WEBHOOK, window, order=by_name
    )
    assert [row.name for row in second.rows] == ["cherry", "Date"]


@pytest.mark.parametrize("by", KEYS)
def test_no_order_reads_the_log(six: Organisation, by: str) -> None:
    with statements() as seen:
        walked(six, Order(by))
    assert seen
    assert not [one for one in seen if re.search(r"\bdeliveries\b", one)]
