"""Who has a second factor, and who must have one: conditions for queries over users."""

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.orm import InstrumentedAttribute

from webhooks_app.models import AuthenticatorApp, Membership, Organisation, Passkey


def has_second_factor(user_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return or_(
        exists().where(AuthenticatorApp.user_id == user_id),
        exists().where(Passkey.user_id == user_id),
    )


def needs_second_factor(user_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether one of their organisations requires a second factor."""
    return exists().where(
        Membership.user_id == user_id,
        Organisation.id == Membership.organisation_id,
        Organisation.second_factor_required,
    )
