"""Say in sentences how a delivery ended, why, and what to do next. Pure."""

from typing import NamedTuple

from webhooks_app.vocabulary import DeliveryStatus, Failure

# What to look at, by the status that the receiver answered.
OF_STATUS = {
    400: (
        "The receiver could not read the request",
        "Compare the body with the wire format that it expects",
    ),
    401: ("The receiver does not accept the credentials", "Check the Authorization header"),
    403: ("The receiver refuses the request", "Check its firewall and its access rules"),
    404: ("The receiver has nothing at this address", "Check the path of the URL"),
    405: ("The receiver does not accept POST at this address", "Check the URL"),
    408: (
        "The receiver stopped waiting for the request",
        "Check the network and any proxy in front of it",
    ),
    410: ("The receiver wants no more requests", "Check that the URL is still in use"),
    413: ("The body is too large for the receiver", "Raise the limit of the receiver"),
    415: ("The receiver does not accept this content type", "Check that it accepts JSON"),
    422: ("The receiver does not accept the data", "Read its response"),
    429: ("The receiver got too many requests", "Set a rate limit"),
    502: (
        "A proxy in front of the receiver cannot reach it",
        "Check that the receiver is running",
    ),
    503: ("The receiver is down or overloaded", "Check that it is running"),
    504: (
        "A proxy in front of the receiver got no answer in time",
        "Let the receiver answer first and work afterwards",
    ),
}
OF_CLASS = {
    3: (
        "The receiver redirects, and redirects are not followed",
        "Enter the new address as the URL",
    ),
    4: ("The receiver rejects the request", "Read its response"),
    5: ("The receiver failed", "Read its response and its own log"),
}
OF_FAILURE = {
    Failure.TIMEOUT: (
        "The receiver took too long to answer",
        "Let the receiver answer first and work afterwards",
    ),
    Failure.DNS: ("The name of the host cannot be resolved", "Check the URL for a typo"),
    Failure.CONNECT: (
        "The connection to the receiver failed",
        "Check that the receiver is running",
    ),
    Failure.TLS: ("No secure connection was possible", "Renew or complete the certificate"),
    Failure.NETWORK: (
        "The connection broke",
        "Check the network and any proxy in front of the receiver",
    ),
    Failure.REFUSED: ("The address is not public", "Enter a public address as the URL"),
    Failure.UNCONFIRMED: ("No address has confirmed yet", "Send the confirmation link again"),
    Failure.INTERNAL: ("It could not be sent", "Check the settings"),
}
OF_STATE = {
    DeliveryStatus.PENDING: "It is waiting to be sent.",
    DeliveryStatus.SENDING: "It is being sent right now.",
    DeliveryStatus.DELIVERED: "The receiver accepted it.",
    DeliveryStatus.CANCELLED: "It is not sent any more.",
}
KEPT = "No mail server is set up, so it is kept in the outbox, which operators can read."
NOT_KNOWN = ("Its last attempt failed", "Read the error of the attempt")


class Advice(NamedTuple):
    """`what` happened and why, and what to do `next`, which is empty if there is nothing to do."""

    what: str
    next: str


def advice(
    status: str, failure: str | None, status_code: int | None, by_mail: bool = False
) -> Advice:
    """Advice for a delivery in that state, whose last attempt failed in this way."""
    state = DeliveryStatus(status)
    if by_mail and state is DeliveryStatus.DELIVERED and status_code is None:
        return Advice(KEPT, "")
    if state in OF_STATE and not (state is DeliveryStatus.CANCELLED and failure):
        return Advice(_said(OF_STATE[state], by_mail), "")
    what, check = _cause(failure, status_code, by_mail)
    if state is DeliveryStatus.RETRYING:
        return Advice(f"{what}.", f"{check}, then press Retry now, or wait for the next attempt.")
    if state is DeliveryStatus.CANCELLED:
        return Advice(f"It is not sent any more. The last attempt failed: {_lower(what)}.", "")
    return Advice(f"{what}, and no retries are left.", f"{check}, then press Replay.")


def of_cause(cause: str, by_mail: bool = False) -> Advice:
    """Advice for many deliveries that failed in this way.

    `cause` is a status code or the kind of failure.
    """
    code = int(cause) if cause.isdecimal() else None
    what, check = _cause(Failure.STATUS if code else cause, code, by_mail)
    return Advice(f"{what}.", f"{check}, then recover what never arrived.")


def _cause(failure: str | None, status_code: int | None, by_mail: bool) -> tuple[str, str]:
    if by_mail and failure == Failure.STATUS:
        return "The mail server did not accept it", "Read its answer"
    if failure == Failure.STATUS and status_code is not None:
        found = OF_STATUS.get(status_code) or OF_CLASS.get(status_code // 100)
        if found is not None:
            return f"{found[0]} ({status_code})", found[1]
    what, check = OF_FAILURE[Failure(failure)] if failure in OF_FAILURE else NOT_KNOWN
    return _said(what, by_mail), check


def _said(text: str, by_mail: bool) -> str:
    return text.replace("receiver", "mail server") if by_mail else text


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
