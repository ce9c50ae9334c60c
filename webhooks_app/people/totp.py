"""One-time codes of authenticator apps (RFC 6238): six digits, a new one every 30 seconds."""

from hmac import compare_digest

import pyotp
import segno

# Clocks differ, so the codes just before and after the current one are accepted too (RFC 6238
# §5.2).
DRIFT = 1


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 §4 recommends."""
    return pyotp.random_base32()


def address(secret: str, email: str, brand: str) -> str:
    """The `otpauth://` address that a QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=brand)


def qr_code(text: str) -> str:
    """An inline `<svg>`, which needs no script, style or image of its own."""
    return segno.make(text, error="m").svg_inline(scale=4, border=2, light="#fff", svgclass="qr")


def step_of(secret: str, code: str, now: float) -> int | None:
    """The time step of that code; None if it is not current. `now` is in Unix seconds."""
    if not code.isascii():
        return None
    totp = pyotp.TOTP(secret)
    current = int(now) // totp.interval
    steps = range(current - DRIFT, current + DRIFT + 1)
    return next((step for step in steps if compare_digest(totp.generate_otp(step), code)), None)
