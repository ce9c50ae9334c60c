"""How to get into the demo organisation, as it is kept for people."""

from pathlib import Path

import msgspec

from webhooks_app.config import Settings


class LogIn(msgspec.Struct, frozen=True):
    email: str
    password: str


class Demo(msgspec.Struct, frozen=True):
    """The content of `demo.json`, in plain text: it only opens example data on this machine."""

    organisation_id: str
    owner: LogIn
    viewer: LogIn
    api_key: str
    inbox_token: str
    subscription_id: str


def demo_file(settings: Settings) -> Path:
    return settings.data_dir / "demo.json"


def kept_demo(file: Path) -> Demo | None:
    """The demo as it was created; None without a readable file."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Demo)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
