"""Find e-mail addresses and phone numbers in what a visitor writes. Nothing is guessed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from email_validator import EmailNotValidError, validate_email
from phonenumbers import (
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatch,
    PhoneNumberMatcher,
    format_number,
    parse,
)

MOST_IN_A_MESSAGE = 10
LONGEST_EMAIL = 254
FEWEST_DIGITS = 6
# Checking is slow, so it stops after this many of a kind, found or rejected.
TRIES = 100

# Links, with or without a scheme, and git's repository names: an address inside one is part of it.
LINKS = re.compile(
    r"(?<![a-z0-9+.-])(?!mailto:)[a-z][a-z0-9+.-]{0,15}://\S*"
    r"|(?<![\w@.+-])(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?::\d{1,5})?/\S*"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,253}:(?:\S{0,100}/|\S{1,100}\.git\b)\S*",
    re.IGNORECASE,
)
# Chinese, Japanese and Korean need no space between a word and an address.
SCRIPTS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
SCRIPT_CHANGES = re.compile(rf"(?<=[{SCRIPTS}])(?=[!-~])|(?<=[!-~])(?=[{SCRIPTS}])")
BETWEEN_EMAILS = re.compile(
    r"[\s\u200b-\u200f\u2060\ufeff<>()\[\]{},;:\"“”„«»|/\\?=–—…•·，。；：、（）【】《》]+"
)
AROUND_EMAILS = "!*~`'’"
AFTER_EMAILS = AROUND_EMAILS + ".-_"
FILE_NAMES = re.compile(
    r"@\d+(\.\d+)?x\.|\.(avif|css|csv|docx?|gif|html?|ico|jpe?g|jsx?|json|lock|mjs|mp[34]|pdf|png|svg"
    r"|toml|tsx?|txt|webp|woff2?|xlsx?|xml|ya?ml)$",
    re.IGNORECASE,
)
WORDS_AND_GAPS = re.compile(r"(\s+)")
# What a bare row of digits may be the number of, other than a phone.
NUMBERS_OF = re.compile(
    r"(?:[#№]|\b(?:order|invoice|ticket|case|ref(?:erence)?|tracking|booking|reservation|account|acct"
    r"|customer|client|contract|policy|serial|item|part|article|product|parcel|shipment|transaction"
    r"|member(?:ship)?|id|iban|isbn|sku|vat|imei|bestell|auftrags?|rechnungs?|kunden|vorgangs?"
    r"|sendungs?|artikel|serien|vertrags?|commande|facture|dossier|pedido|factura|cliente|ordine"
    r"|fattura|faktura|kund|klant|bestel|factuur)(?:nummer|nr)?\b)"
    r"(?:[\s:.,#№=-]|\b(?:number|num|no|nr|n[°º]|id|code|is|was|n[uú]mero|nummer|ist)\b)*$",
    re.IGNORECASE,
)
LABEL_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact detail.

    `value` is an e-mail address in lower case, or a phone number in E.164 with an extension as in
    RFC 3966: `+12125550147;ext=5`.
    """

    kind: Literal["email", "phone"]
    value: str
    shown: str = field(compare=False)


def contacts_in(text: str, region: str | None) -> list[Contact]:
    """The e-mail addresses, then the phone numbers, each once and in order; ten at most.

    `region` (ISO 3166, two letters) is the country of numbers without a country code. With None,
    only international numbers are found.
    """
    text = LINKS.sub(" ", text)
    found = dict.fromkeys((*_emails(text), *_phones(text, region)))
    return list(found)[:MOST_IN_A_MESSAGE]


def shown_phone(value: str) -> str:
    """In international form: `+46 70 123 45 67`, `+1 212-555-0147 ext. 5`."""
    return format_number(parse(value), PhoneNumberFormat.INTERNATIONAL)


def _emails(text: str) -> Iterator[Contact]:
    words = BETWEEN_EMAILS.split(SCRIPT_CHANGES.sub(" ", text))
    likely = dict.fromkeys(one for one in words if "@" in one and len(one) <= LONGEST_EMAIL)
    for word in map(_bare, islice(likely, TRIES)):
        if FILE_NAMES.search(word):
            continue
        try:
            address = validate_email(word, check_deliverability=False).normalized
        except EmailNotValidError:
            continue
        yield Contact("email", address.lower(), address)


def _bare(word: str) -> str:
    """The address without the marks around it.

    An underscore, hyphen or dot before it may be part of the address. On both sides it is emphasis;
    several dots are a pause.
    """
    word = re.sub(r"^\.{2,}", "", word.strip(AROUND_EMAILS))
    while word[:1] == "_" == word[-1:]:
        word = word[1:-1].strip(AROUND_EMAILS)
    return word.rstrip(AFTER_EMAILS)


def _phones(text: str, region: str | None) -> Iterator[Contact]:
    if sum(map(str.isdigit, text)) < FEWEST_DIGITS:
        return
    elsewhere = "".join(part for part in WORDS_AND_GAPS.split(text) if "@" not in part)
    for match in islice(PhoneNumberMatcher(elsewhere, region, max_tries=TRIES), TRIES):
        if not _numbers_something_else(match, elsewhere):
            value = _value(match.number)
            yield Contact("phone", value, shown_phone(value))


def _numbers_something_else(match: PhoneNumberMatch, text: str) -> bool:
    before = text[max(0, match.start - LABEL_LENGTH) : match.start]
    return match.raw_string.isdigit() and NUMBERS_OF.search(before) is not None


def _value(number: PhoneNumber) -> str:
    e164 = format_number(number, PhoneNumberFormat.E164)
    return f"{e164};ext={number.extension}" if number.extension else e164
