"""How much more one engine may have in flight, and for which organisations."""

from collections import Counter

from webhooks_app.channels.contract import Claimed

LEAST, MOST = 64, 512
MOST_BYTES = 256 * 1024 * 1024
RESERVE = 8


class InFlightBudget:
    """A budget by count and by size.

    One part in `RESERVE` is kept for organisations that have less than that in flight. So however
    many endpoints of one organisation hang, those of others are served.
    """

    def __init__(self, most: int) -> None:
        self.least = max(1, min(LEAST, most // RESERVE))
        self._most = most
        self._taken = 0
        self._bytes = 0
        self._by_organisation: Counter[str] = Counter()

    def take(self, claimed: Claimed) -> None:
        self._taken += 1
        self._bytes += len(claimed.data)
        self._by_organisation[claimed.organisation_id] += 1

    def give_back(self, claimed: Claimed) -> None:
        self._taken -= 1
        self._bytes -= len(claimed.data)
        self._by_organisation[claimed.organisation_id] -= 1
        if not self._by_organisation[claimed.organisation_id]:
            del self._by_organisation[claimed.organisation_id]

    def left(self) -> tuple[int, list[str]]:
        """How many to claim now, and from which organisations no more.

        A claim below `least` is not worth its cost. No claim takes all that fits, so that claiming,
        sending and recording overlap.
        """
        if self._bytes > MOST_BYTES:
            return 0, []
        shared = self._most - self._most // RESERVE - self._taken
        if shared >= self.least:
            return min(MOST, shared), []
        return min(MOST, self._most - self._taken), self._over_budget()

    def _over_budget(self) -> list[str]:
        return [one for one, n in self._by_organisation.items() if n * RESERVE >= self._most]
