"""The way to Hookline: start a listener, take its deliveries, report the results."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hookline import Call, Hookline
from hookline.cli.listen.target import Answer

WAIT = 20
SECRET_BYTES = 32


@dataclass(frozen=True)
class Delivery:
    """One request to send now."""

    delivery_id: str
    number: int
    timestamp: int
    event_type: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float

    @classmethod
    def of(cls, taken: Mapping[str, Any]) -> Delivery:
        return cls(
            taken["delivery_id"],
            taken["number"],
            taken["timestamp"],
            taken["event_type"],
            taken["headers"],
            taken["body"].encode(),
            taken["timeout"],
        )

    def result(self, answer: Answer) -> dict[str, Any]:
        """What is reported."""
        return {
            "delivery_id": self.delivery_id,
            "number": self.number,
            "timestamp": self.timestamp,
            "duration_ms": round(answer.milliseconds),
            "status_code": answer.status,
            "headers": [list(one) for one in answer.headers[:200]],
            "body": base64.b64encode(answer.body).decode(),
            "truncated": answer.truncated,
            "failure": answer.failure,
            "error": answer.error,
        }


class Session:
    """One start of a listener. Its calls raise `HooklineError`, and are not tried again here."""

    def __init__(self, client: Hookline, wanted: Mapping[str, Any]) -> None:
        self._client = client
        self._wanted = wanted
        self.id = self._session = self.secret = ""
        self.is_new = True

    def start(self) -> None:
        """Again after it has ended; what waits for it is taken up."""
        answer = self._client.answer(Call("POST", "/listeners", body=self._wanted))
        started = answer.json()
        self.is_new = answer.status == 201
        self.id, self._session = started["id"], started["session"]
        self.secret = started["secret"]

    def take(self, limit: int, in_hand: Sequence[str] | None) -> tuple[list[Delivery], float]:
        """Deliveries, and how many seconds to wait before the next call."""
        body: dict[str, Any] = {"session": self._session, "limit": limit, "wait": WAIT}
        if in_hand is not None:
            body |= {"in_hand": list(in_hand), "wait": 0}
        call = Call("POST", f"/listeners/{self.id}/deliveries", body=body, wait=WAIT)
        answer = self._client.answer(call)
        return [Delivery.of(one) for one in answer.json()["data"]], answer.retry_after or 0

    def report(self, results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What follows from each."""
        body = {"session": self._session, "results": list(results)}
        answer = self._client.answer(Call("POST", f"/listeners/{self.id}/results", body=body))
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    def stop(self) -> None:
        self._client.answer(Call("DELETE", f"/listeners/{self.id}"))


def own_secret(api_key: str, url: str) -> str:
    """The same each time for one key and target, so that nobody has to copy it again."""
    made = hmac.new(api_key.encode(), f"hookline listen {url}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(made).decode()
