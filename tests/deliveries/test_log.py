"""How far a page of the log looks, and how it shows that there is more."""

import pytest
from flask import Flask

from tests import factories
from tests.support.open_deliveries import arrange
from webhooks_app.deliveries import log as deliveries
from webhooks_app.deliveries.filters import Filters
from webhooks_app.extensions import db
from webhooks_app.lib.ids import made_at
from webhooks_app.lib.paging import PageBounds, decode_cursor
from webhooks_app.models import Delivery, Organisation, Subscription
from webhooks_app.vocabulary import DeliveryStatus

FAILED, DELIVERED = DeliveryStatus.FAILED, DeliveryStatus.DELIVERED


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    """Of its eight deliveries, the oldest two failed and the others arrived."""
    organisation = factories.organisation()
    factories.webhook(organisation, "https://example.com/")
    for _ in range(8):
        factories.accepted(organisation)
    ids = db.session.scalars(db.select(Delivery.id).order_by(Delivery.id)).all()
    for status, some in ((FAILED, ids[:2]), (DELIVERED, ids[2:])):
        arrange(Delivery.id.in_(some), status=status.value)
    db.session.commit()
    return organisation


@pytest.fixture
def shortsighted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "LOOKED_THROUGH", 4)


def estimate(organisation: Organisation, most: int = 100, **filters: object) -> tuple[int, bool]:
    asked = Filters(**filters)  # type: ignore[arg-type]
    return deliveries.estimate(db.session(), factories.tenant(organisation), asked, most)


def test_what_failed_is_found_at_once_behind_much_that_arrived(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "LOOKED_THROUGH", 8)  # a quarter of that for failed ones
    failed = Filters(status=FAILED)
    page = deliveries.list_deliveries(
        db.session(), factories.tenant(organisation), failed, PageBounds()
    )
    assert [row.delivery.status for row in page.rows] == ["failed", "failed"]


@pytest.mark.usefixtures("shortsighted")
def test_a_page_goes_on_where_it_stopped_to_look(organisation: Organisation) -> None:
    tenant = factories.tenant(organisation)
    nothing = Filters(text="nowhere")
    window, pages = PageBounds(), 0
    while True:
        page = deliveries.list_deliveries(db.session(), tenant, nothing, window)
        assert not page.rows
        pages += 1
        assert page.searched == (1 if page.next_cursor else None)
        if page.next_cursor is None:
            break
        window = PageBounds(below=decode_cursor(page.next_cursor))
    # One at a time, since it is a text search; the last page cannot know that it is the last.
    assert pages == 9


@pytest.mark.usefixtures("shortsighted")
def test_a_page_says_how_far_back_it_searched(organisation: Organisation) -> None:
    tenant = factories.tenant(organisation)
    ids = db.session.scalars(db.select(Delivery.id).order_by(Delivery.id.desc())).all()
    page = deliveries.list_deliveries(db.session(), tenant, Filters(text="no"), PageBounds())
    assert (page.searched, page.searched_back_to) == (1, made_at(ids[0]))
    full = deliveries.list_deliveries(db.session(), tenant, Filters(), PageBounds(3))
    assert (full.searched, full.searched_back_to) == (None, made_at(ids[2]))
    last = deliveries.list_deliveries(
        db.session(), tenant, Filters(text="no"), PageBounds(below=ids[-1])
    )
    assert (last.next_cursor, last.searched, last.searched_back_to) == (None, None, None)


@pytest.mark.usefixtures("shortsighted")
def test_an_id_is_found_however_old_it_is(organisation: Organisation) -> None:
    tenant = factories.tenant(organisation)
    oldest = db.session.scalars(db.select(Delivery).order_by(Delivery.id)).first()
    assert oldest is not None
    for text in (oldest.id, oldest.event_id):
        found = deliveries.list_deliveries(db.session(), tenant, Filters(text=text), PageBounds())
        assert [row.delivery.id for row in found.rows] == [oldest.id]
        assert found.next_cursor is None
        assert estimate(organisation, text=text) == (1, False)
        assert estimate(organisation, text=text, status=DELIVERED) == (0, False)
        of_others = factories.tenant(factories.organisation("Others"))
        none = deliveries.list_deliveries(db.session(), of_others, Filters(text=text), PageBounds())
        assert not none.rows


def test_the_id_of_a_webhook_finds_its_deliveries_and_what_names_it(
    organisation: Organisation,
) -> None:
    [webhook] = db.session.scalars(db.select(Subscription))
    assert estimate(organisation, text=webhook.id) == (8, False)


def test_a_page_by_field_is_full_though_few_of_the_candidates_fit(
    organisation: Organisation,
) -> None:
    others = [factories.lead(data='{"note": "ada@example.com"}') for _ in range(5)]
    factories.accepted(organisation, *others)
    page = deliveries.list_deliveries(
        db.session(),
        factories.tenant(organisation),
        Filters(field=("data.email", "ada")),
        PageBounds(3),
    )
    assert len(page.rows) == 3
    assert page.searched is None


def test_an_estimate_says_when_there_are_more(organisation: Organisation) -> None:
    assert estimate(organisation) == (8, False)
    assert estimate(organisation, most=8) == (8, False)
    assert estimate(organisation, most=7) == (7, True)
    assert estimate(organisation, status=FAILED) == (2, False)
    assert estimate(organisation, event_type="lead.captured") == (8, False)
    assert estimate(organisation, most=3, event_type="lead.captured") == (3, True)
    assert estimate(organisation, text="ada@example.com") == (8, False)


@pytest.mark.usefixtures("shortsighted")
def test_an_estimate_says_when_there_may_be_more(organisation: Organisation) -> None:
    assert estimate(organisation, status=DELIVERED) == (4, True)
    assert estimate(organisation, text="nowhere") == (0, True)
    assert estimate(organisation, status=FAILED) == (2, False)


def test_a_search_is_not_counted_without_a_bound(organisation: Organisation) -> None:
    tenant = factories.tenant(organisation)
    for searched in (Filters(field=("email", "ada")), Filters(text="a"), Filters(response="a")):
        with pytest.raises(ValueError, match="searches nothing"):
            deliveries.count(db.session(), tenant, searched, 1)


def test_nothing_of_others_is_counted(organisation: Organisation) -> None:
    others = factories.organisation("Others")
    assert estimate(others) == estimate(others, status=FAILED) == (0, False)


@pytest.mark.parametrize(
    ("text", "found"),
    [("100%", 1), ("a_b", 1), ("a\\\\b", 1), ("%", 1), ("_", 1), ("axb", 0), ("ADA", 8), ("/", 1)],
)
def test_a_text_is_looked_for_as_it_is(organisation: Organisation, text: str, found: int) -> None:
    """No character in it is a wildcard."""
    odd = factories.lead(data=r'{"note":"100% a_b a\\b /"}')
    factories.accepted(organisation, odd)
    tenant, asked = factories.tenant(organisation), Filters(text=text)
    page = deliveries.list_deliveries(db.session(), tenant, asked, PageBounds())
    assert len(page.rows) == found
    assert estimate(organisation, text=text) == (found, False)


def test_a_search_looks_through_so_many_bytes_and_goes_on_with_the_next_page(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        factories.accepted(organisation, factories.lead(data=f'{{"note":"{"x" * 1000}"}}'))
    monkeypatch.setattr(deliveries, "SEARCHED_BYTES", 2500)
    monkeypatch.setattr(deliveries, "SIZES_AT_ONCE", 2)
    tenant, window, pages, found = factories.tenant(organisation), PageBounds(), 0, 0
    while True:
        page = deliveries.list_deliveries(db.session(), tenant, Filters(text="ada@"), window)
        pages, found = pages + 1, found + len(page.rows)
        if page.next_cursor is None:
            break
        window = PageBounds(below=decode_cursor(page.next_cursor))
    assert (pages, found) == (3, 8)
    assert estimate(organisation, text="ada@") == (0, True)
    assert estimate(organisation) == (14, False)
