"""Ids, secrets, cursors, pointers: the small things that all else rests on."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.lib.crypto import Unreadable, Vault, digest, new_key, new_token
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.paging import decode_cursor, encode_cursor, page_of
from webhooks_app.lib.pointers import Fault, pointer


def test_ids_that_follow_each_other_sort_in_that_order() -> None:
    """Those of one POST too, which share a millisecond."""
    made = [new_id("evt") for _ in range(2000)]
    assert made == sorted({*made})
    assert all(len(one) == 30 for one in made)


def test_the_floor_of_a_moment_is_below_ids_made_then_and_above_those_before() -> None:
    before = new_id("evt")
    time.sleep(0.002)
    now = time.time()
    after = new_id("evt")
    assert before < floor_id("evt", now) <= after


def test_a_vault_opens_what_any_of_its_keys_sealed_and_seals_with_the_first() -> None:
    old, new = new_key(), new_key()
    sealed = Vault([old]).seal("s3cret")
    assert "s3cret" not in sealed
    assert Vault([new, old]).open(sealed) == "s3cret"
    with pytest.raises(Unreadable):
        Vault([new]).open(sealed)
    resealed = Vault([new, old]).seal("s3cret")
    assert Vault([new]).open(resealed) == "s3cret"


def test_tokens_differ_and_their_digest_does_not_show_them() -> None:
    tokens = {new_token("hk_live") for _ in range(100)}
    assert len(tokens) == 100
    token = tokens.pop()
    assert len(token) > 32
    assert token not in digest(token)
    assert digest(token) == digest(token)


@given(st.from_regex("[a-z]{1,5}_[a-z0-9]{1,30}", fullmatch=True))
def test_a_cursor_gives_back_its_id(row_id: str) -> None:
    assert decode_cursor(encode_cursor(row_id)) == row_id


@given(st.text())
def test_any_other_text_is_no_cursor(text: str) -> None:
    try:
        row_id = decode_cursor(text)
    except ValueError:
        return
    assert encode_cursor(row_id) == text


@given(st.lists(st.integers(), max_size=12), st.integers(1, 11))
def test_a_page_has_a_next_exactly_when_there_is_more(rows: list[int], size: int) -> None:
    page = page_of(rows[: size + 1], [f"a_{n}" for n in range(size + 1)], size)
    assert list(page.rows) == rows[:size]
    assert (page.next_cursor is not None) == (len(rows) > size)


def test_pointers_escape_as_rfc_6901_asks() -> None:
    assert pointer("a/b", "c~d", 0) == "#/a~1b/c~0d/0"
    assert Fault("#/id", "x").below("events", 3).at == "#/events/3/id"
    assert Fault("#", "x").below("data").at == "#/data"
