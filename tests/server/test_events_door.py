"""The door of events in front of Flask answers as Flask does."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from tests import factories
from tests.server.both_doors import Answered, Asked, Doors
from tests.support.servers import wait_until
from tests.support.settings import change_settings
from webhooks_app.api import rate
from webhooks_app.api.rate import Limit
from webhooks_app.extensions import db
from webhooks_app.ingest import group_commit
from webhooks_app.lib.body_limits import FORM
from webhooks_app.lib.crypto import digest
from webhooks_app.lib.metrics import HTTP_SECONDS
from webhooks_app.lib.recent_writes import RecentWrites
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, Delivery, Event, Organisation
from webhooks_app.parts import SLOT, parts_of
from webhooks_app.people import key_check
from webhooks_app.people.key_check import Principal
from webhooks_app.server import door as door_module
from webhooks_app.server import events_door

JSON = ("content-type", "application/json")
LEAD = {"type": "lead.captured", "data": {"name": "Ada"}}


class Twin:
    """A separate organisation for each door, otherwise equal."""

    def __init__(self) -> None:
        self.organisation = factories.organisation()
        self.key = factories.api_key(self.organisation)
        self.weak = factories.api_key(self.organisation, scopes=["deliveries:read"])
        factories.webhook(self.organisation, "https://a.example", event_types=["lead.captured"])
        factories.webhook(
            self.organisation,
            "https://b.example",
            event_types=["lead.updated"],
            changed_fields=["status"],
        )
        factories.webhook(
            self.organisation,
            "https://c.example",
            event_types=["lead.captured"],
            scope_type="chatbot",
            scope_id="bot_1",
            conditions=[{"field": "name", "operator": "equals", "value": "Ada"}],
        )
        db.session.commit()

    def asked(self, body: object = LEAD, *headers: tuple[str, str], **more: Any) -> Asked:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        bearer = ("authorization", f"Bearer {self.key}")
        return Asked((("host", "localhost"), JSON, bearer, *headers), text, **more)

    def rows(self) -> list[Any]:
        """What was stored, without ids and moments."""
        db.session.rollback()
        events = db.session.scalars(
            select(Event)
            .where(Event.organisation_id == self.organisation.id)
            .order_by(Event.created_at, Event.id)
        )
        return [
            (
                *(one.type, one.subject_type, one.subject_id, one.data, one.origin, one.fan_out),
                *(one.idempotency_key, one.source_id, one.changed, one.hops, one.mode),
                sorted(
                    (two.trigger, two.wire_format, two.status, two.mode, two.tries, two.failures)
                    for two in db.session.scalars(
                        select(Delivery).where(Delivery.event_id == one.id)
                    )
                ),
            )
            for one in events
        ]


@pytest.fixture
def doors(app: Flask) -> Doors:
    return Doors(app)


@pytest.fixture
def busy_doors(app: Flask) -> Doors:
    """With a window that does not end during the test."""
    change_settings(app, ingest_rate_limit="1000000 per day")
    return Doors(app)


@pytest.fixture
def twins(app: Flask) -> tuple[Twin, Twin]:
    return Twin(), Twin()


@pytest.fixture
def twin(twins: tuple[Twin, Twin]) -> Twin:
    return twins[1]


@pytest.fixture(autouse=True)
def _keys_are_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """However slow the machine is."""
    monkeypatch.setattr(key_check._recent, "_seconds", 1e9)
    yield
    key_check._recent._values.clear()


def without_flask(doors: Doors, asked: Asked) -> Answered:
    """The answer of the door in front. Flask gets the first request, which fills the cache."""
    [first] = doors.ask(doors.ours, asked)
    [answered] = doors.ask(doors.ours, asked)
    assert (first.by_flask, answered.by_flask) == (True, False)
    return answered


def test_who_reports_an_event_has_just_written(
    app: Flask, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So its next list does not come from the replica, whichever door has taken the event."""
    noted: list[str] = []
    monkeypatch.setattr(RecentWrites, "note", lambda _, who: noted.append(who))
    with_replica = replace(parts_of(app), replica=cast(Any, "a replica"))
    monkeypatch.setitem(app.extensions, SLOT, with_replica)
    without_flask(Doors(app), twin.asked())
    key = select(ApiKey.id).where(ApiKey.digest == digest(twin.key))
    assert noted == [db.session.scalar(key)] * 2


def test_the_common_case_is_answered_without_flask(doors: Doors, twin: Twin) -> None:
    answered = without_flask(doors, twin.asked())
    assert answered.status == 202
    said = json.loads(answered.body)
    event = db.session.get_one(Event, said["id"])
    assert said == {"id": event.id, "type": "lead.captured", "deliveries": 1}
    assert len(twin.rows()) == 2


def test_the_id_that_a_proxy_gave_is_kept(doors: Doors, twin: Twin) -> None:
    given = without_flask(doors, twin.asked(LEAD, ("x-request-id", "from-the-proxy")))
    assert given.headers["x-request-id"] == "from-the-proxy"
    for more in ([("x-request-id", "no id")], []):
        [made] = doors.ask(doors.ours, twin.asked(LEAD, *more))
        assert re.fullmatch("[0-9a-f]{16}", made.headers["x-request-id"])


texts = st.sampled_from(["Ada", "", "ä\u0000", "\ud83d\ude00", "bot_1", "a/../b", "x" * 300])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | texts | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
bodies = st.fixed_dictionaries(
    {"type": st.sampled_from(["lead.captured", "lead.updated", "no.such", "webhook.ping", 7])},
    optional={
        "data": st.fixed_dictionaries(
            {}, optional={"name": texts, "id": st.sampled_from(["1", "2"]), "status": texts}
        )
        | values,
        "subject": st.fixed_dictionaries({"type": st.just("chatbot") | texts, "id": texts}),
        "chatbot_id": texts,
        "id": st.sampled_from(["a", "b", "", "ä"]),
        "timestamp": st.sampled_from(
            ["2026-03-02T10:00:00+02:00", "0001-01-01T00:00:00Z", "2026-03-02T10:00:00", "no"]
        ),
        "changed": st.lists(st.sampled_from(["status", "name", ""]), max_size=2),
        "other": st.just(1),
    },
)
good = st.sampled_from([b'{"type":"lead.captured","data":{"name":"Ada"},"chatbot_id":"bot_1"}'])
texts_sent = st.one_of(
    good,
    good,
    bodies.map(lambda body: json.dumps(body).encode()),
    bodies.map(lambda body: json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")),
    st.sampled_from([b"", b"{", b"[]", b"null", b'{"type":"\xff"}', b'{"data":{}}' * 2]),
    st.integers(1, 4).map(lambda n: b'{"type":"lead.captured","data":{"a":"%b"}}' % (b"x" * 9**n)),
)
# Each has a value for a good key and one for a key without the scope.
more_headers = st.lists(
    st.sampled_from(
        [
            ("content-type", "application/json"),
            ("content-type", "application/json; charset=utf-8"),
            ("content-type", "Application/JSON;charset=latin-1"),
            ("content-type", "text/plain"),
            ("idempotency-key", "k1"),
            ("idempotency-key", "k2"),
            ("idempotency-key", "k 1"),
            ("idempotency-key", "ä"),
            ("idempotency-key", "k" * 256),
            ("webhook-hops", "1"),
            ("webhook-hops", "3"),
            ("webhook-hops", "x"),
            ("user-agent", "OURS"),
            ("user-agent", "curl/8"),
            ("cookie", "session=x"),
            ("host", "elsewhere.example"),
            ("host", "127.0.0.1:8080"),
            ("x-forwarded-for", "10.0.0.1"),
            ("accept", "text/html"),
            ("authorization", "WEAK"),
            ("authorization", "Bearer nobody"),
            ("authorization", "bearer KEY"),
            ("x-other", "ä"),
            ("x-request-id", "from-the-proxy"),
            ("x-request-id", "no id"),
        ]
    ),
    max_size=3,
)
requests = st.builds(
    lambda body, headers, twice, path: (body, headers, twice, path),
    texts_sent,
    more_headers,
    st.booleans(),
    st.sampled_from([*[("POST", "/api/v1/events", "")] * 8, ("PUT", "/api/v1/events", "")])
    | st.sampled_from([("POST", "/api/v1/events/", ""), ("POST", "/api/v1/events", "a=1")]),
)


@given(requests=st.lists(requests, min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_both_doors_answer_the_same_and_store_the_same(
    app: Flask, busy_doors: Doors, twins: tuple[Twin, Twin], requests: list[Any]
) -> None:
    doors, user_agent = busy_doors, parts_of(app).settings.user_agent
    for request in requests:
        by_flask, ours = (
            _shown(doors.ask(door, _made(twin, user_agent, *request))[0])
            for door, twin in zip((doors.flask, doors.ours), twins, strict=True)
        )
        assert ours == by_flask
    assert twins[0].rows() == twins[1].rows()


def _made(
    twin: Twin,
    user_agent: str,
    body: bytes,
    more: list[tuple[str, str]],
    twice: bool,
    target: tuple[str, str, str],
) -> Asked:
    """With `twice`, headers come beside those that every request has, else in their place."""
    secrets = {
        "WEAK": f"Bearer {twin.weak}",
        "bearer KEY": f"bearer {twin.key}",
        "OURS": user_agent,
    }
    own = [("host", "localhost"), JSON, ("authorization", f"Bearer {twin.key}")]
    named = [(name, secrets.get(value, value)) for name, value in more]
    names = {name for name, _ in named}
    kept = [pair for pair in own if twice or pair[0] not in names]
    method, path, query = target
    return Asked((*kept, *named), body, path, method, query)


def _shown(answered: Answered) -> tuple[int, dict[str, str], Any]:
    headers = {k: v for k, v in answered.headers.items() if k not in MOVING}
    text = answered.body.replace(answered.headers["x-request-id"].encode(), b"(its id)")
    if answered.status == 202:
        said = json.loads(text)
        assert said.pop("id").startswith("evt_")
        return answered.status, headers, said
    return answered.status, headers, text


MOVING = ("x-ratelimit-reset", "x-request-id", "ratelimit")


def test_many_at_once_are_stored_once_each(doors: Doors, twin: Twin) -> None:
    without_flask(doors, twin.asked())
    asked = [
        twin.asked({"type": "lead.captured", "data": {"n": n}}, ("idempotency-key", f"k{n % 30}"))
        for n in range(60)
    ]
    answers = doors.ask(doors.ours, *asked)
    by_status = sorted(one.status for one in answers)
    assert by_status == [202] * 30 + [422] * 30  # a key that comes again, with another event
    assert len(twin.rows()) == 32


def test_a_repeat_gets_the_first_answer(doors: Doors, twin: Twin) -> None:
    without_flask(doors, twin.asked())
    asked = twin.asked(LEAD, ("idempotency-key", "once"))
    answers = [json.loads(doors.ask(doors.ours, asked)[0].body) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(twin.rows()) == 3


def test_what_was_changed_by_another_process_counts(doors: Doors, twin: Twin) -> None:
    """The door matches with this process's cache; the storing statement checks it."""
    without_flask(doors, twin.asked())
    factories.webhook(twin.organisation, "https://new.example", event_types=["lead.captured"])
    db.session.execute(
        update(Organisation).values(subscriptions_version=Organisation.subscriptions_version + 1)
    )
    db.session.commit()
    [answered] = doors.ask(doors.ours, twin.asked())
    assert json.loads(answered.body)["deliveries"] == 2
    assert answered.headers["x-ratelimit-remaining"] == "5997"  # counted once
    assert len(twin.rows()) == 3


def test_the_rate_of_a_key_is_kept(app: Flask, twin: Twin) -> None:
    change_settings(app, ingest_rate_limit="3 per hour")
    doors = Doors(app)
    answers = [doors.ask(doors.ours, twin.asked())[0] for _ in range(5)]
    assert [one.status for one in answers] == [202, 202, 202, 429, 429]
    assert [one.by_flask for one in answers] == [True, False, False, True, True]
    assert [one.headers["x-ratelimit-remaining"] for one in answers] == [*"21000"]
    assert len(twin.rows()) == 3


def test_a_database_that_is_away_is_said_once_and_nothing_is_tried_again(
    doors: Doors, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not known whether it was stored, so trying again might store it twice."""
    without_flask(doors, twin.asked())
    stores: list[Callable[..., object]] = []

    def away(*asked: object) -> None:
        stores.append(away)
        raise OperationalError(None, None, Exception("gone"))

    monkeypatch.setattr(group_commit, "store_plain", away)
    [answered] = doors.ask(doors.ours, twin.asked())
    assert (answered.status, answered.by_flask) == (503, True)
    assert answered.headers["retry-after"] == "1"
    assert answered.headers["x-ratelimit-remaining"] == "5997"
    assert len(stores) == 1
    assert len(twin.rows()) == 2


def test_a_key_that_is_not_kept_is_looked_up_by_flask(doors: Doors, twin: Twin) -> None:
    without_flask(doors, twin.asked())
    key_check._recent._values.clear()
    [answered] = doors.ask(doors.ours, twin.asked())
    assert answered.by_flask


def test_a_key_in_use_is_asked_for_again_before_it_is_forgotten(
    doors: Doors, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_flask(doors, twin.asked())
    db.session.execute(update(ApiKey).values(last_used_at=utcnow()))
    db.session.commit()
    kept = key_check._recent
    before = kept.get(digest(twin.key))
    monkeypatch.setattr(type(kept), "is_old", lambda *_: True)
    [answered] = doors.ask(doors.ours, twin.asked())
    assert not answered.by_flask
    wait_until(lambda: kept.get(digest(twin.key)) is not before)
    assert kept.get(digest(twin.key)) is not None


def test_a_key_that_was_revoked_meanwhile_opens_nothing(
    doors: Doors, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_flask(doors, twin.asked())
    db.session.execute(update(ApiKey).values(revoked_at=utcnow()))
    db.session.commit()
    monkeypatch.setattr(type(key_check._recent), "is_old", lambda *_: True)
    doors.ask(doors.ours, twin.asked())
    wait_until(lambda: key_check._recent.get(digest(twin.key)) is None)
    [answered] = doors.ask(doors.ours, twin.asked())
    assert (answered.status, answered.by_flask) == (401, True)


def test_one_who_is_refused_by_the_plan_is_counted_once_for_the_key(
    app: Flask, twins: tuple[Twin, Twin], monkeypatch: pytest.MonkeyPatch
) -> None:
    change_settings(app, ingest_rate_limit="6 per hour")

    def two_an_hour(principal: Principal) -> Limit:
        return Limit("2 per hour", ("plan", principal.organisation_id))

    for module in (rate, events_door):
        monkeypatch.setattr(module, "limit_of_plan", two_an_hour)
    doors = Doors(app)
    titles = [
        [json.loads(doors.ask(door, twin.asked())[0].body).get("title") for _ in range(8)]
        for door, twin in zip((doors.flask, doors.ours), twins, strict=True)
    ]
    of_plan, of_key = "Too many events for the plan", "Too many requests"
    assert titles[1] == titles[0] == [None] * 2 + [of_plan] * 4 + [of_key] * 2


def test_a_large_batch_is_asked_for_again_later_while_the_database_is_away(
    doors: Doors, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its body, Flask would call it malformed, which nobody sends again."""
    without_flask(doors, twin.asked())

    def away(*_: object) -> None:
        raise OperationalError(None, None, Exception("gone"))

    monkeypatch.setattr(door_module, "is_known_key", away)
    body = json.dumps({"events": [LEAD], "more": "x" * FORM}).encode()
    [answered] = doors.ask(doors.ours, twin.asked(body, path="/api/v1/events/batch"))
    assert answered.status == 503
    assert json.loads(answered.body)["type"] == "/docs/api#unavailable"


def test_a_key_that_is_changed_while_it_is_read_again_is_not_kept(
    app: Flask, doors: Doors, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app
    without_flask(doors, twin.asked())
    db.session.execute(update(ApiKey).values(last_used_at=utcnow()))
    db.session.commit()
    read = key_check._read

    def read_and_changed(*asked: Any) -> Principal:
        principal = read(*asked)
        key_check.forget(digest(twin.key))
        return principal

    monkeypatch.setattr(key_check, "_read", read_and_changed)
    monkeypatch.setattr(type(key_check._recent), "is_old", lambda *_: True)
    doors.ask(doors.ours, twin.asked())
    key_check.NOTES.submit(bool).result()
    assert key_check._recent.get(digest(twin.key)) is None


def test_what_is_answered_without_flask_is_in_the_metrics_too(doors: Doors, twin: Twin) -> None:
    before = _observed()
    without_flask(doors, twin.asked())
    assert _observed() == before + 2


def _observed() -> float:
    labels = {"route": "/api/v1/events", "method": "POST", "code": "2xx"}
    [metric] = HTTP_SECONDS.collect()
    return sum(
        one.value
        for one in metric.samples
        if one.name.endswith("_count") and labels.items() <= one.labels.items()
    )
