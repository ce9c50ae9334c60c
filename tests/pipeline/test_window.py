"""The window of one endpoint."""

from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.pipeline.window import Window


def test_it_grows_by_one_for_each_success_until_the_threshold_and_slowly_then() -> None:
    window = Window()
    sizes = []
    for _ in range(Window.THRESHOLD - Window.INITIAL):
        window.succeeded()
        sizes.append(window.size)
    assert sizes == list(range(Window.INITIAL + 1, Window.THRESHOLD + 1))
    for _ in range(Window.THRESHOLD - 1):
        window.succeeded()
    assert window.size == Window.THRESHOLD
    window.succeeded()
    window.succeeded()
    assert window.size == Window.THRESHOLD + 1


def test_a_failure_shrinks_it_to_one_and_successes_open_it_again() -> None:
    window = Window()
    for _ in range(100):
        window.succeeded()
    window.failed()
    assert window.size == 1
    window.succeeded()
    assert window.size == 2


@given(st.lists(st.booleans(), max_size=400), st.integers(4, 64))
def test_it_is_never_below_one_nor_above_its_maximum(answers: list[bool], maximum: int) -> None:
    window = Window(maximum)
    for good in answers:
        window.succeeded() if good else window.failed()
        assert 1 <= window.size <= maximum


def test_what_is_in_flight_takes_from_what_is_free() -> None:
    window = Window()
    for taken in range(1, Window.INITIAL + 1):
        window.acquire()
        assert window.free == Window.INITIAL - taken
    window.failed()
    assert window.free == 0
    window.release()
    assert window.free == 0
