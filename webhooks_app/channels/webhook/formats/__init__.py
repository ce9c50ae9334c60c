"""Wire formats: envelope, headers and signature. One small, pure module each."""

from collections.abc import Mapping, Sequence

from webhooks_app.channels.webhook.formats.cloudevents import CloudEvents
from webhooks_app.channels.webhook.formats.contract import EventView, WireFormat
from webhooks_app.channels.webhook.formats.discord import Discord
from webhooks_app.channels.webhook.formats.github import GitHub
from webhooks_app.channels.webhook.formats.inqyra import Inqyra
from webhooks_app.channels.webhook.formats.pivot import Pivot
from webhooks_app.channels.webhook.formats.pivotal import Pivotal
from webhooks_app.channels.webhook.formats.pivra import Pivra
from webhooks_app.channels.webhook.formats.pollybot import Pollybot
from webhooks_app.channels.webhook.formats.shopify import Shopify
from webhooks_app.channels.webhook.formats.slack import Slack
from webhooks_app.channels.webhook.formats.standard import Standard
from webhooks_app.channels.webhook.formats.stripe import Stripe
from webhooks_app.channels.webhook.formats.svix import Svix
from webhooks_app.channels.webhook.formats.teams import Teams
from webhooks_app.channels.webhook.signatures import check_encoded_secret, check_secret

ALL: Sequence[WireFormat] = (
    Standard(),
    Pivra(),
    Pivotal(),
    Pollybot(),
    Pivot(),
    Inqyra(),
    GitHub(),
    Stripe(),
    Svix(),
    Shopify(),
    CloudEvents(),
    Slack(),
    Discord(),
    Teams(),
)
FORMATS: Mapping[str, WireFormat] = {format_.name: format_ for format_ in ALL}


def wire_format(name: str) -> WireFormat:
    """Raises ValueError for an unknown name."""
    try:
        return FORMATS[name]
    except KeyError as error:
        raise ValueError(f"The wire format is one of: {', '.join(FORMATS)}.") from error


def check_secret_for(name: str, secret: str) -> str:
    """A secret that this format can sign with. Raises ValueError with a sentence for people."""
    return check_encoded_secret(secret) if FORMATS[name].encoded_secret else check_secret(secret)


__all__ = ["FORMATS", "EventView", "WireFormat", "check_secret_for", "wire_format"]
