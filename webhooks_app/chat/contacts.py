"""E-mail addresses and phone numbers in what a visitor writes. Nothing is guessed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number, parse

MOST_IN_A_MESSAGE = 10
LONGEST_EMAIL = 254
FEWEST_DIGITS = 6
# Checking is slow: after so many of a kind, or that turned out to be none, it stops.
TRIES = 100

BETWEEN_EMAILS = re.compile(r"[\s<>()\[\]{},;:\"“”„«»|/\\]+")
WORDS_AND_GAPS = re.compile(r"(\s+)")
AROUND_EMAILS = ".!?*_~`'’-"


@dataclass(frozen=True, slots=True)
class Contact:
    """`value` is an e-mail address in lower case, or a phone number as E.164."""

    kind: Literal["email", "phone"]
    value: str
    shown: str = field(compare=False)


def contacts_in(text: str, region: str | None) -> list[Contact]:
    """Each once: the e-mail addresses, then the phone numbers, as they are written; ten at most.

    `region` (ISO 3166, two letters) is the country of numbers without a country code; with None
    only international ones are found.
    """
    found = dict.fromkeys((*_emails(text), *_phones(text, region)))
    return list(found)[:MOST_IN_A_MESSAGE]


def shown_phone(e164: str) -> str:
    """As people write it abroad: `+46 70 123 45 67`."""
    return format_number(parse(e164), PhoneNumberFormat.INTERNATIONAL)


def _emails(text: str) -> Iterator[Contact]:
    words = (word.strip(AROUND_EMAILS) for word in BETWEEN_EMAILS.split(text))
    likely = dict.fromkeys(one for one in words if "@" in one and len(one) <= LONGEST_EMAIL)
    for word in islice(likely, TRIES):
        try:
            address = validate_email(word, check_deliverability=False).normalized
        except EmailNotValidError:
            continue
        yield Contact("email", address.lower(), address)


def _phones(text: str, region: str | None) -> Iterator[Contact]:
    if sum(map(str.isdigit, text)) < FEWEST_DIGITS:
        return
    elsewhere = "".join(part for part in WORDS_AND_GAPS.split(text) if "@" not in part)
    matches = PhoneNumberMatcher(elsewhere, region, max_tries=TRIES)
    for match in islice(matches, TRIES):
        e164 = format_number(match.number, PhoneNumberFormat.E164)
        yield Contact("phone", e164, shown_phone(e164))
