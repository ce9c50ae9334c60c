"""A subscription's custom headers, whose values are as secret as its signing secret."""

from collections.abc import Mapping

import orjson

from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.lib.packed_headers import MASK
from webhooks_app.lib.pointers import Fault, pointer
from webhooks_app.lib.urls import origin
from webhooks_app.models import Subscription

ENTER_AGAIN = (
    "The requests would go to another host, so the hidden value is not kept. Enter the value "
    "again, or remove the header."
)


def opened(row: Subscription, vault: Vault) -> dict[str, str]:
    """The decrypted custom headers; empty if no key decrypts them."""
    try:
        headers: dict[str, str] = orjson.loads(vault.open(row.sealed_headers))
    except Unreadable:
        return {}
    return headers


def masked(row: Subscription, vault: Vault) -> dict[str, str]:
    """The names of the headers, with `MASK` for each value."""
    return dict.fromkeys(opened(row, vault), MASK)


def sealed(headers: Mapping[str, str], vault: Vault) -> str:
    return vault.seal(orjson.dumps(headers).decode())


def unmasked(
    members: Mapping[str, object], before: Mapping[str, str], url: str
) -> tuple[Mapping[str, object], list[Fault]]:
    """`members` with the values that a client could not see.

    A value that was entered for the host of `url` stays with that host: for another one it must be
    entered again.
    """
    given = members.get("headers", dict.fromkeys(before, MASK))
    if not isinstance(given, Mapping):
        return members, []
    hidden = [name for name, value in given.items() if value == MASK and name in before]
    if hidden and goes_elsewhere(url, members.get("url", url)):
        return members, [Fault(pointer("headers", name), ENTER_AGAIN) for name in hidden]
    if "headers" not in members:
        return members, []
    return {**members, "headers": {**given, **{name: before[name] for name in hidden}}}, []


def goes_elsewhere(before: str, after: object) -> bool:
    """Whether scheme, host or port differ."""
    return isinstance(after, str) and bool(before) and origin(before) != origin(after)
