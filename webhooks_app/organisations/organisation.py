"""An organisation's name and time zone."""

from sqlalchemy.orm import Session

from webhooks_app.lib.errors import BadAccount
from webhooks_app.lib.names import checked_name
from webhooks_app.lib.times import time_zones
from webhooks_app.models import Organisation
from webhooks_app.organisations.audit_log import Target, record


def change(session: Session, organisation: Organisation, name: str, time_zone: str) -> None:
    """Save both, committed. Raises `BadAccount`.

    Mails show times in that zone from now on, and digests without their own zone follow it; each
    digest begins where the last one ended.
    """
    before = {"name": organisation.name, "time_zone": organisation.time_zone}
    after = {"name": checked_name(name, "An organisation"), "time_zone": time_zone}
    if time_zone not in time_zones():
        raise BadAccount(f"There is no time zone called {time_zone[:100]!r}.")
    if after == before:
        return
    organisation.name, organisation.time_zone = after["name"], after["time_zone"]
    target = Target(organisation.id, organisation.id, organisation.name)
    record(session, "organisation.updated", target, before=before, after=after)
    session.commit()
