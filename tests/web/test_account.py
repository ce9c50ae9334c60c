"""Sessions that end when they are revoked, and the account page."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from flask import Flask
from sqlalchemy import select, update
from werkzeug.security import check_password_hash, generate_password_hash

from tests import factories
from tests.web.conftest import PASSWORD, Person
from webhooks_app.database.sqlite import WAIT_FOR_WRITER
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation, User, UserSession
from webhooks_app.people import sessions, workspaces

NEW = "a better passphrase"


def again(app: Flask, email: str = "owner@people.example", password: str = PASSWORD) -> Person:
    """The same person in another browser."""
    browser = Person(app.test_client())
    browser.get("/login")
    assert browser.post("/login", email=email, password=password).status_code == 302
    browser.get("/account/")
    return browser


def logged_in(browser: Person) -> bool:
    return browser.get("/account/").status_code == 200


def live() -> list[UserSession]:
    db.session.rollback()
    db.session.expire_all()
    return list(
        db.session.scalars(
            select(UserSession).where(UserSession.revoked_at.is_(None)).order_by(UserSession.id)
        )
    )


def change(browser: Person, **more: str) -> int:
    browser.get("/account/")
    form = {"current": PASSWORD, "new": NEW, "again": NEW} | more
    return browser.post("/account/password", **form).status_code


def test_it_shows_who_and_where_i_am(app: Flask, owner: Person) -> None:
    other = again(app)
    page = owner.get("/account/").text
    assert "owner@people.example" in page
    assert page.count("this browser") == 1
    assert page.count("127.0.0.1") == 2
    assert logged_in(other)


def test_a_revoked_session_opens_nothing_more(app: Flask, owner: Person) -> None:
    other = again(app)
    [_, newer] = live()
    assert owner.post(f"/account/sessions/{newer.id}/revoke").status_code == 302
    assert not logged_in(other)
    assert logged_in(owner)


def test_the_session_of_someone_else_is_not_found(
    app: Flask, owner: Person, person: Callable[..., Person]
) -> None:
    outsider = person("outsider")
    [owners, _] = live()
    assert outsider.post(f"/account/sessions/{owners.id}/revoke").status_code == 404
    assert logged_in(owner)


def test_all_others_are_revoked_at_once(app: Flask, owner: Person) -> None:
    others = [again(app), again(app)]
    owner.post("/account/sessions/revoke-others")
    assert [logged_in(other) for other in others] == [False, False]
    assert logged_in(owner)


def test_logging_out_revokes_the_session_also_for_a_copy_of_its_cookie(
    app: Flask, owner: Person
) -> None:
    cookie = owner.client.get_cookie("session")
    assert cookie
    owner.post("/logout")
    thief = Person(app.test_client())
    thief.client.set_cookie("session", cookie.value)
    assert not logged_in(thief)
    assert live() == []


def test_a_cookie_without_a_session_of_ours_opens_nothing(app: Flask, owner: Person) -> None:
    for forged in ("", "ses_unknown"):
        with owner.client.session_transaction() as cookie:
            cookie["session_id"] = forged
        assert not logged_in(owner)


def test_a_session_that_was_long_not_seen_is_over(app: Flask, owner: Person) -> None:
    not_seen_for(sessions.FORGOTTEN_AFTER + timedelta(minutes=1))
    assert not logged_in(owner)
    upkeep.delete_unusable()
    assert len(live()) == 1
    not_seen_for(sessions.REMEMBERED_FOR + timedelta(minutes=1))
    upkeep.delete_unusable()
    assert live() == []


def test_a_session_ends_after_90_days_however_busy_it_is(app: Flask, owner: Person) -> None:
    begun(sessions.ENDS_AFTER - timedelta(minutes=1))
    assert logged_in(owner)
    begun(sessions.ENDS_AFTER + timedelta(minutes=1))
    assert not logged_in(owner)


def begun(time: timedelta) -> None:
    db.session.execute(
        update(UserSession).values(created_at=utcnow() - time, last_seen_at=utcnow())
    )
    db.session.commit()


def test_it_shows_where_a_session_was_last_used_and_where_it_began(
    app: Flask, owner: Person
) -> None:
    not_seen_for(timedelta(minutes=2))
    owner.client.environ_base["REMOTE_ADDR"] = "203.0.113.44"
    owner.get("/")
    page = owner.get("/account/").text
    assert "203.0.113.44" in page
    assert "logged in from 127.0.0.1" in page


def not_seen_for(time: timedelta) -> None:
    db.session.execute(update(UserSession).values(last_seen_at=utcnow() - time))
    db.session.commit()


def test_logging_in_keeps_nothing_that_was_planted(app: Flask, organisation: Organisation) -> None:
    browser = Person(app.test_client())
    browser.get("/login")
    with browser.client.session_transaction() as cookie:
        cookie["mode"] = cookie["planted"] = "test"
    browser.log_in("owner@example.com")
    with browser.client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["session_id"].startswith("ses_")


def test_it_keeps_when_a_session_was_last_seen_once_a_minute(app: Flask, owner: Person) -> None:
    [row] = live()
    just_now = row.last_seen_at
    owner.get("/")
    assert live()[0].last_seen_at == just_now
    db.session.execute(update(UserSession).values(last_seen_at=just_now - timedelta(minutes=2)))
    db.session.commit()
    owner.get("/")
    assert live()[0].last_seen_at > just_now - timedelta(minutes=1)


def test_a_writer_delays_no_page_for_that(app: Flask, owner: Person) -> None:
    then = utcnow() - timedelta(minutes=2)
    db.session.execute(update(UserSession).values(last_seen_at=then))
    db.session.commit()
    if db.engine.dialect.name != "sqlite":
        return
    with db.engine.begin() as writer:
        writer.execute(update(User).values(name="busy"))
        start = monotonic()
        assert owner.client.get("/account/").status_code == 200
        assert monotonic() - start < WAIT_FOR_WRITER
    assert live()[0].last_seen_at == then
    owner.get("/account/")
    assert live()[0].last_seen_at > then


def test_a_new_password_logs_out_everywhere_else(app: Flask, owner: Person) -> None:
    other = again(app)
    assert change(owner) == 302
    assert logged_in(owner)
    assert not logged_in(other)
    assert logged_in(again(app, password=NEW))
    other.get("/login")
    assert other.post("/login", email="owner@people.example", password=PASSWORD).status_code == 422


def test_a_password_that_will_not_do_changes_nothing(app: Flask, owner: Person) -> None:
    other = again(app)
    assert change(owner, current="wrong") == 422
    assert change(owner, new="ninechars", again="ninechars") == 422
    assert change(owner, again="something else") == 422
    assert logged_in(other)
    again(app)


def test_the_password_of_now_cannot_be_guessed_for_ever(app: Flask, owner: Person) -> None:
    assert [change(owner, current="wrong") for _ in range(6)] == [422] * 5 + [429]


def test_a_person_has_a_name(app: Flask, owner: Person) -> None:
    owner.get("/account/")
    assert owner.post("/account/name", name=" Ada Lovelace ").status_code == 302
    assert 'value="Ada Lovelace"' in owner.get("/account/").text
    refused = owner.post("/account/name", name="x" * 201)
    assert refused.status_code == 422
    assert "x" * 201 in refused.text


def test_who_belongs_to_no_organisation_has_a_page_too(app: Flask) -> None:
    factories.user("alone@people.example", PASSWORD)
    alone = Person(app.test_client()).log_in("alone@people.example")
    assert logged_in(alone)


def test_wrong_passwords_for_one_address_are_slowed_down_from_everywhere(
    app: Flask, organisation: Organisation
) -> None:
    def statuses(email: str, count: int, password: str = "wrong") -> list[int]:
        tried = []
        for number in range(count):
            browser = Person(app.test_client())
            browser.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
            browser.get("/login")
            tried.append(browser.post("/login", email=email, password=password).status_code)
        return tried

    for email in ("owner@example.com", "nobody@example.com"):
        assert statuses(email, 7) == [422] * 5 + [429] * 2
    assert statuses("OWNER@example.com ", 1, PASSWORD) == [429]
    assert statuses("someone@example.com", 1) == [422]


def test_the_right_password_forgets_the_wrong_ones(app: Flask, organisation: Organisation) -> None:
    browser = Person(app.test_client())
    for _ in range(2):
        browser.get("/login")
        for _ in range(4):
            browser.post("/login", email="owner@example.com", password="wrong")
        browser.log_in("owner@example.com")
        browser.post("/logout")


def test_each_sees_the_organisation_they_chose(
    app: Flask, owner: Person, person: Callable[..., Person]
) -> None:
    mine = db.session.query(Organisation).one()
    second = factories.organisation("Second")
    user = db.session.query(User).filter_by(email="owner@people.example").one()
    factories.member(second, user, "viewer")
    theirs = factories.organisation("Theirs")
    assert "(owner)" in owner.get("/account/").text
    assert owner.get(f"/o/{second.id}/live/").status_code == 200
    assert "Second (viewer)" in owner.get("/account/").text
    assert owner.get(f"/o/{theirs.id}/live/").status_code == 404
    assert "Second (viewer)" in owner.get("/account/").text
    owner.get(f"/o/{mine.id}/live/")
    assert "(owner)" in owner.get("/account/").text


def test_who_left_the_one_they_chose_sees_the_oldest(app: Flask, owner: Person) -> None:
    second = factories.organisation("Second")
    user = db.session.query(User).filter_by(email="owner@people.example").one()
    membership = factories.member(second, user, "viewer")
    owner.get(f"/o/{second.id}/live/")
    db.session.delete(membership)
    db.session.commit()
    assert "(owner)" in owner.get("/account/").text


def test_a_template_may_ask_for_the_organisations(app: Flask, owner: Person) -> None:
    user = db.session.query(User).filter_by(email="owner@people.example").one()
    second = factories.organisation("Second")
    factories.member(second, user, "viewer")
    factories.organisation("Theirs")
    assert [one.name for one in workspaces.organisations_of(db.session(), user)] == [
        "Acme",
        "Second",
    ]


def test_a_change_after_the_session_was_lost_leads_to_the_log_in_and_back(owner: Person) -> None:
    """The form's token is lost with the session, and the change itself is not a page."""
    page = {"Referer": "http://localhost/webhooks/?cursor=x"}
    for lose in (lambda: owner.client.delete_cookie("session"), lambda: owner.get("/login")):
        lose()
        answer = owner.client.post(
            "/webhooks/whk_1/toggle", data={"csrf_token": owner.token}, headers=page
        )
        assert answer.location == "/login?next=/webhooks/?cursor%3Dx"
    fragment = {"HX-Request": "true"}
    assert owner.client.post("/webhooks/whk_1/toggle", headers=fragment).status_code == 401


def test_no_password_fits_nobody_and_it_takes_as_long_to_see() -> None:
    assert not check_password_hash(sessions.NOBODY, "nobody")
    method = generate_password_hash("any").partition("$")[0]
    assert sessions.NOBODY.partition("$")[0] == method
