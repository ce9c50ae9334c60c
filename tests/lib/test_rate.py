import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from webhooks_app.lib.rate import Rates


def test_it_counts_down_and_then_refuses_each_key_by_itself() -> None:
    rates = Rates()
    counted = [rates.count("3 per hour", "mine") for _ in range(4)]
    assert [one.remaining for one in counted] == [2, 1, 0, 0]
    assert [one.exceeded for one in counted] == [False, False, False, True]
    assert 0 < counted[-1].seconds_left <= 3600
    assert not rates.count("3 per hour", "other").exceeded


def test_the_tightest_of_several_limits_is_told() -> None:
    rates = Rates()
    counted = [rates.count("2 per minute; 100 per hour", "key") for _ in range(3)]
    assert [one.exceeded for one in counted] == [False, False, True]
    assert counted[-1].amount == 2


def test_what_is_no_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="plenty"):
        Rates().count("plenty", "x")


def test_what_was_counted_can_be_forgotten() -> None:
    rates = Rates()
    for key in ("mine", "other"):
        rates.count("1 per hour", key)
    rates.forget("1 per hour", "mine")
    assert not rates.count("1 per hour", "mine").exceeded
    assert rates.count("1 per hour", "other").exceeded


def test_threads_that_count_at_once_lose_nothing_and_raise_nothing() -> None:
    rates, before = Rates(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(16) as pool:
            counted = list(
                pool.map(lambda _: rates.count("5000 per hour", "key"), range(2000), chunksize=1)
            )
    finally:
        sys.setswitchinterval(before)
    assert sorted(one.remaining for one in counted) == list(range(3000, 5000))
