"""`flask --app app check-config`: check that everything the settings name works."""

import click
from flask.cli import with_appcontext

from webhooks_app.commands.command import Command
from webhooks_app.config import Settings, misspelt
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import service as mail
from webhooks_app.operations import checks
from webhooks_app.operations.checks import Check
from webhooks_app.parts import parts


@click.command("check-config", cls=Command)
@with_appcontext
def check_config() -> None:
    """Check what the settings name, and say what to do; exit 1 if something does not work."""
    settings, replica = parts().settings, parts().replica
    found = [
        *_names(),
        *checks.readiness(db.engine, settings.vault_keys),
        *([checks.replica_check(replica)] if replica else []),
        *checks.services(db.engine, settings.redis_socket_url, utcnow()),
        _mail(settings),
    ]
    for check in found:
        click.echo(_line(check))
    if not all(check.ok for check in found):
        raise SystemExit(1)


def _names() -> list[Check]:
    return [
        Check(variable, "is not a setting", advice=f"Did you mean {meant}?")
        for variable, meant in misspelt()
    ]


def _mail(settings: Settings) -> Check:
    if not settings.smtp_host:
        return Check("mail", reason="no server is set: mails stay in the outbox")
    reason = mail.complaint(settings)
    if reason is None:
        return Check("mail", reason="`send-test-mail` checks that it accepts mails")
    advice = "Look at the settings that begin with SMTP_."
    return Check("mail", "the server refuses the log-in", reason, advice)


def _line(check: Check) -> str:
    said = ": ".join(part for part in (check.part, check.fault) if part)
    reason = f" ({check.reason})" if check.reason else ""
    advice = f". {check.advice}" if check.advice else ""
    return f"{'ok     ' if check.ok else 'FAILED '} {said}{reason}{advice}"
