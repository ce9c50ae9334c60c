"""How often a visitor may try what could be guessed."""

from flask import abort, current_app, request

from webhooks_app.config import Settings
from webhooks_app.lib.rate import Allowance, Rates
from webhooks_app.web import devices


def by_address() -> None:
    """Too many tries from one address end in a 429."""
    if _rates().count(_settings().login_rate_limit, "login", request.remote_addr or "").exceeded:
        abort(429)


def by_account(what: str, email: str) -> Allowance:
    """Count a try for that e-mail, whether anyone has it or not. A device that the account was
    logged in with has a count of its own; all others share one."""
    return count(what, *_account(email))


def forget_tries(what: str, email: str) -> None:
    """It was the right password after all."""
    _rates().forget(_settings().login_tries_limit, what, *_account(email))


def count(what: str, *key: str) -> Allowance:
    """Count a try of whomever `key` names."""
    return _rates().count(_settings().login_tries_limit, what, *key)


def retry_hint(allowance: Allowance) -> str:
    minutes = -(-allowance.seconds_left // 60)
    return f"Try again in {minutes} minute{'' if minutes == 1 else 's'}."


def _account(email: str) -> tuple[str, str]:
    return email.strip().lower(), devices.known_as(email)


def _rates() -> Rates:
    rates: Rates = current_app.extensions["rates"]
    return rates


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
