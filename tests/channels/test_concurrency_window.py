"""The window of one endpoint."""

from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.channels.concurrency_window import ConcurrencyWindow


def after(window: ConcurrencyWindow, successes: int) -> int:
    for _ in range(successes):
        window.succeeded()
    return window.size


def test_it_grows_by_one_for_each_success_until_the_threshold_and_slowly_then() -> None:
    window = ConcurrencyWindow()
    slow_start = ConcurrencyWindow.THRESHOLD - ConcurrencyWindow.INITIAL
    sizes = [after(window, 1) for _ in range(slow_start)]
    assert sizes == list(range(ConcurrencyWindow.INITIAL + 1, ConcurrencyWindow.THRESHOLD + 1))
    assert after(window, ConcurrencyWindow.THRESHOLD - 1) == ConcurrencyWindow.THRESHOLD
    assert after(window, 2) == ConcurrencyWindow.THRESHOLD + 1


def test_a_failure_shrinks_it_to_one_and_halves_what_it_returns_to_at_once() -> None:
    window = ConcurrencyWindow()
    assert after(window, 36) == 40
    window.failed()
    assert window.size == 1
    assert after(window, 19) == 20
    assert after(window, 10) == 20


def test_failures_in_a_row_do_not_forget_what_it_once_coped_with() -> None:
    window = ConcurrencyWindow()
    after(window, 36)
    for _ in range(5):
        window.failed()
    assert after(window, 19) == 20


@given(st.lists(st.booleans(), max_size=400), st.integers(4, 64))
def test_it_is_never_below_one_nor_above_its_maximum(answers: list[bool], maximum: int) -> None:
    window = ConcurrencyWindow(maximum)
    for good in answers:
        window.succeeded() if good else window.failed()
        assert 1 <= window.size <= maximum


def test_what_is_in_flight_takes_from_what_is_free() -> None:
    window = ConcurrencyWindow()
    for taken in range(1, ConcurrencyWindow.INITIAL + 1):
        window.acquire()
        assert window.free == ConcurrencyWindow.INITIAL - taken
    window.failed()
    assert window.free == 0
    window.release()
    assert window.free == 0
