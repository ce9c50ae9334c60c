"""When a failure is tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.claimed import claimed
from webhooks_app.channels.outcome import Outcome
from webhooks_app.channels.retry_policy import (
    LONGEST_RETRY_AFTER,
    POLICIES,
    InvalidPolicy,
    parse_policy,
    timeline,
)
from webhooks_app.channels.webhook.retry_after import parse_retry_after
from webhooks_app.engine.retry import decide
from webhooks_app.vocabulary import Failure

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
DELAYS = st.lists(st.integers(1, 604_800), max_size=20)
ANY_POLICY = [
    *POLICIES,
    {"max_retries": 20, "retry_delay_ms": 100},
    {"max_retries": 20, "retry_delay_ms": 3_600_000},
]


def delay(
    policy: object = "pivot",
    failures: int = 1,
    status: int | None = 500,
    failure: Failure | None = Failure.STATUS,
    rng: float = 0.0,
    **more: Any,
) -> float | None:
    outcome = Outcome(failure, "failed", NOW, 0.1, status_code=status, **more)
    return decide(parse_policy(policy), claimed(failures=failures - 1), outcome, rng)


def test_the_default_waits_1_m_5_m_30_m_2_h_12_h_and_then_gives_up() -> None:
    """Pivot's document, "Retry Behavior"."""
    assert [delay(failures=n) for n in range(1, 7)] == [60, 300, 1800, 7200, 43_200, None]


@pytest.mark.parametrize(
    ("name", "retries"), [("pivot", 5), ("pivra", 4), ("inqyra", 3), ("pollybot", 3)]
)
def test_named_policies_have_as_many_retries_as_their_documents_say(
    name: str, retries: int
) -> None:
    assert len(POLICIES[name].delays) == retries


@pytest.mark.parametrize("failure", [f for f in Failure if f is not Failure.STATUS])
def test_every_failure_is_retried(failure: Failure) -> None:
    assert delay(failure=failure, status=None) == 60
    assert delay(status=404) == 60
    assert delay(status=302) == 60


@pytest.mark.parametrize("policy", ANY_POLICY)
@pytest.mark.parametrize("ends", [{"gone": True}, {"permanent": True}, {"failure": None}])
def test_what_the_channel_says_is_over_ends_it_in_every_policy(
    policy: object, ends: dict[str, Any]
) -> None:
    assert delay(policy, **ends) is None


@pytest.mark.parametrize("failure", [f for f in Failure if f is not Failure.STATUS])
def test_pivotal_retries_server_errors_and_what_is_no_answer_and_nothing_else(
    failure: Failure,
) -> None:
    """Pivotal's document, "The replay button": 5xx or timeout."""
    assert delay("pivotal", failure=failure, status=None) == 60
    assert [delay("pivotal", status=status) for status in (500, 503, 599)] == [60, 60, 60]
    assert not any(delay("pivotal", status=status) for status in (301, 400, 404, 408, 429, 499))


@given(st.lists(st.tuples(st.floats(0, 1), st.none() | st.floats(0, 1e9)), min_size=13))
def test_pivotal_never_takes_longer_than_24_hours(tries: list[tuple[float, float | None]]) -> None:
    total = 0.0
    for number, (rng, retry_after) in enumerate(tries, 1):
        waited = delay("pivotal", number, status=503, rng=rng, retry_after=retry_after)
        if waited is None:
            break
        total += waited
    assert number == 13
    assert total + 13 * 15 <= 24 * 3600


def test_pivotal_leaves_no_more_than_4_hours_of_a_day_without_a_try() -> None:
    tries = [*timeline(POLICIES["pivotal"]), 24 * 3600]
    assert max(later - before for before, later in pairwise(tries)) <= 4 * 3600


@given(st.integers(0, 20), st.integers(100, 3_600_000))
def test_pollybots_retries_wait_twice_as_long_each_time(retries: int, base: int) -> None:
    delays = parse_policy({"max_retries": retries, "retry_delay_ms": base}).delays
    assert len(delays) == retries
    for number, waited in enumerate(delays):
        assert waited == min(max(1, base / 1000 * 2**number), 604_800)


@pytest.mark.parametrize("policy", ANY_POLICY)
def test_a_delay_is_never_shorter_than_the_one_before_and_within_bounds(policy: object) -> None:
    delays = parse_policy(policy).delays
    assert list(delays) == sorted(delays)
    assert all(1 <= waited <= 604_800 for waited in delays)


@given(DELAYS)
def test_the_time_line_has_every_try(delays: list[int]) -> None:
    line = timeline(parse_policy({"delays": delays}))
    assert line[0] == 0
    assert [after - before for before, after in pairwise(line)] == delays


@given(st.sampled_from(ANY_POLICY), st.integers(1, 25), st.floats(0, 1), st.floats(0, 1e9))
def test_neither_jitter_nor_retry_after_shortens_a_delay_and_a_day_is_the_most_they_add(
    policy: object, failures: int, rng: float, asked: float
) -> None:
    delays = parse_policy(policy).delays
    waited = delay(policy, failures, status=503, rng=rng, retry_after=asked)
    if failures > len(delays):
        assert waited is None
    else:
        assert waited is not None
        least = delays[failures - 1]
        assert least <= waited <= max(least * 1.1, LONGEST_RETRY_AFTER) + 1e-6


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


@given(st.floats(0, 1e9))
def test_retry_after_lengthens_within_a_day_and_never_shortens(asked: float) -> None:
    assert delay(retry_after=asked) == max(60.0, min(asked, LONGEST_RETRY_AFTER))


def test_retry_after_gives_no_further_try() -> None:
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
        {"max_retries": 3},
        {"retry_delay_ms": 1000},
        {"max_retries": 21, "retry_delay_ms": 1000},
        {"max_retries": -1, "retry_delay_ms": 1000},
        {"max_retries": True, "retry_delay_ms": 1000},
        {"max_retries": 3, "retry_delay_ms": 99},
        {"max_retries": 3, "retry_delay_ms": 3_600_001},
        {"max_retries": 3, "retry_delay_ms": 1000.5},
        {"max_retries": "3", "retry_delay_ms": 1000},
        {"max_retries": 3, "retry_delay_ms": 1000, "delays": []},
    ],
)
def test_what_is_no_policy_is_refused(raw: object) -> None:
    with pytest.raises(InvalidPolicy):
        parse_policy(raw)
