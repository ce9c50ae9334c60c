"""Names of people and organisations."""

from webhooks_app.lib.errors import BadAccount

LONGEST_NAME = 200


def checked_name(text: str, whose: str) -> str:
    """The name without surrounding spaces. Raises `BadAccount` for one that no page could show."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadAccount(f"{whose}'s name has 1 to {LONGEST_NAME} printable characters.")
    return name
