"""A second factor: set up, used at a log-in, lost, reset, required by an organisation."""

import json
import re
from collections.abc import Callable

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.web.conftest import PASSWORD, Person, mailed_link
from tests.web.test_permissions import ask, pages
from webhooks_app.extensions import db
from webhooks_app.lib.crypto import Vault, new_key
from webhooks_app.models import AuditEntry, AuthenticatorApp, Mail, Organisation, RecoveryCode, User
from webhooks_app.parts import parts_of
from webhooks_app.people import second_factor, totp
from webhooks_app.web import waiting

pytestmark = pytest.mark.usefixtures("clock_of_codes")

OWNER = "owner@people.example"
HOME = "/account/second-factor/"
# What is open to everyone, or is part of logging in and out.
WITHOUT_IT = re.compile(r"/account/second-factor/|/account/confirm/|/passkeys/|/logout|/static/")


class App:
    """An authenticator: it knows what the page showed, and the time."""

    def __init__(self, page: str) -> None:
        found = re.search(r'id="secret" readonly value="([A-Z2-7]+)"', page)
        assert found, page
        self.totp = pyotp.TOTP(found[1])

    def code(self, steps_from_now: int = 0) -> str:
        now = int(second_factor.utcnow().timestamp())
        return self.totp.at(now + 30 * steps_from_now)


def sealed_in(page: str) -> str:
    found = re.search(r'name="sealed"[^>]* value="([^"]+)"', page)
    assert found
    return found[1]


def enrol(person: Person) -> tuple[App, list[str]]:
    """Set up an app; what it is, and the recovery codes that the next page shows."""
    page = person.get(f"{HOME}app").text
    app = App(page)
    # The previous code, so that the current one is left for a log-in.
    answer = person.post(f"{HOME}app", code=app.code(-1), sealed=sealed_in(page))
    assert answer.headers["Location"] == f"{HOME}codes"
    return app, codes_in(person.get(answer.headers["Location"]).text)


def codes_in(page: str) -> list[str]:
    return re.findall(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b", page)


def password_given(app: Flask, email: str = OWNER, then: str = "/") -> Person:
    """A new browser that gave the right password."""
    browser = Person(app.test_client())
    browser.get("/login", next=then)
    answer = browser.client.post(
        "/login",
        query_string={"next": then},
        data={"csrf_token": browser.token, "email": email, "password": PASSWORD},
    )
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/second-factor/")
    assert browser.get(answer.headers["Location"]).status_code == 200
    return browser


def give(browser: Person, code: str) -> int:
    browser.get("/login/second-factor/")
    return browser.post("/login/second-factor/", code=code).status_code


def logged_in(browser: Person) -> bool:
    return browser.get("/account/").status_code == 200


def actions() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_an_app_is_set_up_and_asked_for_after_the_password(app: Flask, owner: Person) -> None:
    authenticator, codes = enrol(owner)
    assert len(set(codes)) == 10
    browser = password_given(app, then="/webhooks/?cursor=x")
    assert not logged_in(browser)
    browser.get("/login/second-factor/", next="/webhooks/")
    answer = browser.client.post(
        "/login/second-factor/?next=/webhooks/",
        data={
            "csrf_token": browser.token,
            "code": f" {authenticator.code()[:3]} {authenticator.code()[3:]}",
        },
    )
    assert answer.headers["Location"] == "/webhooks/"
    assert logged_in(browser)
    assert actions()[-1] == "member.logged_in"


def test_without_a_second_factor_nothing_changes(app: Flask, owner: Person) -> None:
    browser = Person(app.test_client()).log_in(OWNER)
    assert logged_in(browser)


def test_a_wrong_code_sets_up_nothing_and_keeps_the_secret(owner: Person) -> None:
    page = owner.get(f"{HOME}app").text
    refused = owner.post(f"{HOME}app", code="000000", sealed=sealed_in(page))
    assert refused.status_code == 422
    assert App(refused.text).totp.secret == App(page).totp.secret
    assert "badge on" not in owner.get(HOME).text
    code = App(page).code()
    assert owner.post(f"{HOME}app", code=code, sealed=sealed_in(refused.text)).status_code == 302


def test_nothing_else_that_is_sealed_is_opened(app: Flask, owner: Person) -> None:
    """Otherwise someone with a copy of the database could read its secrets on this page."""
    vault = parts_of(app).vault
    user_id = db.session.scalars(select(User.id).where(User.email == OWNER)).one()
    others = json.dumps({"user_id": "usr_other", "totp_secret": "JBSWY3DPEHPK3PXP"})
    for text in ("whsec_secret", '["usr_1"]', others, json.dumps({"user_id": user_id})):
        owner.get(f"{HOME}app")
        page = owner.post(f"{HOME}app", code="000000", sealed=vault.seal(text))
        assert page.status_code == 422
        assert text not in page.text
        assert "JBSWY3DPEHPK3PXP" not in page.text


def test_the_secret_is_kept_sealed_and_the_codes_hashed(owner: Person) -> None:
    authenticator, codes = enrol(owner)
    row = db.session.scalars(select(AuthenticatorApp)).one()
    assert authenticator.totp.secret not in row.sealed_secret
    kept = set(db.session.scalars(select(RecoveryCode.digest)))
    assert len(kept) == 10
    assert not kept & set(codes)


def test_a_code_works_once(app: Flask, owner: Person) -> None:
    authenticator, _ = enrol(owner)
    code = authenticator.code()
    first, second = password_given(app), password_given(app)
    assert give(first, code) == 302
    assert give(second, code) == 422
    assert not logged_in(second)
    assert give(second, authenticator.code(-1)) == 422
    assert give(second, authenticator.code(1)) == 302


@pytest.mark.parametrize("code", ["", "000000", "12345", "٠١٢٣٤٥", "é", "x" * 500, "\0", "null"])
def test_what_is_no_code_lets_nobody_in(app: Flask, owner: Person, code: str) -> None:
    enrol(owner)
    browser = password_given(app)
    assert give(browser, code) == 422
    assert not logged_in(browser)
    assert actions()[-1] == "member.log_in_failed"


def test_the_password_is_no_second_factor(app: Flask, owner: Person) -> None:
    enrol(owner)
    browser = password_given(app)
    for form in ({"password": PASSWORD}, {"password": PASSWORD, "code": ""}, {"passkey": PASSWORD}):
        assert browser.post("/login/second-factor/", **form).status_code == 422
    assert not logged_in(browser)


def test_a_secret_that_cannot_be_read_leaves_the_recovery_codes(app: Flask, owner: Person) -> None:
    authenticator, codes = enrol(owner)
    db.session.execute(update(AuthenticatorApp).values(sealed_secret=Vault([new_key()]).seal("x")))
    db.session.commit()
    browser = password_given(app)
    assert give(browser, authenticator.code()) == 422
    assert give(browser, codes[0]) == 302


def test_codes_cannot_be_guessed_and_the_owner_is_not_locked_out(app: Flask, owner: Person) -> None:
    authenticator, _ = enrol(owner)
    thief = password_given(app)
    thief.client.delete_cookie("device")
    assert [give(thief, "000000") for _ in range(6)] == [422] * 5 + [429]
    assert give(thief, authenticator.code()) == 429
    known = Person(owner.client)
    known.get("/account/")
    known.post("/logout")
    known.get("/login")
    known.post("/login", email=OWNER, password=PASSWORD)
    assert give(known, authenticator.code()) == 302


def test_the_step_between_is_over_after_ten_minutes_and_with_a_new_password(
    app: Flask, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    authenticator, _ = enrol(owner)
    late, stale = password_given(app), password_given(app)
    new = "a better passphrase"
    owner.get("/account/")
    assert owner.post("/account/password", current=PASSWORD, new=new, again=new).status_code == 302
    assert stale.get("/login/second-factor/").status_code == 302
    monkeypatch.setattr(waiting, "SECONDS", -1)
    assert (
        late.post("/login/second-factor/", code=authenticator.code())
        .headers["Location"]
        .startswith("/login?")
    )
    assert not logged_in(late)


def test_a_lost_factor_is_replaced_by_a_recovery_code_once(app: Flask, owner: Person) -> None:
    _, codes = enrol(owner)
    browser, again = password_given(app), password_given(app)
    assert give(browser, codes[0].upper().replace("-", " ")) == 302
    assert logged_in(browser)
    assert give(again, codes[0]) == 422
    assert "9 of 10" in browser.get(HOME).text
    assert "member.recovery_code_used" in actions()
    mail = db.session.scalars(select(Mail).where(Mail.template == "second_factor_changed")).all()
    assert any("9 are left" in one.text for one in mail)


def test_new_codes_end_the_old_ones_and_are_shown_once(app: Flask, owner: Person) -> None:
    _, old = enrol(owner)
    owner.get(f"{HOME}codes/renew")
    shown = owner.post(f"{HOME}codes/renew").headers["Location"]
    new = codes_in(owner.get(shown).text)
    assert len(new) == 10
    assert codes_in(owner.get(shown).text) == []
    browser = password_given(app)
    assert give(browser, old[1]) == 422
    assert give(browser, new[1]) == 302


def test_there_are_no_codes_without_a_factor(owner: Person) -> None:
    owner.get(f"{HOME}codes/renew")
    assert owner.post(f"{HOME}codes/renew").status_code == 409


def test_removing_the_last_factor_removes_the_codes_too(app: Flask, owner: Person) -> None:
    enrol(owner)
    owner.get(f"{HOME}app/remove")
    assert owner.post(f"{HOME}app/remove").status_code == 302
    assert db.session.scalars(select(RecoveryCode)).all() == []
    assert logged_in(Person(app.test_client()).log_in(OWNER))
    owner.get(f"{HOME}app/remove")
    assert owner.post(f"{HOME}app/remove").status_code == 404


def test_each_change_is_mailed_and_recorded(owner: Person) -> None:
    enrol(owner)
    owner.get(f"{HOME}app/remove")
    owner.post(f"{HOME}app/remove")
    db.session.rollback()
    told = db.session.scalars(
        select(Mail.text).where(Mail.template == "second_factor_changed").order_by(Mail.id)
    ).all()
    assert ["was set up" in told[0], "was removed" in told[1], len(told)] == [True, True, 2]
    assert actions()[-2:] == ["member.second_factor_added", "member.second_factor_removed"]


def test_a_factor_that_a_thief_added_goes_with_that_was_not_me(app: Flask, owner: Person) -> None:
    """The owner could not log in otherwise."""
    enrol(owner)
    link = mailed_link()
    victim = Person(app.test_client())
    assert "remove the second factor" in victim.get(link).text
    reset = victim.post(link).headers["Location"]
    assert not logged_in(owner)
    mine = "mine and only mine"
    victim.get(reset)
    victim.post(reset, new=mine, again=mine)
    victim.get("/login")
    assert victim.post("/login", email=OWNER, password=mine).status_code == 302
    assert logged_in(victim)


def test_a_reset_of_the_password_leaves_the_second_factor(app: Flask, owner: Person) -> None:
    enrol(owner)
    visitor = Person(app.test_client())
    visitor.get("/password/forgot")
    visitor.post("/password/forgot", email=OWNER)
    link = mailed_link()
    visitor.get(link)
    new = "a better passphrase"
    visitor.post(link, new=new, again=new)
    visitor.get("/login")
    answer = visitor.post("/login", email=OWNER, password=new)
    assert answer.headers["Location"].startswith("/login/second-factor/")


def test_an_operator_resets_what_is_lost(app: Flask, owner: Person) -> None:
    enrol(owner)
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=["reset-second-factor", f" {OWNER.upper()}"])
    assert result.exit_code == 0
    assert not logged_in(owner)
    assert logged_in(Person(app.test_client()).log_in(OWNER))
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "member.second_factor_reset")
    ).one()
    assert entry.actor == "command line"


@pytest.mark.parametrize("email", ["nobody@people.example", OWNER])
def test_an_operator_is_told_when_there_is_nothing_to_reset(
    app: Flask, owner: Person, email: str
) -> None:
    result = app.test_cli_runner().invoke(args=["reset-second-factor", email])
    assert result.exit_code == 2
    assert "no second factor" in result.stderr or "Nobody has" in result.stderr


# What an organisation requires


def require(owner: Person, required: int = 1) -> int:
    owner.get("/settings/organisation/")
    return owner.post("/settings/organisation/second-factor", required=required).status_code


def acme() -> Organisation:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Organisation).filter_by(name="Acme").one()


def test_an_owner_requires_it_once_they_have_it(owner: Person) -> None:
    assert require(owner) == 409
    enrol(owner)
    assert require(owner) == 302
    assert acme().second_factor_required
    assert "required" in owner.get("/settings/organisation/").text
    assert require(owner, 0) == 302
    assert not acme().second_factor_required
    changes = select(AuditEntry).where(AuditEntry.action == "organisation.updated")
    entries = db.session.scalars(changes.order_by(AuditEntry.id)).all()
    assert [one.detail["after"] for one in entries] == [
        {"second_factor_required": True},
        {"second_factor_required": False},
    ]


def test_members_without_one_are_led_to_enrol_and_then_go_on(
    app: Flask, owner: Person, person: Callable[..., Person]
) -> None:
    viewer = person("viewer", acme())
    enrol(owner)
    require(owner)
    assert viewer.get("/webhooks/").headers["Location"] == HOME
    page = viewer.get(HOME)
    assert "requires a second factor" in page.text
    assert 'href="/webhooks/"' not in page.text
    enrol(viewer)
    assert viewer.get("/webhooks/").status_code == 200


def test_a_new_member_is_led_to_enrol(app: Flask, owner: Person) -> None:
    enrol(owner)
    require(owner)
    owner.get("/members/")
    owner.post("/members/invitations", email="new@people.example", role="viewer")
    link, new = mailed_link(), Person(app.test_client())
    new.get(link)
    phrase = "a better passphrase"
    assert new.post(f"{link}/join", name="New", new=phrase, again=phrase).status_code == 302
    assert new.get("/").headers["Location"] == HOME


Target = tuple[str, str, str]


def walked(browser: Person, targets: list[Target]) -> set[str]:
    """The pages that this browser reaches."""
    closed = (302, 401, 403)
    return {path for _, method, path in targets if ask(browser, method, path) not in closed}


def test_a_session_without_its_second_factor_reaches_only_where_it_is_given(
    app: Flask, owner: Person
) -> None:
    targets = pages(app, "Elsewhere")
    enrol(owner)
    browser = password_given(app)
    assert walked(browser, targets) == set()
    for path in ("/", "/webhooks/", "/account/", HOME):
        assert browser.get(path).headers["Location"].startswith("/login/second-factor/")
    assert browser.post("/passkeys/options", purpose="register").status_code == 401
    assert browser.get("/static/css/base.css").status_code == 200
    browser.get("/login/second-factor/")
    assert browser.post("/logout").headers["Location"] == "/login"
    assert browser.get("/login/second-factor/").status_code == 302


def test_a_member_who_must_enrol_reaches_only_where_they_do_that(
    app: Flask, owner: Person, person: Callable[..., Person]
) -> None:
    targets = pages(app, "Elsewhere")
    enrol(owner)
    admin = person("admin", acme())
    require(owner)
    admin.get(HOME)
    reached = walked(admin, targets)
    assert {path for path in reached if not WITHOUT_IT.match(path)} == set()
    assert HOME in reached
    assert admin.client.get("/webhooks/", headers={"HX-Request": "true"}).status_code == 401
    assert admin.client.get("/api/v1/chatbots/bot_1/webhooks").status_code == 401
    assert admin.get("/static/css/base.css").status_code == 200
    admin.get(HOME)
    assert admin.post("/logout").headers["Location"] == "/login"


def test_codes_are_those_of_rfc_6238() -> None:
    """Its test vectors (appendix B), with the last six of eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for now, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert totp.step_of(secret, code, now) == now // 30
        assert totp.step_of(secret, code, now + 30) == now // 30
        assert totp.step_of(secret, code, now + 90) is None


def test_users_without_an_organisation_have_a_second_factor_too(app: Flask) -> None:
    factories.user("alone@people.example", PASSWORD)
    alone = Person(app.test_client()).log_in("alone@people.example")
    authenticator, _ = enrol(alone)
    browser = password_given(app, "alone@people.example")
    assert give(browser, authenticator.code()) == 302
    assert db.session.scalar(select(User).where(User.email == "alone@people.example"))
