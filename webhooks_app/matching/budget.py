"""How much an organisation may make us compute: a count of steps, the same for the same input.

A step is about what it takes to look at one byte of a text.
"""

PER_EVENT = 8_000_000
CHEAP = 2_000_000  # what may be done while others wait
SHARE = 128_000  # of each further event of a batch


class Spent(Exception):
    """The next piece of work is more than what is left."""


class Budget:
    """Pay before the work is done. What cannot be paid is not begun."""

    __slots__ = ("left",)

    def __init__(self, steps: int = PER_EVENT) -> None:
        self.left = steps

    def pay(self, steps: int) -> None:
        """Raises `Spent`; what is left stays for work that costs less."""
        if steps > self.left:
            raise Spent
        self.left -= steps


def budget_of(events: int) -> int:
    """For all events of one request together."""
    return PER_EVENT + SHARE * (events - 1)
