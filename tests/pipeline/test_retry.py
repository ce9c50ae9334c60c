"""When a failure is tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.pipeline.retry import (
    LONGEST_RETRY_AFTER,
    POLICIES,
    InvalidPolicy,
    next_delay,
    parse_policy,
    parse_retry_after,
)
from webhooks_app.vocabulary import Failure

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
DELAYS = st.lists(st.integers(1, 604_800), max_size=20)


def delay(
    policy: object = "pivot",
    failures: int = 1,
    status: int | None = 500,
    failure: Failure = Failure.STATUS,
    retry_after: float | None = None,
    rng: float = 0.0,
) -> float | None:
    return next_delay(
        parse_policy(policy),
        failures=failures,
        failure=failure,
        status=status,
        retry_after=retry_after,
        rng=rng,
    )


def test_the_default_waits_1_m_5_m_30_m_2_h_12_h_and_then_gives_up() -> None:
    """Pivot's document, "Retry Behavior"."""
    assert [delay(failures=n) for n in range(1, 7)] == [60, 300, 1800, 7200, 43_200, None]


@pytest.mark.parametrize(("name", "retries"), [("pivot", 5), ("pivra", 4), ("inqyra", 3)])
def test_named_policies_have_as_many_retries_as_their_documents_say(
    name: str, retries: int
) -> None:
    assert len(POLICIES[name].delays) == retries


@pytest.mark.parametrize("failure", [f for f in Failure if f is not Failure.STATUS])
def test_every_failure_but_410_is_retried(failure: Failure) -> None:
    assert delay(failure=failure, status=None) == 60
    assert delay(status=404) == 60
    assert delay(status=302) == 60
    assert delay(status=410) is None


@given(DELAYS, st.integers(1, 25), st.floats(0, 1))
def test_jitter_adds_a_tenth_at_most_and_takes_nothing(
    delays: list[int], failures: int, rng: float
) -> None:
    waited = delay({"delays": delays}, failures, rng=rng)
    if failures > len(delays):
        assert waited is None
    else:
        assert waited is not None
        assert delays[failures - 1] <= waited <= delays[failures - 1] * 1.1 + 1e-6


@given(st.floats(0, 1e9), st.sampled_from([429, 503]))
def test_retry_after_lengthens_within_a_day_and_never_shortens(asked: float, status: int) -> None:
    waited = delay(status=status, retry_after=asked)
    assert waited == max(60.0, min(asked, LONGEST_RETRY_AFTER))


def test_retry_after_counts_on_429_and_503_only() -> None:
    assert delay(status=500, retry_after=3000) == 60
    assert delay(failures=6, status=503, retry_after=3000) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("0", 0),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), 3600),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("9" * 400, float("9" * 12)),
    ],
)
def test_a_retry_after_header_is_read(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.text())
def test_no_retry_after_header_breaks_anything(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@given(DELAYS)
def test_a_list_of_delays_is_a_policy(delays: list[int]) -> None:
    assert parse_policy({"delays": delays}).delays == tuple(float(d) for d in delays)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        5,
        "no such",
        [60],
        {},
        {"delays": 5},
        {"delays": [0]},
        {"delays": [0.5]},
        {"delays": [604_801]},
        {"delays": [True]},
        {"delays": ["60"]},
        {"delays": [float("nan")]},
        {"delays": [1] * 21},
        {"delays": [], "more": 1},
    ],
)
def test_what_is_no_policy_is_refused(raw: object) -> None:
    with pytest.raises(InvalidPolicy):
        parse_policy(raw)
