"""Which `traceparent` headers are taken, and what is sent of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.lib.traceparent import BROUGHT, OURS, Place, place_of, read, sent, version_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADER = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize("flags", ["00", "01", "02", "ff"])
def test_a_valid_one_is_kept_as_it_came(flags: str) -> None:
    header = f"00-{TRACE}-{SPAN}-{flags}"
    assert read(header) == sent(read(header)) == header


@pytest.mark.parametrize("more", ["", "-", "-what-the-future-will-bring"])
def test_a_later_version_is_kept_as_ours(more: str) -> None:
    assert read(f"cc-{TRACE}-{SPAN}-01{more}") == HEADER


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "x",
        f"{HEADER}-more",
        f"{HEADER} ",
        f" {HEADER}",
        f"ff-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        HEADER.upper(),
        f"00-{TRACE}-{SPAN}",
        f"0-{TRACE}-{SPAN}-01",
        f"{HEADER},{HEADER}",
    ],
)
def test_any_other_counts_as_none(header: str | None) -> None:
    assert read(header) is None


@given(st.text(max_size=80) | st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"))
def test_what_is_kept_of_any_text_fits_its_column_and_is_valid(header: str) -> None:
    kept = read(header)
    assert kept is None or re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", kept)
    assert read(kept) == kept


places = st.builds(
    Place, st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.integers(0, 255)
)


@given(places)
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    for version in (BROUGHT, OURS):
        kept = place.text(version)
        assert (place_of(kept), version_of(kept)) == (place, version)


@given(places)
def test_a_trace_that_began_here_is_never_sent_and_never_taken(place: Place) -> None:
    assert sent(place.text(OURS)) is None
    assert read(place.text(OURS)) is None
    assert sent(place.text(BROUGHT)) == place.text(BROUGHT)


def test_nothing_is_sent_without_one() -> None:
    assert sent(None) is None
