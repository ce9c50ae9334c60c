"""What is a contact detail, and what only looks like one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.chat.contacts import MOST_IN_A_MESSAGE, contacts_in


def values(text: str, region: str | None = None) -> list[str]:
    return [one.value for one in contacts_in(text, region)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("My mail is Ada@Example.com.", ["ada@example.com"]),
        ("(ada@example.com), <bob@example.co.uk>; mailto:eve+x@example.org!", None),
        ("ada@example.com/bob@example.com", ["ada@example.com", "bob@example.com"]),
        ("“ada@example.com”", ["ada@example.com"]),
        ("o'brien@example.com", ["o'brien@example.com"]),
        ("**ada@example.com**", ["ada@example.com"]),
        ("ada@example.com ADA@EXAMPLE.COM", ["ada@example.com"]),
        ("ada@büro.example.com", ["ada@büro.example.com"]),
        ("Ich: ada@example.com,bob@example.com", ["ada@example.com", "bob@example.com"]),
        ("write @ada, or ada@home, or a@b", []),
        ("ada @ example.com", []),
        ("@", []),
    ],
)
def test_addresses(text: str, found: list[str] | None) -> None:
    three = ["ada@example.com", "bob@example.co.uk", "eve+x@example.org"]
    assert values(text) == (three if found is None else found)


@pytest.mark.parametrize(
    ("text", "region", "found"),
    [
        ("+46 70 123 45 67", None, ["+46701234567"]),
        ("call 0701234567 please", None, []),
        ("call 0701234567 please", "SE", ["+46701234567"]),
        ("(070) 123 45 67 or +46701234567", "SE", ["+46701234567"]),
        ("+1 650-253-0000", "SE", ["+16502530000"]),
        ("650-253-0000", "US", ["+16502530000"]),
        ("in 2026, order 12345", "SE", []),
        ("on 2026-03-02 at 10:00", "SE", []),
        ("it costs 1 200 300", None, []),
        ("+46 70", None, []),
        ("0701234567@example.com", "SE", ["0701234567@example.com"]),
        ("ada@example.com\n070-123 45 67", "SE", ["ada@example.com", "+46701234567"]),
    ],
)
def test_phone_numbers(text: str, region: str | None, found: list[str]) -> None:
    assert values(text, region) == found


def test_a_phone_number_is_shown_as_people_write_it() -> None:
    [one] = contacts_in("0701234567", "SE")
    assert one.shown == "+46 70 123 45 67"


def test_a_message_full_of_addresses_brings_a_few() -> None:
    text = " ".join(f"a{n}@example.com" for n in range(500))
    assert len(values(text)) == MOST_IN_A_MESSAGE


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    contacts_in(text, "SE")


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "@",
        "1",
        "1 ",
        "+",
        "+1",
        "(1",
        "1-",
        "a@",
        "@a.",
        "a@a.",
        "0701234567 ",
        "+4670123456 ",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = "".join(f"{n}{piece}" for n in range(16 * 1024))[: 16 * 1024]
    _in_time(text)
    _in_time((piece * (16 * 1024))[: 16 * 1024])


def _in_time(text: str) -> None:
    begun = time.perf_counter()
    contacts_in(text, "SE")
    assert time.perf_counter() - begun < 1
