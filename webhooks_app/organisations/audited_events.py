"""Which entries of the audit log are events too, and what these say."""

from collections.abc import Mapping

from webhooks_app.organisations.system_events import Happened
from webhooks_app.vocabulary import SubscriptionKind

# By action, the event type and what it says besides who, which and what it is called.
TOLD: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "api_key.created": ("api_key.created", ("scopes", "expires_at")),
    "api_key.rotated": ("api_key.rotated", ("replaced_by", "overlap_hours")),
    "api_key.revoked": ("api_key.revoked", ()),
    **{
        f"{kind}.{what}": (f"subscription.{what}", more)
        for kind in SubscriptionKind
        for what, more in (
            ("created", ()),
            ("updated", ("changed",)),
            ("enabled", ()),
            ("disabled", ("reason",)),
            ("deleted", ()),
            ("paused", ("until",)),
            ("resumed", ("rate",)),
        )
    },
    **{
        f"{kind}.secret_rotated": ("secret.rotated", ("previous_expires_at",))
        for kind in SubscriptionKind
    },
}


def event_of(
    action: str, id_: str, name: str, actor: Mapping[str, object], detail: Mapping[str, object]
) -> Happened | None:
    """The event that follows from an entry, if any."""
    if action not in TOLD:
        return None
    event_type, more = TOLD[action]
    kind = action.partition(".")[0]
    is_subscription = kind in set(SubscriptionKind)
    data = {
        "id": id_,
        **({"kind": kind} if is_subscription else {}),
        "name": name,
        **{member: detail.get(member) for member in more},
        "actor": actor,
    }
    return Happened(event_type, data, id_ if is_subscription else None)
