"""How often a visitor may try what could be guessed."""

from flask import abort, current_app, request

from webhooks_app.config import Settings
from webhooks_app.lib.rate import Allowance, Rates


def by_address() -> None:
    """Too many tries from one address end in a 429."""
    if _rates().count(_settings().login_rate_limit, "login", request.remote_addr or "").exceeded:
        abort(429)


def by_email(what: str, email: str) -> Allowance:
    """Count a try for that e-mail, whether anyone has it or not."""
    return _rates().count(_settings().login_tries_limit, what, email.strip().lower())


def forget_tries(what: str, email: str) -> None:
    """It was the right password after all."""
    _rates().forget(_settings().login_tries_limit, what, email.strip().lower())


def retry_hint(allowance: Allowance) -> str:
    minutes = -(-allowance.seconds_left // 60)
    return f"Try again in {minutes} minute{'' if minutes == 1 else 's'}."


def _rates() -> Rates:
    rates: Rates = current_app.extensions["rates"]
    return rates


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
