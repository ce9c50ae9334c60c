"""How the cases are shared between the databases."""

from itertools import product

from tests.fuzz.conftest import half


def test_each_case_is_in_one_half_and_each_value_in_both() -> None:
    cases = list(product(range(40), ("\x00", "9")))
    first, second = half(cases, 0, 3), half(cases, 1, 3)
    assert sorted(first + second) == cases
    assert len(first) == len(second)
    assert {text for _, text in first} == {text for _, text in second} == {"\x00", "9"}


def test_short_lists_are_shared_in_another_way_each_time() -> None:
    assert {half("ab", 0, number)[0] for number in range(20)} == {"a", "b"}
