"""The periodic jobs: what the beat enqueues, and how often. Each is due by its last run in SQL."""

from dataclasses import dataclass
from datetime import timedelta

TURN = "turn"  # In the meta of a job: when its turn was taken, in ISO format.


@dataclass(frozen=True, slots=True)
class Periodic:
    """`job` is the dotted name of a function without arguments, run on the background queue.

    If it `is_long`, the others of the queue do not wait for it.
    """

    job: str
    every: timedelta
    is_long: bool = False


def job_name(job: str) -> str:
    """Without the package, such as `digests.send_due`."""
    return job.partition("jobs.")[2] or job


PERIODIC = (
    Periodic("webhooks_app.jobs.chat.end_idle", timedelta(seconds=15)),
    Periodic("webhooks_app.jobs.upkeep.sweep_failing", timedelta(minutes=1)),
    Periodic("webhooks_app.jobs.digests.send_due", timedelta(minutes=1)),
    Periodic("webhooks_app.jobs.upkeep.cancel_left_over", timedelta(minutes=1), is_long=True),
    Periodic("webhooks_app.jobs.upkeep.resume_paused", timedelta(minutes=1)),
    Periodic("webhooks_app.jobs.upkeep.end_left_listeners", timedelta(seconds=30)),
    Periodic("webhooks_app.jobs.upkeep.make_partitions", timedelta(hours=1), is_long=True),
    Periodic("webhooks_app.jobs.upkeep.delete_expired", timedelta(hours=1), is_long=True),
    Periodic("webhooks_app.jobs.upkeep.delete_unusable", timedelta(hours=1), is_long=True),
    Periodic("webhooks_app.jobs.upkeep.warn_of_expiring_keys", timedelta(minutes=10)),
    Periodic("webhooks_app.jobs.upkeep.announce_ending_secrets", timedelta(minutes=10)),
    Periodic("webhooks_app.jobs.upkeep.delete_old_audit_entries", timedelta(hours=1), is_long=True),
    Periodic("webhooks_app.jobs.mail.send_pending", timedelta(minutes=1)),
    Periodic("webhooks_app.jobs.mail.mail_notices", timedelta(seconds=30)),
    Periodic("webhooks_app.jobs.replays.resume_stalled", timedelta(seconds=30)),
    Periodic("webhooks_app.jobs.upkeep.forget_unseen", timedelta(days=1), is_long=True),
    Periodic("webhooks_app.jobs.upkeep.delete_old_requests", timedelta(hours=1), is_long=True),
    Periodic("webhooks_app.jobs.upkeep.delete_old_answers", timedelta(minutes=1), is_long=True),
    Periodic("webhooks_app.jobs.upkeep.meter_usage", timedelta(minutes=10), is_long=True),
)
