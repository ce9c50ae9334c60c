"""Passwords that are common, or contain what everybody knows, are refused."""

import pytest

from webhooks_app.people.password_rules import SHORTEST_PASSWORD, BadPassword, checked_password


@pytest.mark.parametrize(
    "password",
    [
        "ninechars",
        "aaaaaaaaaa",
        "1234567890",
        "qwertyuiop",
        "password123",
        "P@ssw0rd2024",
        "iloveyou12",
        "abcdefghijkl",
        "11111111111111111111111111111111111111111111111111111111111",
        "passwordpasswordpasswordpassword",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(BadPassword) as refused:
        checked_password(password)
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "Tr0ub4dor&3x",
        "ÄpfelBirnenQuark",
        "x" * 5 + "9Kz!pQ",
        "日本語のパスワード集",
    ],
)
def test_what_is_hard_to_guess_is_taken_as_it_is(password: str) -> None:
    assert checked_password(password) == password


@pytest.mark.parametrize("password", ["ada@people.example", "lovelace1815", "Hookline2026"])
def test_what_is_known_about_the_person_makes_no_password(password: str) -> None:
    about = ("ada@people.example", "Ada Lovelace", "Hookline")
    assert checked_password(password) == password
    with pytest.raises(BadPassword):
        checked_password(password if len(password) > 12 else password[:10], *about)


def test_the_message_says_what_to_do() -> None:
    with pytest.raises(BadPassword, match=f"at least {SHORTEST_PASSWORD} characters"):
        checked_password("short")
    with pytest.raises(BadPassword, match="harder to guess"):
        checked_password("password123")
