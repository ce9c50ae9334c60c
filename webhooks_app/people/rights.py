"""What each role may do to other members."""

from webhooks_app.vocabulary import Role


def may_manage(own: str, other: str) -> bool:
    """Whether `own` may invite and remove members with the role `other`."""
    return own == Role.OWNER or (own == Role.ADMIN and other != Role.OWNER)


def may_change(role: str) -> bool:
    """Whether the role may do more than read."""
    return role != Role.VIEWER
