"""What an organisation is called, and whose clock it goes by."""

from sqlalchemy.orm import Session

from webhooks_app.lib.errors import BadAccount
from webhooks_app.lib.names import checked_name
from webhooks_app.lib.times import time_zones
from webhooks_app.models import Organisation
from webhooks_app.organisations.audit_log import Target, record


def change(session: Session, organisation: Organisation, name: str, time_zone: str) -> None:
    """Committed. Mails tell times in that zone from the next one on, and digests without a zone of
    their own come by it; each begins where the last ended. Raises `BadAccount`."""
    before = {"name": organisation.name, "time_zone": organisation.time_zone}
    after = {"name": checked_name(name, "An organisation"), "time_zone": time_zone}
    if time_zone not in time_zones():
        raise BadAccount(f"No time zone is called {time_zone[:100]!r}.")
    if after == before:
        return
    organisation.name, organisation.time_zone = after["name"], after["time_zone"]
    target = Target(organisation.id, organisation.id, organisation.name)
    record(session, "organisation.updated", target, before=before, after=after)
    session.commit()
