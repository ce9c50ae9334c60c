from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.mail.test_service import set_smtp
from tests.support.mail_server import MailServer
from tests.support.servers import free_port
from webhooks_app.extensions import db
from webhooks_app.lib.crypto import digest
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, Delivery, Organisation
from webhooks_app.people import api_keys

Run = Callable[..., Result]
KEY_COMMAND = ("create-api-key", "--mode", "live", "--name", "CI")


@pytest.fixture
def run(app: Flask) -> Run:
    def invoke(*arguments: str) -> Result:
        return app.test_cli_runner().invoke(args=arguments)

    return invoke


def made(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_create_organisation_prints_its_id(run: Run) -> None:
    result = run(
        "create-organisation", "Acme", "--owner", "o@example.com", "--password", "long enough"
    )

    assert result.exit_code == 0
    assert db.session.get_one(Organisation, result.stdout.strip()).name == "Acme"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("Acme", "--owner", "nobody", "--password", "long enough"), "not an e-mail address"),
        (("Acme", "--owner", "o@example.com", "--password", "short"), "at least 10"),
        (("Acme", "--password", "long enough"), "--owner"),
        ((), "NAME"),
    ],
)
def test_create_organisation_refuses_in_one_line(
    run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    refused(run("create-organisation", *arguments), reason)
    assert made(Organisation) == 0


def test_set_plan_gives_an_organisation_a_plan(run: Run) -> None:
    organisation = factories.organisation()

    assert run("set-plan", organisation.id, "starter").exit_code == 0

    db.session.expire_all()
    assert organisation.plan == "starter"


def test_set_plan_refuses_in_one_line(run: Run) -> None:
    organisation = factories.organisation()

    refused(run("set-plan", organisation.id, "gold"), "premium")
    refused(run("set-plan", "org_none", "free"), "no organisation 'org_none'")

    db.session.expire_all()
    assert organisation.plan == "self_hosted"


def test_make_operator_makes_one_of_an_account_in_any_case(run: Run) -> None:
    user, other = factories.user("ops@example.com"), factories.user("o@example.com")

    assert run("make-operator", " Ops@Example.com").exit_code == 0

    db.session.expire_all()
    assert user.is_operator
    assert not other.is_operator


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(("nobody@example.com",), "'nobody@example.com'"), ((), "EMAIL")],
)
def test_make_operator_refuses_in_one_line(
    run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    refused(run("make-operator", *arguments), reason)


def test_create_api_key_prints_the_key_once(run: Run) -> None:
    organisation = factories.organisation()

    result = run(
        "create-api-key", "--organisation", organisation.id, "--mode", "test", "--name", "CI"
    )

    assert result.exit_code == 0
    key = db.session.scalars(select(ApiKey)).one()
    assert key.digest == digest(result.stdout.strip())
    assert (key.organisation_id, key.mode, key.name) == (organisation.id, "test", "CI")
    assert (set(key.scopes), key.expires_at) == (set(api_keys.SCOPES), None)
    assert (key.created_by, key.created_by_name) == (None, "command line")


@pytest.mark.parametrize(
    ("options", "scopes"),
    [
        (("--preset", "ingest"), ["events:write", "messages:write"]),
        (
            ("--preset", "read", "--expires-in-days", "30"),
            [one for one in api_keys.SCOPES if one.endswith(":read")],
        ),
        (
            ("--scope", "webhooks:read", "--scope", "events:write"),
            ["events:write", "webhooks:read"],
        ),
    ],
)
def test_create_api_key_takes_scopes_and_an_expiry(
    run: Run, options: tuple[str, ...], scopes: list[str]
) -> None:
    organisation = factories.organisation()

    result = run(*KEY_COMMAND, "--organisation", organisation.id, *options)

    assert result.exit_code == 0, result.output
    key = db.session.scalars(select(ApiKey)).one()
    assert key.scopes == scopes
    days = (key.expires_at - utcnow()).days + 1 if key.expires_at else None
    assert days == (30 if "--expires-in-days" in options else None)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--preset", "root"), "'root'"),
        (("--scope", "root"), "'root'"),
        (("--preset", "read", "--scope", "events:write"), "not both"),
        (("--expires-in-days", "0"), "1<=x<="),
        (("--expires-in-days", "99999999"), "1<=x<="),
    ],
)
def test_create_api_key_refuses_odd_scopes_and_expiries_in_one_line(
    run: Run, options: tuple[str, ...], reason: str
) -> None:
    refused(run(*KEY_COMMAND, "--organisation", factories.organisation().id, *options), reason)
    assert made(ApiKey) == 0


@pytest.mark.parametrize(
    ("organisation", "mode", "name", "reason"),
    [
        ("org_nobody", "live", "CI", "no organisation"),
        (None, "both", "CI", "'both'"),
        (None, "live", "", "name"),
    ],
)
def test_create_api_key_refuses_in_one_line(
    run: Run, organisation: str | None, mode: str, name: str, reason: str
) -> None:
    id_ = organisation or factories.organisation().id

    result = run("create-api-key", "--organisation", id_, "--mode", mode, "--name", name)

    refused(result, reason)
    assert made(ApiKey) == 0


def refused(result: Result, reason: str) -> None:
    assert result.exit_code == 2
    assert result.stdout == ""
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_audit_prints_every_check_and_totals(run: Run) -> None:
    organisation = factories.organisation()
    factories.webhook(organisation, "http://127.0.0.1:1/hook")
    factories.accepted(organisation)

    result = run("audit")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["event", "without", "its", "deliveries", "0", "ok"]
    assert "deliveries pending" in result.stdout
    assert "broken" not in result.stdout


def test_audit_fails_when_something_is_broken(run: Run) -> None:
    organisation = factories.organisation()
    factories.webhook(organisation, "http://127.0.0.1:1/hook")
    factories.accepted(organisation)
    db.session.query(Delivery).delete()
    db.session.commit()

    result = run("audit")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].split()[-2:] == ["1", "broken"]


def test_a_test_mail_is_sent_at_once_and_says_what_the_server_said(app: Flask, run: Run) -> None:
    with MailServer() as server:
        set_smtp(app, server.port)
        result = run("send-test-mail", "ops@example.com")
        assert result.exit_code == 0, result.output
        assert "The mail server accepted it: 250 OK" in result.output
        assert server.recipients == ["ops@example.com"]
        server.refusals["gone@example.com"] = "550 5.1.1 No such user"
        refused(run("send-test-mail", "gone@example.com"), "550 5.1.1 No such user")


def test_a_test_mail_needs_a_server_and_an_address(app: Flask, run: Run) -> None:
    refused(run("send-test-mail", "ops@example.com"), "SMTP_HOST")
    set_smtp(app, free_port())
    refused(run("send-test-mail", "ops@example.com"), "ConnectionRefusedError")
    refused(run("send-test-mail", "ops"), "not an e-mail address")


def test_check_config_tries_everything(app: Flask, run: Run) -> None:
    with MailServer() as server:
        set_smtp(app, server.port)
        result = run("check-config")
    assert result.exit_code == 0, result.output
    parts = [line.split()[:2] for line in result.output.splitlines()]
    names = ("sql", "schema", "writes", "keys", "redis", "clock")
    names += ("connections", "tables", "mail")
    assert parts == [["ok", name] for name in names]


def test_check_config_says_what_to_do(
    app: Flask, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEASE_SECOND", "60")
    set_smtp(app, free_port())
    result = run("check-config")
    assert result.exit_code == 1
    failed = [line for line in result.output.splitlines() if line.startswith("FAILED")]
    assert [line.split()[1] for line in failed] == ["LEASE_SECOND:", "mail:"]
    assert failed[0].endswith("Did you mean LEASE_SECONDS?")
    assert "SMTP_" in failed[1]
