"""How long the server takes for each page of the dashboard, over a million deliveries."""

import statistics
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from bench.history import RARE, History
from bench.support import product, settle
from tests import factories
from tests.conftest import Client
from tests.support.statements import statements
from tests.web.conftest import PASSWORD, Person
from webhooks_app.api.answers import NDJSON
from webhooks_app.extensions import db
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.paging import encode_cursor
from webhooks_app.lib.times import utcnow
from webhooks_app.models import AuditEntry, Delivery, Organisation, Subscription
from webhooks_app.models import Event as EventRow

WARM_UPS = 3
ENTRY_EVERY = 100  # deliveries
GRACE_EVERY = 1000  # entries
CHUNK = 5000
COUNT = "/api/v1/deliveries/count"
FRAGMENT = {"HX-Request": "true"}
PREVIEWED = {
    "event_types": "lead.captured",
    "match": "all",
    "conditions-0-field": "data.email",
    "conditions-0-operator": "contains",
    "conditions-0-value": "@example.com",
}


class Page(NamedTuple):
    """`form` or `json` is posted."""

    path: str
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    json: Mapping[str, str] | None = None


class Browser(Client):
    """Without the check of what the API answers."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return self.unchecked(*args, **kwargs)


class Measured(NamedTuple):
    """`ratio` is the median divided by the bare page's."""

    median_ms: float
    p95_ms: float
    queries: int
    ratio: float

    def __str__(self) -> str:
        return (
            f"{self.median_ms:7.1f} ms  p95 {self.p95_ms:7.1f} ms"
            f"  {self.queries:2} queries  {self.ratio:5.1f} ×"
        )


def run(count: int, others: int, times: int) -> dict[str, Any]:
    """Each page `times` times, as a multiple of the log-in page, which makes no query."""
    with product() as made:
        made.app.test_client_class = Browser
        started = time.perf_counter()
        ours = History("Acme", webhooks=150, actions=50)
        ours.fill(count)
        fill_audit_log(ours.organisation, count // ENTRY_EVERY)
        History("Others", webhooks=20, actions=0).fill(others)
        settle()
        seconds = round(time.perf_counter() - started)
        factories.member(ours.organisation, factories.user("owner@example.com", PASSWORD))
        stranger, owner = Person(made.app.test_client()), Person(made.app.test_client())
        bare = _measure(stranger, Page("/login"), times, 1.0)
        owner.log_in("owner@example.com")
        pages = {
            name: _measure(owner, page, times, bare.median_ms)
            for name, page in pages_of(ours.organisation).items()
        }
        slowest = max(pages, key=lambda name: pages[name].median_ms)
        return {
            "seeded_in_s": seconds,
            "bare": bare._replace(ratio=1.0),
            **pages,
            "slowest": slowest,
            "ratio": pages[slowest].ratio,
        }


def fill_audit_log(organisation: Organisation, number: int) -> None:
    """Entries over ninety days, most of Ada and few of Grace."""
    newest, step = utcnow(), timedelta(days=90) / (number + 1)
    entries = [_entry(organisation.id, n, newest - step * n) for n in range(number)]
    for start in range(0, number, CHUNK):
        db.session.execute(insert(AuditEntry), entries[start : start + CHUNK])
    db.session.commit()


def _entry(organisation_id: str, number: int, at: datetime) -> dict[str, Any]:
    return {
        "id": floor_id("aud", at.timestamp()),
        "organisation_id": organisation_id,
        "mode": "live",
        "actor_kind": "person",
        "actor": "Ada" if number % GRACE_EVERY else "Grace",
        "action": "webhook.updated",
        "target_type": "webhook",
        "target_id": "whk_1",
        "target_name": "CRM",
        "detail": {"name": "CRM"},
        "created_at": at,
    }


def pages_of(organisation: Organisation) -> dict[str, Page]:
    """The pages by the name in the table."""
    webhooks = db.session.scalars(
        select(Subscription)
        .where(Subscription.organisation_id == organisation.id, Subscription.kind == "webhook")
        .order_by(Subscription.id)
    ).all()
    busy, quiet = webhooks[0].id, webhooks[-1].id
    of_ours = select(Delivery).where(Delivery.organisation_id == organisation.id)
    delivery = db.session.scalars(of_ours.order_by(Delivery.id.desc()).limit(1)).one()
    happened = db.session.get_one(EventRow, delivery.event_id)
    half = encode_cursor(floor_id("msg", (utcnow() - timedelta(days=45)).timestamp()))
    db.session.rollback()
    paths = {
        "overview, 24 hours": "/",
        "overview, 7 days": "/?window=7d",
        "overview, 30 days": "/?window=30d",
        "actions": "/actions/",
        "webhooks": "/webhooks/",
        "webhooks, all logs": "/webhooks/logs",
        "a webhook": f"/webhooks/{busy}",
        "its logs": f"/webhooks/{busy}/logs",
        "its form": f"/webhooks/{busy}/edit",
        "deliveries": "/deliveries/",
        "… of a busy webhook": f"/deliveries/?subscription_id={busy}",
        "… of a quiet webhook": f"/deliveries/?subscription_id={quiet}",
        "… failed": "/deliveries/?status=failed",
        "… failed, of a rare event": f"/deliveries/?status=failed&event_type={RARE}",
        "… of a rare event": f"/deliveries/?event_type={RARE}",
        "… cancelled, of a quiet webhook": f"/deliveries/?status=cancelled&subscription_id={quiet}",
        "… answered 5xx": "/deliveries/?code=5xx",
        "… with a text that many hold": "/deliveries/?text=person4",
        "… with a text that none holds": "/deliveries/?text=nowhere-to-be-found",
        "… with a field that few hold": "/deliveries/?field=email:person77@",
        "… with a response that none has": "/deliveries/?response=nowhere-to-be-found",
        "… of 24 hours": "/deliveries/?window=24h",
        "… half-way back": f"/deliveries/?cursor={half}",
        "… as a file, its first part": "/deliveries/export.csv",
        "a delivery": f"/deliveries/{delivery.id}",
        "events": "/events/",
        "events, rare": f"/events/?type={RARE}",
        "events with a text that many hold": "/events/?text=person4",
        "events with a text that none holds": "/events/?text=nowhere-to-be-found",
        "events with a field that few hold": "/events/?field=email:person77@",
        "events as a file, its first part": "/events/export.ndjson",
        "an event, with 200 verdicts": f"/events/{happened.id}",
        "replay, failed": "/replays/new?status=failed",
        "replay, cancelled": "/replays/new?status=cancelled",
        "replay, failed and missing, 24 hours": ("/replays/new?status=failed&window=24h&missing=1"),
        "replay, failed, of a rare event": f"/replays/new?status=failed&event_type={RARE}",
        "notifications": "/notifications/",
        "inboxes": "/test-webhook/",
        "API keys": "/api-keys/",
        "audit log": "/audit-log/",
        "audit log, of an actor that few entries have": "/audit-log/?actor=Grace",
        "audit log, of an actor that none has": "/audit-log/?actor=nobody",
    }
    lists = {
        "API: deliveries": "deliveries",
        "API: deliveries with a text that none holds": "deliveries?text=nowhere-to-be-found",
        "API: failed deliveries": "deliveries?status=failed",
        "API: events": "events",
        "API: events of a rare type": f"events?type={RARE}",
        "API: webhooks": "webhooks",
        "API: audit log": "audit-log",
    }
    key = factories.bearer(factories.api_key(organisation))
    here = factories.tenant(organisation)
    pages = {name: Page(here.page(path)) for name, path in paths.items()}
    return {
        **pages,
        "palette, a name": Page(here.page("/search?q=webhook"), headers=FRAGMENT),
        "palette, an id": Page(here.page(f"/search?q={delivery.id}"), headers=FRAGMENT),
        "preview in a form": Page(here.page("/webhooks/preview"), PREVIEWED, FRAGMENT),
        **{name: Page(f"/api/v1/{path}", headers=key) for name, path in lists.items()},
        "API: deliveries as lines, the first part": Page(
            "/api/v1/deliveries", headers=key | {"Accept": NDJSON}
        ),
        "API: count of failed deliveries": Page(COUNT, headers=key, json={"status": "failed"}),
        "API: count of a text that none holds": Page(
            COUNT, headers=key, json={"text": "nowhere-to-be-found"}
        ),
    }


def _measure(person: Person, page: Page, times: int, bare_ms: float) -> Measured:
    took = []
    for _ in range(WARM_UPS + times):
        with statements() as seen:
            took.append(opened_ms(person, page))
    took = sorted(took[WARM_UPS:])
    median = statistics.median(took)
    p95 = took[int(len(took) * 0.95)]
    return Measured(round(median, 1), round(p95, 1), len(seen), round(median / bare_ms, 1))


def opened_ms(person: Person, page: Page) -> float:
    """How long the answer takes; of an export, its first part."""
    began = time.perf_counter()
    if page.json is not None:
        answer = person.client.post(page.path, json=page.json, headers=page.headers)
    elif page.form is not None:
        form = {"csrf_token": person.token, **page.form}
        answer = person.client.post(page.path, data=form, headers=page.headers)
    else:
        answer = person.client.get(page.path, headers=page.headers)
    took = time.perf_counter() - began
    answer.close()
    assert answer.status_code == 200, (page, answer.status_code)
    return took * 1000
