"""How much an organisation may make us compute: a count of steps, equal for equal input.

A step is roughly the work of looking at one byte of text.
"""

PER_EVENT = 8_000_000
CHEAP = 2_000_000  # how much may be done while others wait
LIGHT = 100_000  # how much may be done on an event loop
SHARE = 128_000  # for each further event of a batch


class Spent(Exception):
    """The next piece of work costs more than what is left."""


class Budget:
    """Pay before the work starts. Work that cannot be paid for is not started."""

    __slots__ = ("left",)

    def __init__(self, steps: int = PER_EVENT) -> None:
        self.left = steps

    def pay(self, steps: int) -> None:
        """Raises `Spent`; the rest of the budget stays for cheaper work."""
        if steps > self.left:
            raise Spent
        self.left -= steps


def budget_of(events: int) -> int:
    """For all events of one request together."""
    return PER_EVENT + SHARE * (events - 1)
