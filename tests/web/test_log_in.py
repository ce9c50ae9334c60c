"""Log-in: strangers can lock nobody out, and cannot learn who has an account."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.support.statements import statements
from tests.web.conftest import PASSWORD, Person, mailed_link, token_in
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.models import AuditEntry, FailedLogIn, Organisation
from webhooks_app.people import log_ins
from webhooks_app.web import devices

OWNER = "owner@example.com"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"


def try_password(browser: Person, password: str = "wrong", email: str = OWNER) -> int:
    browser.get("/login")
    return browser.post("/login", email=email, password=password).status_code


def tries_from_everywhere(app: Flask, count: int, email: str = OWNER) -> list[int]:
    """Wrong passwords, each from its own browser and address."""
    answers = []
    for number in range(count):
        browser = Person(app.test_client())
        browser.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        answers.append(try_password(browser, email=email))
    return answers


def logged_out(app: Flask, email: str = OWNER) -> Person:
    """A browser that the account was used in before."""
    browser = Person(app.test_client()).log_in(email)
    browser.post("/logout")
    return browser


def test_a_stranger_cannot_lock_the_owner_out_of_a_known_browser(
    app: Flask, organisation: Organisation
) -> None:
    known, new = logged_out(app), Person(app.test_client())
    assert tries_from_everywhere(app, 6) == [422] * 5 + [429]
    assert try_password(new, PASSWORD) == 429
    assert try_password(known, PASSWORD) == 302


def test_nor_out_of_a_new_browser_for_whoever_reads_the_mail(
    app: Flask, organisation: Organisation
) -> None:
    """Even after requesting as many mails as allowed."""
    new, stranger = Person(app.test_client()), Person(app.test_client())
    tries_from_everywhere(app, 6)
    for _ in range(7):
        stranger.get("/password/forgot")
        assert stranger.post("/password/forgot", email=OWNER).status_code == 302
    link = mailed_link()
    new.get(link)
    passphrase = "quite another passphrase"
    assert new.post(link, new=passphrase, again=passphrase).status_code == 302
    assert try_password(new, passphrase) == 302


def test_a_known_browser_has_its_own_limit(app: Flask, organisation: Organisation) -> None:
    known = logged_out(app)
    assert [try_password(known) for _ in range(6)] == [422] * 5 + [429]
    assert try_password(known, PASSWORD) == 429
    assert try_password(Person(app.test_client()), PASSWORD) == 302


def test_a_browser_is_known_to_the_accounts_that_were_used_in_it(
    app: Flask, organisation: Organisation
) -> None:
    factories.user("other@example.com", PASSWORD)
    others = logged_out(app, "other@example.com")
    tries_from_everywhere(app, 5)
    assert try_password(others, PASSWORD) == 429
    both = logged_out(app, "other@example.com")
    assert try_password(both, PASSWORD, "other@example.com") == 302


@pytest.mark.parametrize("forged", ["", "x", "eyJhIjoxfQ.c2ln", "é"])
def test_a_forged_cookie_makes_no_browser_known(
    app: Flask, organisation: Organisation, forged: str
) -> None:
    tries_from_everywhere(app, 5)
    browser = Person(app.test_client())
    browser.client.set_cookie("device", forged)
    assert try_password(browser, PASSWORD) == 429


def test_a_browser_is_known_to_five_accounts_at_most(app: Flask) -> None:
    for number in range(devices.MOST_ACCOUNTS + 1):
        factories.user(f"{number}@example.com", PASSWORD)
    browser = Person(app.test_client())
    for number in range(devices.MOST_ACCOUNTS + 1):
        browser.log_in(f"{number}@example.com").post("/logout")
    tries_from_everywhere(app, 5, "0@example.com")
    tries_from_everywhere(app, 5, "1@example.com")
    assert try_password(browser, PASSWORD, "0@example.com") == 429
    assert try_password(browser, PASSWORD, "1@example.com") == 302


def answer_to(client: FlaskClient, path: str, email: str) -> str:
    """The answer to that e-mail, without what differs each time."""
    token = token_in(client.get(path).text)
    form = {"csrf_token": token, "email": email, "password": "wrong"}
    answer = client.post(path, data=form, follow_redirects=True)
    page = answer.text.replace(token_in(answer.text), "").replace(email, "")
    return f"{answer.status_code} {answer.request.path} {page}"


@pytest.mark.parametrize("path", ["/login", "/password/forgot"])
def test_no_text_tells_whether_an_account_exists(
    app: Flask, organisation: Organisation, path: str
) -> None:
    for number in range(7):
        pages = []
        for email in (OWNER, "nobody@example.com"):
            client = app.test_client()
            client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
            pages.append(answer_to(client, path, email))
        assert len(set(pages)) == 1


@pytest.mark.parametrize("path", ["/login", "/password/forgot"])
def test_no_work_tells_whether_an_account_exists(app: Flask, path: str) -> None:
    """The same number and kind of statements for a known and an unknown e-mail."""
    factories.member(factories.organisation(), factories.user("known@example.com", PASSWORD))
    asked = []
    for email in ("known@example.com", "nobody@example.com"):
        browser = Person(app.test_client())
        browser.get(path)
        with statements() as seen:
            browser.post(path, email=email, password="wrong")
        asked.append([one.split("VALUES")[0] for one in seen if "SAVEPOINT" not in one])
    known, nobody = asked
    assert known == nobody
    assert any(one.startswith("INSERT") for one in known)


def test_inviting_tells_nothing_about_accounts(owner: Person) -> None:
    factories.user("known@elsewhere.example", PASSWORD)
    pages = []
    for email in ("known@elsewhere.example", "nobody@elsewhere.example"):
        owner.get("/members/")
        with statements() as seen:
            answer = owner.post("/members/invitations", email=email, role="viewer")
        page = owner.get(answer.location).text
        pages.append((answer.status_code, [one.split("VALUES")[0] for one in seen]))
        assert f"{email} is invited" in page
    assert pages[0] == pages[1]


def test_another_organisation_cannot_use_up_the_invitations_of_an_address(
    app: Flask, owner: Person, person: Callable[..., Person]
) -> None:
    outsider = person("outsider")

    def invites(who: Person) -> int:
        who.get("/members/")
        return who.post("/members/invitations", email="a@b.example", role="viewer").status_code

    assert [invites(outsider) for _ in range(6)] == [302] + [422] * 4 + [429]
    assert invites(owner) == 302


def audited() -> list[tuple[str, str, str]]:
    db.session.rollback()
    rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    return [(row.action, row.actor, row.target_name) for row in rows]


def test_log_ins_and_failed_ones_are_in_the_audit_log_of_each_organisation(app: Flask) -> None:
    user = factories.user(OWNER, PASSWORD)
    mine = [factories.organisation(name) for name in ("Acme", "Bolt")]
    factories.organisation("Others")
    for one in mine:
        factories.member(one, user)
    browser = Person(app.test_client())
    try_password(browser)
    browser.log_in(OWNER).post("/logout")
    assert audited() == [
        *[("member.log_in_failed", OWNER, OWNER)] * 2,
        *[("member.logged_in", OWNER, OWNER)] * 2,
        *[("member.logged_out", OWNER, OWNER)] * 2,
    ]
    rows = db.session.scalars(select(AuditEntry)).all()
    assert {row.organisation_id for row in rows} == {one.id for one in mine}


def test_a_person_sees_who_tried_in_vain(app: Flask, owner: Person) -> None:
    stranger = Person(app.test_client())
    stranger.client.environ_base |= {"REMOTE_ADDR": "203.0.113.9", "HTTP_USER_AGENT": AGENT}
    assert "Failed log-ins" not in owner.get("/account/").text
    try_password(stranger, email="owner@people.example")
    page = owner.get("/account/").text
    assert "Failed log-ins" in page
    assert "203.0.113.9" in page
    assert "Firefox on Linux" in page


def test_failed_log_ins_are_forgotten_in_the_end(app: Flask, organisation: Organisation) -> None:
    try_password(Person(app.test_client()))
    row = db.session.scalars(select(FailedLogIn)).one()
    upkeep.delete_unusable()
    assert db.session.get(FailedLogIn, row.id) is not None
    row.created_at -= log_ins.KEPT_FOR
    db.session.commit()
    upkeep.delete_unusable()
    assert db.session.scalars(select(FailedLogIn)).all() == []
