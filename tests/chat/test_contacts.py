"""What is a contact detail, and what only looks like one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.chat.contacts import MOST_IN_A_MESSAGE, contacts_in, shown_phone


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
        ("_ada@example.com", ["_ada@example.com"]),
        ("mail:_ada@example.com,", ["_ada@example.com"]),
        ("_ada@example.com_", ["ada@example.com"]),
        ("__ada@example.com__", ["ada@example.com"]),
        ("_*ada@example.com*_", ["ada@example.com"]),
        ("-ada@example.com", ["-ada@example.com"]),
        (".ada@example.com", []),
        ("so...ada@example.com...", []),
        ("...ada@example.com...", ["ada@example.com"]),
        ("write me—ada@example.com", ["ada@example.com"]),
        ("R&D@example.com", ["r&d@example.com"]),
        ("email=ada@example.com", ["ada@example.com"]),
        ("我的邮箱是ada@example.com谢谢", ["ada@example.com"]),
        ("mailto:ada@example.com?subject=x", ["ada@example.com"]),
        ("mailto://ada@example.com", ["ada@example.com"]),
        ("git@github.com:owner/repo", []),
        ("git@github.com:owner/repo.git", []),
        ("git@github.com:repo.git", []),
        ("ssh://git@github.com/owner/repo", []),
        ("logo@2x.png", []),
        ("icon@1.5x.webp and photo@home.jpeg", []),
        ("react@18.2.0", []),
        ("https://outlook.office.com/book/Room@example.org/", []),
        ("calendly.com/ada@example.com/30min", []),
        ("(https://example.com/?to=ada@example.com)", []),
        ("https://user:word@example.com/", []),
        ("see https://example.com or ada@example.com", ["ada@example.com"]),
        ("ada@example.com:hello", ["ada@example.com"]),
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
        ("(212) 555-0147 ext 5", "US", ["+12125550147;ext=5"]),
        ("2125550147 x5", "US", ["+12125550147;ext=5"]),
        ("tel:+12125550147", None, ["+12125550147"]),
        ("order number 2125550147", "US", []),
        ("Order no. 2125550147", "US", []),
        ("my order is 2125550147", "US", []),
        ("ticket #2125550147", "US", []),
        ("Kundennummer: 2125550147", "US", []),
        ("order number: 2125550147, phone 2125550148", "US", ["+12125550148"]),
        ("about my order, call 2125550147", "US", ["+12125550147"]),
        ("phone number 2125550147", "US", ["+12125550147"]),
        ("order +12125550147", "US", ["+12125550147"]),
        ("https://example.com/2125550147", "US", []),
        ("example.com/item/2125550147?x=2125550148", "US", []),
        ("example.com:8080/+12125550147", None, []),
    ],
)
def test_phone_numbers(text: str, region: str | None, found: list[str]) -> None:
    assert values(text, region) == found


def test_a_phone_number_is_shown_as_people_write_it() -> None:
    [one] = contacts_in("0701234567", "SE")
    assert one.shown == "+46 70 123 45 67"
    [with_extension] = contacts_in("(212) 555-0147 ext 5", "US")
    assert with_extension.shown == "+1 212-555-0147 ext. 5"
    assert shown_phone(with_extension.value) == with_extension.shown


def test_a_message_full_of_addresses_brings_a_few() -> None:
    text = " ".join(f"a{n}@example.com" for n in range(500))
    assert len(values(text)) == MOST_IN_A_MESSAGE


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    contacts_in(text, "SE")


LOCALS = st.from_regex(r"[a-z0-9_+'-][a-z0-9_+'-]{0,20}", fullmatch=True)
MARKS = st.text(st.sampled_from("_*.,;:-!?'\"()<>[]/=~` \n…—"), max_size=4)


@given(MARKS, LOCALS, MARKS)
def test_an_address_is_never_made_of_a_part_of_another(before: str, local: str, after: str) -> None:
    """The whole written address is found, or nothing; marks around it are left out."""
    text = f"{before}{local}@example.com{after}"
    for value in values(text):
        found = value.removesuffix("@example.com")
        start = text.rindex(f"{found}@example.com")
        assert not (text[:start] and text[start - 1].isalnum())
        cut = text[:start].rpartition(" ")[2]
        if cut.endswith(("_", "-")):
            assert "_" in after
            assert not cut.endswith("-")


@given(st.from_regex(r"(https?://|www\.)?[a-z]{1,9}\.com/[a-z0-9_~/-]{0,20}", fullmatch=True))
def test_nothing_in_a_link_is_a_contact(link: str) -> None:
    for tail in ("ada@example.com", "+12125550147", "2125550147", "?to=ada@example.com"):
        assert values(f"see {link}{tail} please", "US") == []


@given(st.integers(2_000_000_000, 9_999_999_999), st.sampled_from(["order", "invoice", "ticket"]))
def test_a_number_of_something_else_is_no_phone_number(number: int, what: str) -> None:
    for text in (f"{what} number {number}", f"{what.title()} #{number}", f"my {what} is {number}."):
        assert values(text, "US") == []


@given(st.integers(1, 9_999_999))
def test_an_extension_is_kept(extension: int) -> None:
    [one] = contacts_in(f"call (212) 555-0147 ext. {extension}", "US")
    assert one.value == f"+12125550147;ext={extension}"
    assert one.shown == f"+1 212-555-0147 ext. {extension}"


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
        "_",
        "..",
        "a-",
        "://",
        "a@a:",
        "a@a/",
        "order #",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = "".join(f"{n}{piece}" for n in range(16 * 1024))[: 16 * 1024]
    _in_time(text)
    _in_time((piece * (16 * 1024))[: 16 * 1024])


def _in_time(text: str) -> None:
    begun = time.process_time()
    contacts_in(text, "SE")
    assert time.process_time() - begun < 5
