"""How often a visitor may try something that could be guessed."""

from flask import abort, request

from webhooks_app.lib.rate import Allowance
from webhooks_app.parts import parts
from webhooks_app.web import devices


def by_address() -> None:
    """Answer 429 after too many tries from one address."""
    if (
        parts()
        .rates.count(parts().settings.login_rate_limit, "login", request.remote_addr or "")
        .exceeded
    ):
        abort(429)


def by_account(what: str, email: str) -> Allowance:
    """Count a try for that e-mail, whether or not it has an account.

    A device that the account was logged in with has its own count; all others share one.
    """
    return count(what, *_account(email))


def forget_tries(what: str, email: str) -> None:
    """Uncount a try: the password was right."""
    parts().rates.forget(parts().settings.login_tries_limit, what, *_account(email))


def forget(what: str, *key: str) -> None:
    """Reset all counts."""
    parts().rates.forget(parts().settings.login_tries_limit, what, *key)


def left(what: str, *key: str) -> Allowance:
    """How many tries are left for `key`, without counting one."""
    allowance = parts().rates.spend(parts().settings.login_tries_limit, 0, what, *key)
    return allowance._replace(exceeded=allowance.remaining < 1)


def count(what: str, *key: str) -> Allowance:
    """Count a try for `key`."""
    return parts().rates.count(parts().settings.login_tries_limit, what, *key)


def retry_hint(allowance: Allowance) -> str:
    minutes = -(-allowance.seconds_left // 60)
    return f"Try again in {minutes} minute{'' if minutes == 1 else 's'}."


def _account(email: str) -> tuple[str, str]:
    return email.strip().lower(), devices.known_as(email)
