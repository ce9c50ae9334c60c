"""Thin entry points of the periodic jobs. What is over is decided by the database's clock."""

from datetime import timedelta

from webhooks_app.database import boundaries, clock_of, coming_partitions, compression, counted_rows
from webhooks_app.deliveries import retention
from webhooks_app.extensions import db
from webhooks_app.jobs.slices import run_slice
from webhooks_app.listeners import ending
from webhooks_app.mail import mail_queue
from webhooks_app.matching import states
from webhooks_app.operations import metering, periodic, space
from webhooks_app.organisations import answered_requests, daily_limits, plans
from webhooks_app.parts import parts
from webhooks_app.people import device_log_ins, key_expiry, log_ins, passwords, sessions
from webhooks_app.subscriptions import auto_disable, pausing, secret_expiry

LONGEST_GAP = timedelta(minutes=1)  # between two looks at listeners


def sweep_failing() -> None:
    auto_disable.warn_and_disable(db.engine, clock_of(db.engine))


def cancel_left_over() -> None:
    auto_disable.cancel_left_over(db.engine)


def resume_paused() -> None:
    pausing.resume_due(db.engine, clock_of(db.engine))


def end_left_listeners() -> None:
    """After the installation was away, each computer has its whole time again to come back."""
    now = clock_of(db.engine)
    if periodic.was_away(db.engine, "listeners", LONGEST_GAP, now):
        ending.give_time(db.session(), now)
    else:
        ending.end_left(db.session(), now)


def make_partitions() -> None:
    boundaries.drop_left_behind(db.engine)
    now = clock_of(db.engine)
    coming_partitions.make_ahead(db.engine, now, parts().settings.retention_days)
    counted_rows.analyse(db.engine, now)
    compression.use_lz4(db.engine)


def delete_expired() -> None:
    days, now = parts().settings.retention_days, clock_of(db.engine)
    shorter = _shorter_retentions(days)
    run_slice(
        delete_expired,
        [
            pausing.cancel_expired(db.engine, now, days, shorter),
            *retention.expired(db.engine, now, days),
            *(
                part
                for organisation_id, kept in sorted(shorter.items())
                for part in retention.expired_of(db.engine, organisation_id, now, kept)
            ),
            *space.given_back(db.engine),
        ],
    )


def delete_old_audit_entries() -> None:
    days, now = parts().settings.audit_retention_days, clock_of(db.engine)
    run_slice(
        delete_old_audit_entries,
        [
            retention.old_audit_entries(db.engine, now, days),
            *(
                retention.old_audit_entries(db.engine, now, kept, organisation_id)
                for organisation_id, kept in sorted(_shorter_retentions(days).items())
            ),
        ],
    )


def _shorter_retentions(days: int) -> dict[str, int]:
    shorter = plans.shorter_retentions(db.session(), days)
    db.session.rollback()
    return shorter


def warn_of_expiring_keys() -> None:
    key_expiry.warn(db.session(), clock_of(db.engine))


def announce_ending_secrets() -> None:
    secret_expiry.announce(db.engine, clock_of(db.engine))


def meter_usage() -> None:
    metering.meter(db.engine, clock_of(db.engine))


def forget_unseen() -> None:
    run_slice(forget_unseen, [states.forget_unseen(db.engine, clock_of(db.engine))])


def delete_old_requests() -> None:
    run_slice(delete_old_requests, [retention.old_requests(db.engine, clock_of(db.engine))])


def delete_old_answers() -> None:
    now = clock_of(db.engine)
    old = answered_requests.old(db.engine, now), answered_requests.old_secrets(db.engine, now)
    run_slice(delete_old_answers, old)


def delete_unusable() -> None:
    """Delete ended sessions, expired links, and mails older than the retention."""
    now = clock_of(db.engine)
    device_log_ins.delete_expired(db.session(), now)
    daily_limits.delete_old(db.session(), now)
    oldest = now - timedelta(days=parts().settings.retention_days)
    run_slice(
        delete_unusable,
        [
            sessions.ended(db.engine, now),
            passwords.expired(db.engine, now),
            log_ins.old(db.engine, now),
            mail_queue.old_mails(db.engine, oldest),
        ],
    )
