"""A forgotten password: the same answer for everyone, a link that works once."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests import factories
from tests.web.conftest import PASSWORD, Person, mailed_link, token_in
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Mail, Organisation, PasswordReset, UserSession

NEW = {"new": "a good passphrase", "again": "a good passphrase"}

LATER = {"new": "another passphrase", "again": "another passphrase"}


def ask(app: Flask, email: str = "owner@example.com") -> Person:
    visitor = Person(app.test_client())
    visitor.get("/password/forgot")
    assert visitor.post("/password/forgot", email=email).status_code == 302
    return visitor


def logs_in(app: Flask, password: str) -> bool:
    browser = Person(app.test_client())
    browser.get("/login")
    form = {"email": "owner@example.com", "password": password}
    return browser.post("/login", **form).status_code == 302


def mails() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Mail)) or 0


def test_the_link_sets_a_password_and_logs_out_everywhere(
    app: Flask, organisation: Organisation
) -> None:
    thief = Person(app.test_client()).log_in("owner@example.com")
    visitor = ask(app, " Owner@Example.com ")
    link = mailed_link()
    visitor.get(link)
    response = visitor.post(link, **NEW)
    assert response.headers["Location"] == "/login"
    assert "logged out everywhere" in visitor.get("/login").text
    assert thief.get("/").status_code == 302
    assert not logs_in(app, PASSWORD)
    assert logs_in(app, NEW["new"])


def test_it_works_once_and_ends_the_others(app: Flask, organisation: Organisation) -> None:
    ask(app)
    first = mailed_link()
    visitor = ask(app)
    second = mailed_link()
    assert visitor.get(first).status_code == 200
    assert visitor.get(second).status_code == 200
    assert visitor.post(second, **NEW).status_code == 302
    visitor.get("/login")
    for link in (first, second):
        assert visitor.get(link).status_code == 404
        assert (
            visitor.post(link, new="another passphrase", again="another passphrase").status_code
            == 404
        )
    assert logs_in(app, NEW["new"])


def test_it_works_for_an_hour(app: Flask, organisation: Organisation) -> None:
    visitor = ask(app)
    link = mailed_link()
    row = db.session.scalars(select(PasswordReset)).one()
    assert row.expires_at - row.created_at == timedelta(hours=1)
    visitor.get(link)
    db.session.execute(update(PasswordReset).values(expires_at=utcnow() - timedelta(seconds=1)))
    db.session.commit()
    assert visitor.get(link).status_code == 404
    assert visitor.post(link, **NEW).status_code == 404
    upkeep.delete_unusable()
    assert db.session.scalars(select(PasswordReset)).all() == []
    assert logs_in(app, PASSWORD)


def test_changing_the_password_ends_the_link_too(app: Flask, organisation: Organisation) -> None:
    visitor = ask(app)
    link = mailed_link()
    owner = Person(app.test_client()).log_in("owner@example.com")
    assert owner.post("/account/password", current=PASSWORD, **NEW).status_code == 302
    assert visitor.get(link).status_code == 404


def test_the_answer_is_the_same_for_an_address_that_nobody_has(
    app: Flask, organisation: Organisation
) -> None:
    known, unknown = ask(app), ask(app, "nobody@example.com")
    pages = [visitor.get("/login").text for visitor in (known, unknown)]
    assert len({page.replace(token_in(page), "") for page in pages}) == 1
    assert mails() == 1


def test_nobody_is_flooded_and_nobody_told(app: Flask, organisation: Organisation) -> None:
    """The answer stays the same: the earlier mails are there."""

    def statuses(email: str) -> list[int]:
        visitor, answers = Person(app.test_client()), []
        for number in range(7):
            visitor.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
            visitor.get("/password/forgot")
            answers.append(visitor.post("/password/forgot", email=email).status_code)
        return answers

    assert statuses("owner@example.com") == [302] * 7
    assert statuses("nobody@example.com") == [302] * 7
    assert mails() == 5


def test_one_address_cannot_ask_for_many(app: Flask) -> None:
    visitor = Person(app.test_client())
    visitor.get("/password/forgot")
    answers = [
        visitor.post("/password/forgot", email=f"{number}@example.com").status_code
        for number in range(11)
    ]
    assert answers == [302] * 10 + [429]


@pytest.mark.parametrize("form", [{"new": "ninechars", "again": "ninechars"}, {"again": "other"}])
def test_a_password_that_will_not_do_leaves_the_link(
    app: Flask, organisation: Organisation, form: dict[str, str]
) -> None:
    visitor = ask(app)
    link = mailed_link()
    visitor.get(link)
    response = visitor.post(link, **(NEW | form))
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert logs_in(app, PASSWORD)
    assert visitor.post(link, **NEW).status_code == 302


def test_the_host_of_the_request_does_not_get_into_the_mail(
    app: Flask, organisation: Organisation
) -> None:
    visitor = Person(app.test_client())
    visitor.get("/password/forgot")
    form = {"csrf_token": visitor.token, "email": "owner@example.com"}
    visitor.client.post("/password/forgot", data=form, headers={"X-Forwarded-Host": "evil.example"})
    assert mailed_link().startswith("/password/reset/")
    visitor.client.post("/password/forgot", data=form, base_url="http://evil.example")
    for text in db.session.scalars(select(Mail.text + Mail.html)):
        assert "evil.example" not in text


def test_the_token_is_not_kept_and_no_page_leaks_it(app: Flask, organisation: Organisation) -> None:
    visitor = ask(app)
    link = mailed_link()
    row = db.session.scalars(select(PasswordReset)).one()
    assert link.rpartition("/")[2] not in str(vars(row))
    assert visitor.get(link).headers["Referrer-Policy"] == "strict-origin"
    assert visitor.get(link).headers["Cache-Control"] == "no-store"


def test_the_form_works_over_https_with_what_the_policy_lets_through(
    app: Flask, organisation: Organisation
) -> None:
    ask(app)
    link = mailed_link()
    client, site = app.test_client(), "https://localhost"
    token = token_in(client.get(link, base_url=site).text)
    form = {"csrf_token": token, **NEW}
    refused = client.post(
        link, data=form, base_url=site, headers={"Referer": "https://evil.example/"}
    )
    assert refused.status_code == 400
    response = client.post(link, data=form, base_url=site, headers={"Referer": f"{site}/"})
    assert response.status_code == 302


def test_an_account_without_an_organisation_may_be_helped_too(app: Flask) -> None:
    factories.user("alone@example.com")
    ask(app, "alone@example.com")
    visitor = Person(app.test_client())
    link = mailed_link()
    visitor.get(link)
    assert visitor.post(link, **NEW).status_code == 302
    assert db.session.scalars(select(UserSession)).all() == []
