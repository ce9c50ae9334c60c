"""A POST that is repeated with its `Idempotency-Key` acts once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from werkzeug.test import TestResponse

from tests import factories
from tests.api.conftest import URL, Api, faults, kind
from tests.support.documented import DOCUMENT, bare_app
from tests.support.existing import example_request
from tests.support.rows import every_row
from webhooks_app.api.openapi.document import endpoints
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import AnsweredRequest, AuditEntry, Organisation, Subscription
from webhooks_app.organisations import answered_requests
from webhooks_app.organisations.answered_requests import Claim
from webhooks_app.parts import parts
from webhooks_app.subscriptions import service

# Those that take an `Idempotency-Key`.
KEYED = {"$ref": "#/components/parameters/Idempotency-Key"}
POSTS = [
    path
    for path, methods in DOCUMENT["paths"].items()
    if "post" in methods and KEYED in methods["post"].get("parameters", ())
]
WEBHOOK = {"name": "CRM", "url": URL, "event_types": ["lead.captured"]}
keys = (f"key-{number}" for number in count())


def keyed(api: Api, path: str, body: object, key: str) -> TestResponse:
    return api.post(path, body, headers={"Idempotency-Key": key})


def made(api: Api, path: str, body: object) -> Any:
    return api.post(path, body).get_json()


def test_a_lost_answer_that_is_asked_for_again_makes_nothing_twice(
    api: Api, organisation: Organisation
) -> None:
    """For each POST of the document."""
    for path in POSTS:
        key = next(keys)
        factories.example_rows(organisation.id)
        real, body = example_request(
            DOCUMENT, path, "post", lambda path, body: made(api, path, body)
        )
        first = keyed(api, real, body, key)
        assert first.status_code < 300, (path, first.text)
        if found := set(secrets_in(first.get_json())):
            assert found == shown_once(path), path
        before = every_row("answered_requests")
        again = keyed(api, real, body, key)
        assert every_row("answered_requests") == before, path
        assert (again.status_code, again.get_json()) == (first.status_code, first.get_json()), path
        assert again.headers.get("Location") == first.headers.get("Location"), path
        if not knows_repeats(path):
            assert again.headers["Idempotent-Replayed"] == "true", path
            other = keyed(api, real, {"other": 1}, key)
            assert (other.status_code, kind(other)) == (422, "idempotency-key-reused"), path
        assert every_row("answered_requests") == before, path
    assert len(POSTS) > 10


def knows_repeats(path: str) -> bool:
    """Reports of what happened keep their keys with what they store."""
    return path in (
        "/events",
        "/events/batch",
        "/chatbots/{chatbot_id}/messages",
        "/listeners/{listener_id}/results",
    )


def shown_once(path: str) -> set[str]:
    """The secret of its answer, as its operation declares it."""
    with bare_app() as app:
        [found] = [one for one in endpoints(app) if (one.path, one.method) == (path, "POST")]
    return {found.operation.shows_once} if found.operation.shows_once else set()


def secrets_in(content: Any, at: str = "") -> Iterator[str]:
    """The paths of the secrets in an answer."""
    if isinstance(content, dict):
        for name, value in content.items():
            if name in ("secret", "token") and isinstance(value, str):
                yield f"{at}{name}"
            yield from secrets_in(value, f"{at}{name}.")


def test_a_secret_is_shown_again_for_ten_minutes_and_never_kept_in_plain_text(
    app: Flask, api: Api
) -> None:
    first = keyed(api, "/webhooks", WEBHOOK, "once").get_json()
    assert first["secret"].startswith("whsec_")
    assert not [row for row in every_row()["answered_requests"] if first["secret"] in row]
    assert not [row for row in every_row()["answered_requests"] if URL in row]
    age(timedelta(minutes=9))
    upkeep.delete_old_answers()
    assert keyed(api, "/webhooks", WEBHOOK, "once").get_json() == first
    age(timedelta(minutes=2))
    without = {name: value for name, value in first.items() if name != "secret"}
    assert keyed(api, "/webhooks", WEBHOOK, "once").get_json() == without
    upkeep.delete_old_answers()
    assert keyed(api, "/webhooks", WEBHOOK, "once").get_json() == without
    [row] = db.session.scalars(select(AnsweredRequest))
    assert row.sealed_secret is None
    db.session.rollback()


def age(by: timedelta) -> None:
    for row in db.session.scalars(select(AnsweredRequest)):
        row.created_at -= by
    db.session.commit()


@pytest.mark.parametrize("cleaned", [True, False])
def test_after_a_day_the_key_is_free(app: Flask, api: Api, cleaned: bool) -> None:
    first = keyed(api, "/webhooks", WEBHOOK, "once").get_json()
    age(timedelta(hours=25))
    if cleaned:
        upkeep.delete_old_answers()
        assert every_row()["answered_requests"] == []
    assert keyed(api, "/webhooks", {**WEBHOOK, "name": "Other"}, "once").status_code == 201
    assert keyed(api, "/webhooks", WEBHOOK, "other").get_json()["id"] != first["id"]


def test_keys_belong_to_an_organisation_and_a_mode(api: Api, outsider: Api, test_mode: Api) -> None:
    answers = [keyed(one, "/webhooks", WEBHOOK, "once") for one in (api, outsider, test_mode)]
    assert [one.status_code for one in answers] == [201] * 3
    assert len({one.get_json()["id"] for one in answers}) == 3


def test_another_key_of_the_organisation_gets_no_answer_that_was_for_the_first(
    api: Api, organisation: Organisation
) -> None:
    body = {"name": "Import", "scopes": ["events:write"]}
    first = keyed(api, "/api-keys", body, "once")
    assert first.status_code == 201
    colleague = Api(api.client, factories.api_key(organisation, name="Other"))
    refused = keyed(colleague, "/api-keys", body, "once")
    assert (refused.status_code, kind(refused)) == (422, "idempotency-key-reused")
    assert first.get_json()["token"] not in refused.text


def test_a_refused_request_may_be_mended_with_the_same_key(api: Api) -> None:
    refused = keyed(api, "/webhooks", {**WEBHOOK, "url": "nowhere"}, "once")
    assert list(faults(refused)) == ["#/url"]
    assert keyed(api, "/webhooks", WEBHOOK, "once").status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    assert list(faults(keyed(api, "/webhooks", WEBHOOK, key))) == ["Idempotency-Key"]
    assert webhooks() == 0


def webhooks() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Subscription)) or 0


def test_at_once_it_acts_once(api: Api) -> None:
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(keyed, api, "/webhooks", WEBHOOK, "once") for _ in range(6)]
    answers = [one.result() for one in asked]
    assert webhooks() == 1
    by_status = {one.status_code for one in answers}
    assert by_status <= {201, 409}
    assert {one.get_json()["id"] for one in answers if one.status_code == 201} == {
        keyed(api, "/webhooks", WEBHOOK, "once").get_json()["id"]
    }
    assert {kind(one) for one in answers if one.status_code == 409} <= {"idempotency-key-in-use"}


def claimed(organisation: Organisation, key: str = "once") -> Claim:
    """A request that has begun, in another process."""
    tenant = Tenant(organisation.id, "live")
    with db.session.session_factory() as one:
        found = answered_requests.claim_key(one, tenant, key, "0" * 64, utcnow(), parts().vault)
    assert isinstance(found, Claim)
    return found


def same_request() -> None:
    """As if it were what the test asks for."""
    db.session.execute(update(AnsweredRequest).values(fingerprint=FINGERPRINT))
    db.session.commit()


FINGERPRINT = "1" * 64


@pytest.fixture
def _known_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks_app.api.keyed_requests._fingerprint", lambda: FINGERPRINT)


@pytest.mark.usefixtures("_known_fingerprint")
def test_while_the_first_runs_the_second_waits_and_after_its_death_acts(
    api: Api, organisation: Organisation
) -> None:
    claimed(organisation)
    same_request()
    waits = keyed(api, "/webhooks", WEBHOOK, "once")
    assert (waits.status_code, kind(waits)) == (409, "idempotency-key-in-use")
    assert waits.headers["Retry-After"] == "1"
    assert webhooks() == 0
    age(timedelta(minutes=3))
    assert keyed(api, "/webhooks", WEBHOOK, "once").status_code == 201
    assert webhooks() == 1


@pytest.mark.usefixtures("_known_fingerprint")
def test_one_that_died_after_its_change_is_not_run_again(
    api: Api, organisation: Organisation
) -> None:
    claimed(organisation)
    db.session.execute(update(AnsweredRequest).values(acted=True))
    same_request()
    age(timedelta(minutes=3))
    lost = keyed(api, "/webhooks", WEBHOOK, "once")
    assert (lost.status_code, kind(lost)) == (409, "idempotency-key-in-use")
    assert "lost" in lost.get_json()["detail"]
    assert "Retry-After" not in lost.headers
    assert webhooks() == 0


def test_one_that_was_believed_dead_cannot_commit_any_more(
    app: Flask, organisation: Organisation
) -> None:
    tenant, vault = Tenant(organisation.id, "live"), parts().vault
    slow = db.session.session_factory()
    claim = answered_requests.claim_key(slow, tenant, "once", FINGERPRINT, utcnow(), vault)
    age(timedelta(minutes=3))
    next_one = db.session.session_factory()
    answered_requests.claim_key(next_one, tenant, "once", FINGERPRINT, utcnow(), vault)
    slow.execute(text("UPDATE organisations SET name = 'Changed'"))
    with pytest.raises(Conflict):
        slow.commit()
    slow.rollback()
    assert isinstance(claim, Claim)
    answered_requests.release_key(slow, claim, refused=True)
    slow.close()
    next_one.execute(text("UPDATE organisations SET name = 'By the next'"))
    next_one.commit()
    next_one.close()
    assert db.session.scalar(select(Organisation.name)) == "By the next"


def test_a_failure_before_the_change_frees_the_key_and_one_after_it_does_not(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    with monkeypatch.context() as broken:
        broken.setattr(service, "ask_recipients", fail)
        assert keyed(api, "/webhooks", WEBHOOK, "before").status_code == 500
    assert keyed(api, "/webhooks", WEBHOOK, "before").status_code == 201
    with monkeypatch.context() as broken:
        broken.setattr(service, "_ping", fail)
        assert keyed(api, "/webhooks", WEBHOOK, "after").status_code == 500
    lost = keyed(api, "/webhooks", WEBHOOK, "after")
    assert (lost.status_code, kind(lost)) == (409, "idempotency-key-in-use")
    assert webhooks() == 2
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 2


def test_a_key_without_the_scope_learns_nothing(api: Api, organisation: Organisation) -> None:
    keyed(api, "/webhooks", WEBHOOK, "once")
    weak = Api(api.client, factories.api_key(organisation, scopes=["deliveries:read"]))
    refused = keyed(weak, "/webhooks", WEBHOOK, "once")
    assert (refused.status_code, kind(refused)) == (403, "insufficient-scope")
