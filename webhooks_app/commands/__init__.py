"""The operators' commands: `flask --app app …`."""

from datetime import timedelta

import click
from flask import Flask
from flask.cli import with_appcontext

from webhooks_app.commands.after_restore import after_restore
from webhooks_app.commands.check_config import check_config
from webhooks_app.commands.command import Command, Refused
from webhooks_app.commands.compact import compact_database
from webhooks_app.commands.usage import show_usage
from webhooks_app.extensions import db
from webhooks_app.lib.errors import BadAccount, NotFound
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import service as mail
from webhooks_app.models import Organisation
from webhooks_app.operations.integrity_check import Report, audit
from webhooks_app.organisations import plans
from webhooks_app.parts import parts
from webhooks_app.people import accounts, api_keys, second_factor
from webhooks_app.vocabulary import Mode


def init_app(app: Flask) -> None:
    commands = (
        create_organisation,
        set_plan,
        make_operator,
        reset_second_factor,
        create_api_key,
        check_invariants,
        send_test_mail,
        check_config,
        show_usage,
        after_restore,
        compact_database,
    )
    for command in commands:
        app.cli.add_command(command)


@click.command("create-organisation", cls=Command)
@click.argument("name")
@click.option(
    "--owner", "email", required=True, help="E-mail of the owner, whose account is created too."
)
@click.option("--password", required=True, help="The owner's password.")
@with_appcontext
def create_organisation(name: str, email: str, password: str) -> None:
    """Create an organisation and its owner; print its id."""
    try:
        organisation = accounts.create_organisation(db.session(), name, email, password)
    except BadAccount as error:
        raise Refused(str(error)) from error
    click.echo(organisation.id)


@click.command("set-plan", cls=Command)
@click.argument("organisation_id", metavar="ORGANISATION")
@click.argument("plan", type=click.Choice(list(plans.PLANS)))
@with_appcontext
def set_plan(organisation_id: str, plan: str) -> None:
    """Give an organisation a plan. Its limits apply at once."""
    try:
        plans.set_plan(db.session(), organisation_id, plan)
    except NotFound as error:
        raise Refused(f"There is no organisation {organisation_id!r}.") from error


@click.command("make-operator", cls=Command)
@click.argument("email")
@with_appcontext
def make_operator(email: str) -> None:
    """Let a user see the queues, jobs and workers at /ops/rq."""
    try:
        accounts.make_operator(db.session(), email)
    except BadAccount as error:
        raise Refused(str(error)) from error


@click.command("reset-second-factor", cls=Command)
@click.argument("email")
@with_appcontext
def reset_second_factor(email: str) -> None:
    """Remove the second factor of a user who has lost it, and log them out."""
    try:
        second_factor.reset(db.session(), email)
    except BadAccount as error:
        raise Refused(str(error)) from error
    click.echo(
        "Removed. They log in with only their password until they set up a new second factor."
    )


@click.command("create-api-key", cls=Command)
@click.option("--organisation", "organisation_id", required=True, help="Its id, such as org_….")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), required=True)
@click.option("--name", required=True, help="A name for the key.")
@click.option(
    "--preset",
    type=click.Choice(list(api_keys.PRESETS)),
    help="What the key may do; everything by default.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(api_keys.SCOPES),
    help="A scope, instead of a preset; can be given several times.",
)
@click.option(
    "--expires-in-days",
    "days",
    type=click.IntRange(1, api_keys.LONGEST_LIFE.days),
    help="Never by default.",
)
@with_appcontext
def create_api_key(
    organisation_id: str,
    mode: str,
    name: str,
    preset: str | None,
    scopes: tuple[str, ...],
    days: int | None,
) -> None:
    """Create an API key and print it. It is not shown again."""
    if preset and scopes:
        raise Refused("Use either --preset or --scope, not both.")
    session = db.session()
    if session.get(Organisation, organisation_id) is None:
        raise Refused(f"There is no organisation {organisation_id!r}.")
    chosen = scopes or api_keys.PRESETS[preset or "all"].scopes
    try:
        expires_at = utcnow() + timedelta(days=days) if days else None
        _, token = api_keys.create_api_key(session, organisation_id, mode, name, chosen, expires_at)
    except Invalid as error:
        raise Refused(" ".join(fault.detail for fault in error.faults)) from error
    click.echo(token)


@click.command("audit", cls=Command)
@with_appcontext
def check_invariants() -> None:
    """Check the database for broken rows; exit 1 when there are any."""
    report = audit(db.engine, parts().settings.retention_days)
    click.echo(_table(report))
    if not report.ok:
        raise SystemExit(1)


@click.command("send-test-mail", cls=Command)
@click.argument("to")
@with_appcontext
def send_test_mail(to: str) -> None:
    """Send a mail at once and show the mail server's answer."""
    try:
        answer = mail.send_test(to)
    except mail.MailNotSent as error:
        raise Refused(str(error)) from error
    click.echo(f"The mail server accepted it: {answer}. Look into the mailbox of {to}.")


def _table(report: Report) -> str:
    checks = [
        (name, str(count), "broken" if count else "ok") for name, count in report.broken.items()
    ]
    totals = [(name, str(count), "") for name, count in report.totals.items()]
    rows = [*checks, ("", "", ""), *totals]
    left, right = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{a:<{left}}  {b:>{right}}  {c}".rstrip() for a, b, c in rows)
