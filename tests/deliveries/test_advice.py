"""What happened and what to do next, for every way in which a delivery can end."""

from itertools import product

import pytest

from webhooks_app.deliveries.advice import advice
from webhooks_app.vocabulary import OPEN, DeliveryStatus, Failure

CODES = (None, 301, 400, 401, 404, 410, 418, 429, 500, 503, 599)


def test_there_is_a_sentence_for_everything() -> None:
    failures = (*Failure, None, "unheard of")
    for status, failure, code, by_mail in product(DeliveryStatus, failures, CODES, (False, True)):
        said = advice(status, failure, code, by_mail)
        assert said.what.endswith("."), said
        assert not said.next or said.next.endswith("."), said
        assert not (by_mail and "receiver" in said.what), said


def test_something_is_to_be_done_exactly_when_it_failed() -> None:
    for status in DeliveryStatus:
        asks = bool(advice(status, "status", 401).next)
        assert asks == (status in (DeliveryStatus.FAILED, DeliveryStatus.RETRYING))


@pytest.mark.parametrize(
    ("status", "failure", "code", "what", "then"),
    [
        (
            "failed",
            "status",
            401,
            "The receiver does not accept the credentials (401)",
            "press Replay",
        ),
        (
            "retrying",
            "status",
            401,
            "The receiver does not accept the credentials (401)",
            "press Retry now",
        ),
        ("failed", "status", 418, "The receiver rejects the request (418)", "Read its response"),
        ("failed", "dns", None, "cannot be resolved", "Check the URL for a typo"),
        ("failed", "tls", None, "No secure connection", "certificate"),
        ("retrying", "timeout", None, "took too long", "answer first"),
    ],
)
def test_it_names_the_cause_and_the_next_step(
    status: str, failure: str, code: int | None, what: str, then: str
) -> None:
    said = advice(status, failure, code)
    assert what in said.what
    assert then in said.next


@pytest.mark.parametrize("status", OPEN)
def test_what_is_open_does_not_say_that_it_failed_for_good(status: DeliveryStatus) -> None:
    assert "no retries are left" not in advice(status, "status", 500).what


def test_a_mail_that_no_server_took_is_not_said_to_have_left() -> None:
    assert "kept in the outbox" in advice("delivered", None, None, by_mail=True).what
    assert advice("delivered", None, 250, by_mail=True).what == "The mail server accepted it."
