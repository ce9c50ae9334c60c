"""A program without a browser gets a key, once someone has approved it in the dashboard."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests import factories
from tests.api.conftest import Api, faults
from tests.web.conftest import PASSWORD, Person
from tests.web.test_fresh import grow_stale, held_in
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, AuditEntry, DeviceLogIn, Membership, Organisation
from webhooks_app.people import api_keys, device_log_ins

ON = "hookline on ada-laptop"


@pytest.fixture
def owner(client: FlaskClient, organisation: Organisation) -> Person:
    factories.member(organisation, factories.user("ada@example.com", PASSWORD))
    return Person(client).log_in("ada@example.com")


@pytest.fixture
def program(app: Any) -> FlaskClient:
    """Without a cookie."""
    return app.test_client()  # type: ignore[no-any-return]


def begin(program: FlaskClient, **more: object) -> dict[str, Any]:
    response = program.post("/api/v1/device/authorization", json={"client": ON, **more})
    assert response.status_code == 200, response.text
    return dict(response.get_json())


def ask(program: FlaskClient, begun: dict[str, Any]) -> TestResponse:
    """After the interval."""
    long_ago = update(DeviceLogIn).values(polled_at=utcnow() - timedelta(minutes=1))
    db.session.execute(long_ago.where(DeviceLogIn.polled_at.is_not(None)))
    db.session.commit()
    return ask_at_once(program, begun)


def ask_at_once(program: FlaskClient, begun: dict[str, Any]) -> TestResponse:
    return program.post("/api/v1/device/token", json={"device_code": begun["device_code"]})


def error(response: TestResponse) -> str:
    assert response.status_code == 400
    return str(response.get_json()["error"])


def approve(
    who: Person, begun: dict[str, Any], organisation: Organisation, **more: Any
) -> TestResponse:
    who.get("/device/", code=begun["user_code"])
    form = {
        "code": begun["user_code"],
        "place": f"{organisation.id}/test",
        "name": ON,
        "preset": "develop",
        "expires": "90",
    }
    return who.post("/device/approve", **(form | more))


def test_an_approved_program_gets_a_key_that_works_once(
    program: FlaskClient, owner: Person, organisation: Organisation
) -> None:
    begun = begin(program)
    assert re.fullmatch(r"[B-Z]{4}-[B-Z]{4}", begun["user_code"])
    assert begun["verification_uri_complete"].endswith(f"/device/?code={begun['user_code']}")
    assert error(ask(program, begun)) == "authorization_pending"

    page = owner.get("/device/", code=begun["user_code"]).text
    for said in (ON, "127.0.0.1", begun["user_code"], "Acme, test", "Acme, live"):
        assert said in page
    done = approve(owner, begun, organisation).location
    assert done == f"/device/done?organisation_id={organisation.id}&mode=test"
    page = owner.get(done).text
    assert "Approved" in page
    assert f'href="/o/{organisation.id}/test/api-keys' in page

    got = ask(program, begun).get_json()
    assert (got["mode"], got["organisation"], got["name"]) == ("test", "Acme", ON)
    assert got["scope"].split() == list(api_keys.PRESETS["develop"].scopes)
    assert Api(program, got["access_token"]).get("/whoami").status_code == 200
    key = db.session.query(ApiKey).one()
    assert key.created_by_name == "ada@example.com"
    assert key.expires_at is not None
    assert abs(key.expires_at - utcnow() - timedelta(days=90)) < timedelta(minutes=1)
    entry = db.session.query(AuditEntry).where(AuditEntry.action == "api_key.created").one()
    assert (entry.actor, entry.detail["device"]) == ("ada@example.com", ON)
    assert error(ask(program, begun)) == "expired_token"
    assert db.session.query(ApiKey).count() == 1


def test_the_person_chooses_and_not_the_program(
    program: FlaskClient, owner: Person, organisation: Organisation
) -> None:
    begun = begin(program, preset="all")
    chosen = {"preset": "custom", "scopes": ["events:write"], "expires": "7", "name": "Mine"}
    approve(owner, begun, organisation, place=f"{organisation.id}/live", **chosen)
    got = ask(program, begun).get_json()
    assert (got["scope"], got["mode"], got["name"]) == ("events:write", "live", "Mine")


def test_a_refused_program_gets_none(program: FlaskClient, owner: Person) -> None:
    begun = begin(program)
    owner.get("/device/", code=begun["user_code"])
    assert owner.post("/device/refuse", code=begun["user_code"]).location == "/device/"
    assert error(ask(program, begun)) == "access_denied"
    assert db.session.query(ApiKey).count() == 0
    assert "No program waits" in owner.get("/device/", code=begun["user_code"]).text


def test_a_code_expires_for_both(
    program: FlaskClient, owner: Person, organisation: Organisation
) -> None:
    begun = begin(program)
    db.session.execute(update(DeviceLogIn).values(expires_at=utcnow()))
    db.session.commit()
    assert error(ask(program, begun)) == "expired_token"
    assert approve(owner, begun, organisation).status_code == 422
    db.session.execute(update(DeviceLogIn).values(expires_at=utcnow() - timedelta(hours=1)))
    db.session.commit()
    upkeep.delete_unusable()
    assert db.session.query(DeviceLogIn).count() == 0


def test_an_approval_that_is_collected_too_late_makes_no_key(
    program: FlaskClient, owner: Person, organisation: Organisation
) -> None:
    begun = begin(program)
    approve(owner, begun, organisation)
    db.session.execute(update(DeviceLogIn).values(expires_at=utcnow()))
    db.session.commit()
    assert error(ask(program, begun)) == "expired_token"
    assert db.session.query(ApiKey).count() == 0


def test_whoever_lost_the_role_meanwhile_gives_no_key(
    program: FlaskClient, owner: Person, organisation: Organisation
) -> None:
    begun = begin(program)
    approve(owner, begun, organisation)
    db.session.execute(update(Membership).values(role="viewer"))
    db.session.commit()
    assert error(ask(program, begun)) == "access_denied"
    assert db.session.query(ApiKey).count() == 0


def test_a_viewer_cannot_give_a_key(
    program: FlaskClient, client: FlaskClient, organisation: Organisation
) -> None:
    factories.member(organisation, factories.user("eve@example.com", PASSWORD), "viewer")
    viewer, begun = Person(client).log_in("eve@example.com"), begin(program)
    assert "Your role can only read" in viewer.get("/device/", code=begun["user_code"]).text
    assert approve(viewer, begun, organisation).status_code == 422
    assert error(ask(program, begun)) == "authorization_pending"


def test_nobody_gives_a_key_of_an_organisation_of_others(
    program: FlaskClient, owner: Person
) -> None:
    begun = begin(program)
    assert approve(owner, begun, factories.organisation("Others")).status_code == 422
    assert error(ask(program, begun)) == "authorization_pending"


def test_the_service_checks_the_place_too(
    program: FlaskClient, owner: Person, organisation: Organisation
) -> None:
    begun = begin(program)
    row = device_log_ins.find_waiting(db.session(), begun["user_code"].lower(), utcnow())
    user = db.session.query(Membership).one().user
    others = device_log_ins.Tenant(factories.organisation("Others").id, "test")
    with pytest.raises(device_log_ins.NotFound):
        device_log_ins.approve(db.session(), row, user, others, "x", ["events:read"], None)


def test_an_old_log_in_proves_itself_first(
    program: FlaskClient, owner: Person, organisation: Organisation
) -> None:
    begun = begin(program)
    grow_stale()
    asked = approve(owner, begun, organisation)
    assert asked.status_code == 422
    assert error(ask(program, begun)) == "authorization_pending"
    done = owner.post("/device/approve", held=held_in(asked), password=PASSWORD)
    assert done.location.startswith("/device/done?")
    assert ask(program, begun).status_code == 200


def test_approving_needs_the_csrf_token(
    program: FlaskClient, owner: Person, organisation: Organisation
) -> None:
    begun = begin(program)
    owner.get("/device/", code=begun["user_code"])
    owner.token = "wrong"
    for path in ("approve", "refuse"):
        sent = {"code": begun["user_code"], "csrf_token": "wrong"}
        assert owner.client.post(f"/device/{path}", data=sent).status_code == 400
    assert error(ask(program, begun)) == "authorization_pending"


def test_whoever_has_a_key_can_end_it(program: FlaskClient, organisation: Organisation) -> None:
    key, other = (factories.api_key(organisation, scopes=["events:write"]) for _ in range(2))
    assert Api(program, key).get("/whoami").status_code == 200
    for token in (key, key, "hk_test_none"):
        sent = program.post("/api/v1/device/revocation", json={"token": token})
        assert sent.status_code == 204
    assert Api(program, key).get("/whoami").status_code == 401
    assert Api(program, other).get("/whoami").status_code == 200
    entry = db.session.query(AuditEntry).one()
    assert (entry.action, entry.actor_kind, entry.actor) == ("api_key.revoked", "api_key", "test")


def test_a_program_that_asks_too_often_is_told_so(program: FlaskClient) -> None:
    begun = begin(program)
    assert error(ask_at_once(program, begun)) == "authorization_pending"
    assert error(ask_at_once(program, begun)) == "slow_down"


@pytest.mark.parametrize("preset", api_keys.PRESETS)
def test_a_stranger_preselects_nothing_powerful(
    program: FlaskClient, owner: Person, preset: str
) -> None:
    begun = begin(program, client="Hookline support", preset=preset)
    page = owner.get("/device/", code=begun["user_code"]).text
    [chosen] = re.findall(r'<input checked[^>]* name="preset"[^>]* value="(\w+)"', page)
    assert not {"keys:write", "members:write", "events:erase"} & {*api_keys.PRESETS[chosen].scopes}
    assert (chosen == preset) == (preset != "all")
    assert "Whoever started this chose its name." in page


@pytest.mark.parametrize("query", ["", "?organisation_id=org_x&mode=none", "?mode=live"])
def test_the_last_page_needs_no_place(owner: Person, query: str) -> None:
    assert "Approved" in owner.get(f"/device/done{query}").text


def test_a_code_of_ones_own_gives_no_more_guesses(program: FlaskClient, owner: Person) -> None:
    """A guesser can begin log-ins too."""
    own = begin(program)["user_code"]
    statuses = []
    for letter in "BCDFGH":
        statuses.append(owner.get("/device/", code=f"BCDF-BCD{letter}").status_code)
        statuses.append(owner.get("/device/", code=own).status_code)
    assert statuses == [422, 200] * 4 + [422, 429, 429, 429]


def test_right_codes_are_not_counted(program: FlaskClient, owner: Person) -> None:
    own = begin(program)["user_code"]
    assert {owner.get("/device/", code=own).status_code for _ in range(8)} == {200}


def test_a_code_that_is_taken_is_made_again(
    program: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, codes = begin(program)["user_code"], iter(["same", "same", "BCDF-GHJK"])
    made = lambda: first if (code := next(codes)) == "same" else code  # noqa: E731
    monkeypatch.setattr(device_log_ins, "_user_code", made)
    assert begin(program)["user_code"] == "BCDF-GHJK"
    assert db.session.query(DeviceLogIn).count() == 2


def test_so_many_log_ins_wait(program: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_log_ins, "MOST_WAITING", 2)
    send = lambda: program.post("/api/v1/device/authorization", json={"client": ON})  # noqa: E731
    assert [send().status_code for _ in range(3)] == [200, 200, 429]
    db.session.execute(update(DeviceLogIn).values(expires_at=utcnow()))
    db.session.commit()
    assert send().status_code == 200


def test_addresses_of_one_ipv6_network_count_as_one(program: FlaskClient) -> None:
    def send(ip: str) -> int:
        where = {"REMOTE_ADDR": ip}
        return program.post(
            "/api/v1/device/authorization", json={"client": ON}, environ_overrides=where
        ).status_code

    assert [send(f"2001:db8::{one:x}") for one in range(21)] == [200] * 20 + [429]
    assert send("2001:db8:0:1::1") == 200


def test_programs_behind_one_address_ask_on_their_own(program: FlaskClient) -> None:
    first, second = begin(program), begin(program)
    statuses = {error(ask_at_once(program, first)) for _ in range(120)}
    assert statuses == {"authorization_pending", "slow_down"}
    assert ask_at_once(program, first).status_code == 429
    assert error(ask_at_once(program, second)) == "authorization_pending"


def test_unknown_codes_are_counted_by_address(program: FlaskClient) -> None:
    sent = [ask_at_once(program, {"device_code": f"x{one}"}).status_code for one in range(121)]
    assert sent == [400] * 120 + [429]


def test_codes_cannot_be_guessed(owner: Person) -> None:
    statuses = [owner.get("/device/", code=f"BCDF-BCD{one}").status_code for one in "BCDFGH"]
    assert statuses == [422] * 5 + [429]


def test_one_address_begins_so_many_log_ins(program: FlaskClient) -> None:
    sent = [
        program.post("/api/v1/device/authorization", json={"client": ON}).status_code
        for _ in range(21)
    ]
    assert sent == [200] * 20 + [429]


@pytest.mark.parametrize(
    ("body", "at"), [({}, "#/client"), ({"client": ON, "preset": "root"}, "#/preset")]
)
def test_what_cannot_be_is_said(program: FlaskClient, body: dict[str, str], at: str) -> None:
    response = program.post("/api/v1/device/authorization", json=body)
    assert response.status_code == 422
    assert list(faults(response)) == [at]
    assert db.session.scalars(select(DeviceLogIn)).all() == []


@pytest.mark.parametrize("code", ["", "hk_device_none"])
def test_an_unknown_device_code_has_expired(program: FlaskClient, code: str) -> None:
    assert error(program.post("/api/v1/device/token", json={"device_code": code})) == (
        "expired_token"
    )


def test_names_are_shown_without_what_hides_in_them(program: FlaskClient) -> None:
    begin(program, client="evil\u202e\x00\n")
    assert db.session.query(DeviceLogIn).one().client == "evil"


def test_it_leads_through_the_log_in(
    program: FlaskClient, make_stranger: Callable[[], Person]
) -> None:
    begun = begin(program)
    asked = make_stranger().get("/device/", code=begun["user_code"])
    assert asked.status_code == 302
    assert "next=/device/" in asked.location.replace("%2F", "/")


@pytest.fixture
def make_stranger(app: Any) -> Callable[[], Person]:
    return lambda: Person(app.test_client())
