"""What an API key may do for other keys: never make one that can do more or lives longer."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import rfc3339, utcnow
from webhooks_app.models import ApiKey
from webhooks_app.people import api_keys
from webhooks_app.people.api_keys import PRESETS


def create(
    session: Session,
    maker: ApiKey,
    name: str,
    scopes: Collection[str] | None,
    preset: str | None,
    *,
    expires_at: datetime | None,
    ends_with_maker: bool,
) -> tuple[ApiKey, str]:
    """A new key of the maker's mode and its token, committed.

    Give `scopes` or a `preset`. `ends_with_maker` stands in for `expires_at`. Raises `Invalid`.
    """
    member = "scopes" if preset is None else "preset"
    if (scopes is None) == (preset is None):
        raise Invalid(Fault("#", "Give either `scopes` or `preset`."))
    if preset is not None:
        if preset not in PRESETS:
            raise Invalid(Fault("#/preset", f"The preset is one of: {', '.join(PRESETS)}."))
        scopes = PRESETS[preset].scopes
    ends = maker.expires_at if ends_with_maker else expires_at
    if faults := list(_beyond(maker, scopes or (), ends, member)):
        raise Invalid(*faults)
    return api_keys.create_api_key(
        session, maker.organisation_id, maker.mode, name, scopes or (), ends, maker=maker
    )


def rotate(session: Session, maker: ApiKey, key: ApiKey, overlap: timedelta) -> tuple[ApiKey, str]:
    """Like `api_keys.rotate`. A key that rotates itself gets one that ends no later.

    Raises `Conflict` also for a key that is stronger than the maker.
    """
    if key.id != maker.id:
        ends = utcnow() + (key.expires_at - key.created_at) if key.expires_at else None
        for fault in _beyond(maker, key.scopes, ends, "scopes"):
            raise Conflict(f"This key can do more than yours, or expires later. {fault.detail}")
    return api_keys.rotate(session, key, overlap, maker)


def _beyond(
    maker: ApiKey, scopes: Collection[str], ends: datetime | None, member: str
) -> Iterator[Fault]:
    known = [one for one in api_keys.SCOPES if one in scopes]
    if more := [one for one in known if one not in maker.scopes]:
        yield Fault(f"#/{member}", f"Your key does not have the scope {more[0]}.")
    if maker.expires_at is not None and (ends is None or ends > maker.expires_at):
        until = rfc3339(maker.expires_at)
        yield Fault(
            "#/expires_at", f"A key cannot expire later than yours, which expires at {until}."
        )
