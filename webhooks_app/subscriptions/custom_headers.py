"""The custom headers of a subscription: their values are as secret as its signing secret."""

from collections.abc import Mapping

import orjson

from webhooks_app.engine.record import MASK
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.models import Subscription


def opened(row: Subscription, vault: Vault) -> dict[str, str]:
    """The custom headers in the clear; none when no key opens them any more."""
    try:
        headers: dict[str, str] = orjson.loads(vault.open(row.sealed_headers))
    except Unreadable:
        return {}
    return headers


def masked(row: Subscription, vault: Vault) -> dict[str, str]:
    """Their names, with `MASK` for each value."""
    return dict.fromkeys(opened(row, vault), MASK)


def sealed(headers: Mapping[str, str], vault: Vault) -> str:
    return vault.seal(orjson.dumps(headers).decode())


def unmasked(headers: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """A client that sends back what it read means the values that it could not see."""
    return {
        name: before[name] if value == MASK and name in before else value
        for name, value in headers.items()
    }
