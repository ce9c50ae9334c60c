"""An event that a person sends by hand. It is processed like all others."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from webhooks_app.events.fields import faults_of_data, faults_of_type
from webhooks_app.events.subjects import subject_faults
from webhooks_app.events.type_registry import CustomNames
from webhooks_app.ingest.service import ingest
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.incoming import Accepted, Incoming


def send(
    session: Session, tenant: Tenant, name: str, data: str, subject: tuple[str, str] | None
) -> Accepted:
    """Accept an event of type `name`; `data` is JSON text. All matching subscriptions get it.

    The session's transaction ends first: events are stored in their own one, which on SQLite would
    wait for it. Raises `Invalid`.
    """
    own = CustomNames(tenant.organisation_id)
    if faults := list(_faults(name, data, subject, own)):
        raise Invalid(*faults)
    session.commit()
    return ingest(tenant, Incoming(type=name, data=data, occurred_at=utcnow(), subject=subject))


def _faults(
    name: str, data: str, subject: tuple[str, str] | None, own: CustomNames
) -> Iterator[Fault]:
    yield from faults_of_type(name, own)
    yield from faults_of_data(data.encode(errors="surrogatepass"))
    if subject is not None:
        for fault in subject_faults(*subject):
            yield fault.below("subject")
